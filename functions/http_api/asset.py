"""An asset as a part of a path."""

from urllib.parse import unquote

from functions.core.model import Protocol
from functions.usecases.explain_cell import cell_of


def asset_in(part: str) -> str:
    """In canonical form; some gateways hand on the path as it was sent, others decoded. Raises InvalidInput."""
    return cell_of(unquote(part), Protocol.TCP, 0).asset
