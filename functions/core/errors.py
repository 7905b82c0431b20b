"""The one error family.

VedetteError                 an operation that could not be done; `slug` is its stable public name
|-- InvalidInput             the caller's input is wrong; names the field and the mend
|   |-- OutOfScope           a target is denied, excluded, or not in the network
|   `-- Faults               several fields are wrong; each with its mend
|-- Unauthenticated          no token, or one that is unknown, expired or revoked
|-- Forbidden                a known caller may not do this
|-- TooManyRequests          more in a minute than the caller is allowed; says when to come again
|-- NotFound                 no such thing in this project
|-- Conflict                 the present state does not allow it; carries the current item
|   |-- AlreadyExists        the thing is there already
|   |-- StaleVersion         the caller edited an older version
|   |-- ScanInProgress       the network has a live scan
|   |-- Halted               a halt of the project or of the organisation is in force
|   |-- Unproven             the evidence of an authority is not there
|   `-- IllegalTransition    no row of the transition table allows it
|-- Superseded               a newer attempt owns the chunk: this one must stop and write nothing
|-- Corrupt                  a stored document is not what its digest or schema says
|-- ScannerFailed            a scanning tool could not be run to a trustworthy end
|-- Undelivered              a channel's receiver did not take a message
`-- Unavailable              a service did not answer in time; the same call may work later
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar


class VedetteError(Exception):
    slug: ClassVar[str] = "error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidInput(VedetteError):
    """`field` is the dotted path of the input at fault; `message` says what is wrong and how to mend it."""

    slug = "invalid-input"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class OutOfScope(InvalidInput):
    slug = "out-of-scope"


class Faults(InvalidInput):
    """`faults`: field and message of each, at least one; the first stands for all where only one can be told."""

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        super().__init__(*faults[0])
        self.faults = tuple(faults)


class Unauthenticated(VedetteError):
    slug = "unauthenticated"


class Forbidden(VedetteError):
    slug = "forbidden"


class TooManyRequests(VedetteError):
    """`retry_after`: seconds."""

    slug = "too-many-requests"

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NotFound(VedetteError):
    slug = "not-found"


class Conflict(VedetteError):
    """`current` is the item as it stands now, in its public form."""

    slug = "conflict"

    def __init__(self, message: str, *, current: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.current = dict(current or {})


class AlreadyExists(Conflict):
    slug = "already-exists"


class StaleVersion(Conflict):
    slug = "stale-version"


class ScanInProgress(Conflict):
    slug = "scan-in-progress"


class Halted(Conflict):
    """`current` is the halt."""

    slug = "halted"


class Unproven(Conflict):
    slug = "unproven"


class IllegalTransition(Conflict):
    slug = "illegal-transition"


class Superseded(VedetteError):
    slug = "superseded"


class Corrupt(VedetteError):
    slug = "corrupt"


class ScannerFailed(VedetteError):
    slug = "scanner-failed"


class Undelivered(VedetteError):
    slug = "undelivered"


class Unavailable(VedetteError):
    slug = "unavailable"
