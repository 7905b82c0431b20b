"""How a caller's own text is shown back in a message: short, printable, one line."""

LIMIT = 80


def quoted(text: str) -> str:
    """`text` between quotation marks, every unusual character escaped, cut after some 80 characters."""
    return ascii(text if len(text) <= LIMIT else text[:LIMIT] + "...")
