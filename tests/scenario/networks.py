"""The three networks of the ninety days and the rules that they come to have: what a user would have written."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.e2e.platform import Json

START = datetime(2027, 1, 4, tzinfo=UTC)
"""Midnight of day 1, a Monday."""

AT_ONCE: Json = {"confirm": [], "reopen_window_hours": 160, "flapping": {"changes": 4, "window_hours": 160}}
"""Windows of less than seven days: nothing hangs on whether a night is the same minute as a week before."""

NETWORKS: dict[str, Json] = {
    "office": {
        "targets": ["10.50.0.0/28"],
        "ports": "22,80,443,3306,8080,9000",
        "schedule": {"expression": "cron(0 2 * * ? *)"},
        "alerts": AT_ONCE,
    },
    "dmz": {
        "targets": ["10.60.0.0/29"],
        "ports": "22,23,25,80,443,8443",
        "schedule": {"expression": "cron(0 2 ? * MON,THU *)"},
    },
    "plant": {
        "targets": ["10.70.0.0/29"],
        "ports": "1-200",
        "schedule": {"expression": "cron(0 2 ? * MON *)"},
        "alerts": AT_ONCE,
    },
}
NIGHTS = {"office": range(7), "dmz": (0, 3), "plant": (0,)}
"""On which days of the week each is scanned."""


def noon(day: int) -> datetime:
    return START + timedelta(days=day - 1, hours=12)


def _rule(name: str, action: str, asset: str, ports: str, **more: Any) -> Json:
    return {"name": name, "action": action, "assets": [asset] if asset else [], "ports": ports, **more}


_PRINTING = [_rule("printing", "allow", "10.50.0.5", "80,9000", reason="the printer on the first floor")]
_SSH = [
    _rule("ssh", "allow", "10.50.0.3", "22"),
    _rule("ssh-expected", "expect", "10.50.0.3", "22", protocol="tcp"),
]
_DOORS = [_rule("web", "allow", "10.60.0.2", "80,443"), _rule("mail", "allow", "10.60.0.3", "25")]

RULES: dict[str, Json] = {
    "block-telnet": {"rules": [_rule("telnet", "block", "", "23")]},
    "front-doors": {"default": "deny", "rules": _DOORS},
    "more-doors": {"default": "deny", "rules": [*_DOORS, _rule("alternate", "allow", "10.60.0.2", "25,8443")]},
    "telnet-for-a-week": {
        "default": "deny",
        "rules": [
            *_DOORS,
            _rule("telnet", "allow", "10.60.0.3", "23", reason="moving mailboxes", until=noon(30).isoformat()),
        ],
    },
    "printing": {"rules": _PRINTING},
    "no-mysql": {"rules": [*_PRINTING, _rule("no-mysql", "block", "", "3306")]},
    "printing-again": {"rules": _PRINTING},
    "portainer-for-a-while": {
        "rules": [
            *_PRINTING,
            _rule("portainer", "allow", "10.50.0.3", "9000", reason="a trial", until=noon(45).isoformat()),
        ]
    },
    "ssh-must-be-there": {"rules": [*_PRINTING, *_SSH]},
    "console-must-be-there": {
        "rules": [
            *_PRINTING,
            *_SSH,
            _rule("console", "allow", "10.50.0.5", "443"),
            _rule("console-expected", "expect", "10.50.0.5", "443", protocol="tcp"),
        ]
    },
}
