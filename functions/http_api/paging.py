"""Pages: of the store as the API tells them, and of a project's networks one after another."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from functions.core.model import Model
from functions.http_api.models import ListOf
from functions.store.cursor import Page, read_cursor, write_cursor
from functions.store.networks import Networks

M = TypeVar("M", bound=Model)
_WALK = "networks"


def listed(page: Page[M]) -> ListOf[M]:
    return ListOf(items=tuple(page.items), next_cursor=page.next_cursor or None)


@dataclass(frozen=True)
class Walk:
    """A walk over a project's networks in the order of their ids, page by page within each."""

    networks: Networks
    project: str
    cursor: str

    def position(self) -> tuple[str, str]:
        """The network to read and the cursor within it; the network is empty where the project has none."""
        network, inner = _read(self.cursor, self.project)
        return (network, inner) if network else (self._after(""), "")

    def following(self, network: str, inner: str) -> str | None:
        """The cursor after a page of `network` that ended with the cursor `inner`; None at the end of the walk."""
        following = network if inner else self._after(network)
        return _write(following, inner, self.project) if following else None

    def _after(self, network: str) -> str:
        cursor = ""
        while True:
            page = self.networks.list(self.project, limit=100, cursor=cursor)
            for each in page.items:
                if each.id > network:
                    return each.id
            if not page.next_cursor:
                return ""
            cursor = page.next_cursor


def across_networks(walk: Walk, list_one: Callable[[str, str], Page[M]]) -> ListOf[M]:
    """One page of `list_one(network, cursor)`."""
    network, inner = walk.position()
    if not network:
        return ListOf(items=())
    page = list_one(network, inner)
    return ListOf(items=tuple(page.items), next_cursor=walk.following(network, page.next_cursor))


def first_of_networks(walk: Walk, list_one: Callable[[str, str], Page[M]], *, at_most: int) -> ListOf[M]:
    """The first page that has something, of `at_most` networks looked at: for what few networks know."""
    for _ in range(at_most):
        page = across_networks(walk, list_one)
        if page.items or not page.next_cursor:
            return page
        walk = Walk(walk.networks, walk.project, page.next_cursor)
    return page


def _write(network: str, inner: str, project: str) -> str:
    return write_cursor(f"{network}.{inner}", _WALK, project)


def _read(cursor: str, project: str) -> tuple[str, str]:
    """Raises InvalidInput for a damaged cursor, or one of another list or project."""
    network, _, inner = read_cursor(cursor, _WALK, project).partition(".")
    return network, inner
