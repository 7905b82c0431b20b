"""The page about roles is what the tables say."""

from functions.core.roles import Permission
from functions.websocket.frames import PERMISSIONS as FRAMES
from infra.roles_page import PAGE, page


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs`"


def test_the_page_has_every_permission_and_every_frame() -> None:
    text = page()
    assert all(f"`{permission}`" in text for permission in Permission)
    assert all(f"`{action}`" in text for action in FRAMES)
