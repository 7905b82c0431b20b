"""What the tools are told by what the worker is told."""

import pytest

from scanner_image.tools import Tools


@pytest.mark.parametrize(
    ("name_servers", "told"),
    [("", ("-n",)), ("system", ("-R",)), ("10.0.0.2,fd00::2", ("-R", "--dns-servers", "10.0.0.2,fd00::2"))],
)
def test_names_are_asked_of_nobody_of_the_systems_servers_or_of_those_named(
    name_servers: str, told: tuple[str, ...]
) -> None:
    assert Tools("raw", "nmap", "nmap", "", {}, name_servers).naming == told
