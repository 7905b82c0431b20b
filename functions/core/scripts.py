"""nmap's scripts that a network may ask for: each checked to talk to the scanned port alone, each with the arguments that it may be given.

What is not in the table cannot be asked for. A category means those of its scripts that are in the table; nmap's own categories
are never named to nmap, for they hold scripts that broadcast, ask third parties or try passwords.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictInt

from functions.core.errors import InvalidInput
from functions.core.model import Model

Category = Literal["default", "safe", "discovery", "version"]
CATEGORIES: tuple[Category, ...] = ("default", "safe", "discovery", "version")
Kind = Literal["path", "name", "number", "switch"]
Value = StrictBool | StrictInt | Annotated[str, Field(max_length=256)]

_PATH = re.compile(r"/[A-Za-z0-9._~/-]{0,255}")
_NAME = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})(?:\.[A-Za-z0-9][A-Za-z0-9-]{0,62})*")
_MOST_SECONDS = 30
_ACCEPTS: Mapping[Kind, str] = {
    "path": "a path of letters, digits and . _ ~ - / that begins with /, of 256 characters at most",
    "name": "the name of a host",
    "number": f"a whole number from 0 to {_MOST_SECONDS}",
    "switch": "true or false",
}


class ScriptChoice(Model):
    """What is asked of open ports beside their service. Nothing, where left out."""

    categories: tuple[Category, ...] = Field(default=(), max_length=4)
    """All scripts of these that are in the list."""
    names: tuple[Annotated[str, Field(max_length=64)], ...] = Field(default=(), max_length=64)
    arguments: dict[Annotated[str, Field(max_length=64)], Value] = Field(default_factory=dict, max_length=32)
    """`http-title.url` and its like, with a text, a number or true and false, as the list says."""

    @property
    def any(self) -> bool:
        return bool(self.categories or self.names)


@dataclass(frozen=True)
class Script:
    categories: frozenset[Category]
    arguments: Mapping[str, Kind] = field(default_factory=dict)
    redirects: bool = False
    """It follows redirects: to the same address and port, as long as nmap knows the host by no name."""


_DSV = frozenset[Category](("default", "safe", "discovery", "version"))
_DS = frozenset[Category](("default", "safe", "discovery"))
_D = frozenset[Category](("default", "safe"))
_S = frozenset[Category](("safe", "discovery"))
_V = frozenset[Category](("version",))

SCRIPTS: Mapping[str, Script] = {
    "afp-serverinfo": Script(_DS),
    "ajp-headers": Script(_S, {"ajp-headers.path": "path"}),
    "ajp-methods": Script(_D, {"ajp-methods.path": "path"}),
    "amqp-info": Script(_DSV),
    "banner": Script(_S, {"banner.timeout": "number"}),
    "cups-info": Script(_S),
    "daytime": Script(_S),
    "dns-nsid": Script(_DS),
    "docker-version": Script(_V, redirects=True),
    "epmd-info": Script(_DS),
    "finger": Script(_DS),
    "ftp-syst": Script(_DS),
    "gpsd-info": Script(_S, {"gpsd-info.timeout": "number"}),
    "http-cors": Script(_DS),
    "http-date": Script(_S, redirects=True),
    "http-generator": Script(_DS, {"http-generator.path": "path"}, redirects=True),
    "http-headers": Script(_S, {"http-headers.path": "path", "http-headers.useget": "switch"}, redirects=True),
    "http-methods": Script(_D, {"http-methods.url-path": "path"}, redirects=True),
    "http-ntlm-info": Script(_DS, {"http-ntlm-info.root": "path"}, redirects=True),
    "http-robots.txt": Script(_DS, redirects=True),
    "http-security-headers": Script(_S, {"http-security-headers.path": "path"}, redirects=True),
    "http-server-header": Script(_V),
    "http-title": Script(_DS, {"http-title.url": "path"}, redirects=True),
    "ike-version": Script(_DSV),
    "imap-capabilities": Script(_D),
    "imap-ntlm-info": Script(_DS),
    "ipmi-version": Script(_S),
    "irc-info": Script(_DS),
    "ldap-rootdse": Script(_S),
    "memcached-info": Script(_S),
    "mongodb-info": Script(_DS),
    "mysql-info": Script(_DS),
    "nntp-ntlm-info": Script(_DS),
    "ntp-info": Script(_DS),
    "openflow-info": Script(_D),
    "pop3-capabilities": Script(_DS),
    "pop3-ntlm-info": Script(_DS),
    "rdp-enum-encryption": Script(_S),
    "rdp-ntlm-info": Script(_DS),
    "redis-info": Script(_S),
    "rpcinfo": Script(_DSV),
    "rsync-list-modules": Script(_S),
    "rtsp-methods": Script(_D, {"rtsp-methods.path": "path"}),
    "sip-methods": Script(_DS),
    "smtp-commands": Script(_DS, {"smtp-commands.domain": "name"}),
    "smtp-ntlm-info": Script(_DS, {"smtp-ntlm-info.domain": "name"}),
    "snmp-info": Script(frozenset[Category](("default", "safe", "version"))),
    "socks-auth-info": Script(_DS),
    "ssh2-enum-algos": Script(_S),
    "sshv1": Script(_D),
    "ssl-date": Script(_DS),
    "sslv2": Script(_D),
    "stun-info": Script(_S),
    "telnet-encryption": Script(_S),
    "telnet-ntlm-info": Script(_DS),
    "tls-alpn": Script(_DS),
    "tls-nextprotoneg": Script(_DS),
    "vnc-info": Script(_DS),
    "weblogic-t3-info": Script(_DSV),
    "xmpp-info": Script(_DSV, {"xmpp-info.server_name": "name"}),
}


def chosen(choice: ScriptChoice) -> tuple[str, ...]:
    """The names that are asked for, and in the list."""
    wanted = set(choice.categories)
    return tuple(name for name, script in SCRIPTS.items() if name in choice.names or wanted & script.categories)


def arguments_text(choice: ScriptChoice) -> str:
    """As nmap's `--script-args` reads it; only what the list admits gets there."""
    names = chosen(choice)
    kinds = {name: kind for script in names for name, kind in SCRIPTS[script].arguments.items()}
    given = ((name, value, kinds[name]) for name, value in sorted(choice.arguments.items()) if name in kinds)
    return ",".join(f"{name}={_written(value)}" for name, value, kind in given if _fits(value, kind))


