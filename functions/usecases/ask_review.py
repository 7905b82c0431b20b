"""Give a network to *review*, which brings its alerts to what its rules and settings say."""

from functions.adapters.queue import Queue


def ask_review(reviews: Queue, *, project: str, network: str, cause: str, asset: str = "") -> None:
    """`cause`: for the log; `asset`: only this one."""
    reviews.send(
        {"kind": "network", "project": project, "network": network, "cause": cause, "asset": asset, "cursor": ""}
    )