def follows_redirects(choice: ScriptChoice) -> bool:
    return any(SCRIPTS[name].redirects for name in chosen(choice))


def validate_scripts(choice: ScriptChoice, *, field: str) -> None:
    """Raises InvalidInput with the field at fault."""
    for name in choice.names:
        if name not in SCRIPTS:
            raise InvalidInput(
                f"{field}.names",
                f"{name!r} is not among the scripts that talk to the scanned host alone and change nothing there: "
                "choose from those that docs/worker.md lists",
            )
    if choice.arguments and not choice.any:
        raise InvalidInput(f"{field}.arguments", "arguments without scripts: name the scripts or a category too")
    names = chosen(choice)
    kinds = {name: kind for script in names for name, kind in SCRIPTS[script].arguments.items()}
    for name, value in choice.arguments.items():
        if name not in kinds:
            raise InvalidInput(f"{field}.arguments", f"{name!r} is no argument of {_told(names)}: {_known(kinds)}")
        if not _fits(value, kinds[name]):
            raise InvalidInput(f"{field}.arguments", f"{name} takes {_ACCEPTS[kinds[name]]}")


def _fits(value: Value, kind: Kind) -> bool:
    match value:
        case bool():
            return kind == "switch"
        case int():
            return kind == "number" and 0 <= value <= _MOST_SECONDS
        case str():
            return bool(kind == "path" and _PATH.fullmatch(value)) or bool(kind == "name" and _NAME.fullmatch(value))


def _written(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _told(names: tuple[str, ...]) -> str:
    return ", ".join(names[:3]) + (" and the others" if len(names) > 3 else "")


def _known(kinds: Mapping[str, Kind]) -> str:
    return f"give {', '.join(sorted(kinds))} or none" if kinds else "they take none"
