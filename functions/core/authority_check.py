"""What a draft of an authority must be like."""

import re
from datetime import datetime, timedelta

from functions.core.authority import AuthorityDraft, AuthorityKind
from functions.core.errors import InvalidInput
from functions.core.hostnames import parse_hostname
from functions.core.quoting import quoted
from functions.core.targets import parse_exclusions, refuse_denied

LONGEST = timedelta(days=2 * 366)
MOST_V4 = 2**24
MOST_V6 = 2**96
ROLE = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/vedette-[A-Za-z0-9+=,.@_-]{1,56}", re.ASCII)
REGION = re.compile(r"[a-z]{2}(?:-[a-z]+){1,3}-[0-9]{1,2}", re.ASCII)

_FIELDS = {
    AuthorityKind.ATTESTATION: ("ranges", "domains"),
    AuthorityKind.DNS: ("domains",),
    AuthorityKind.AWS: ("role", "regions"),
}
"""What each kind is about; the others' fields stay empty."""


def check_authority(draft: AuthorityDraft, *, now: datetime, admit_loopback: bool) -> None:
    """Raises InvalidInput, or OutOfScope, with the field at fault."""
    mine = _FIELDS[draft.kind]
    for name in ("ranges", "domains", "role", "regions"):
        if getattr(draft, name) and name not in mine:
            raise InvalidInput(name, f"an authority of kind {draft.kind} has none")
    _check_times(draft, now)
    match draft.kind:
        case AuthorityKind.ATTESTATION:
            _check_attestation(draft, admit_loopback=admit_loopback)
        case AuthorityKind.DNS:
            if len(draft.domains) != 1:
                raise InvalidInput("domains", "name one domain: each has a record of its own")
            _check_domains(draft)
        case AuthorityKind.AWS:
            _check_aws(draft)


def _check_times(draft: AuthorityDraft, now: datetime) -> None:
    starts = draft.starts or now
    if draft.until <= max(starts, now):
        raise InvalidInput("until", "it ends before it begins, or has ended already: give a later time")
    if draft.until - starts > LONGEST:
        raise InvalidInput("until", "an authority counts two years at most: record it anew when it ends")


def _check_attestation(draft: AuthorityDraft, *, admit_loopback: bool) -> None:
    if not draft.ranges and not draft.domains:
        raise InvalidInput("ranges", "give ranges or domains: what may be scanned")
    if not draft.statement.strip():
        raise InvalidInput("statement", "say what was allowed, in the words of who allowed it")
    ranges = parse_exclusions(draft.ranges, field="ranges")
    if ranges.hostnames:
        raise InvalidInput("ranges", f"{ranges.hostnames[0]} is a name: give it among the domains")
    for index, text in enumerate(draft.ranges):
        one = parse_exclusions((text,), field=f"ranges.{index}")
        if one.v4.count > MOST_V4 or one.v6.count > MOST_V6:
            raise InvalidInput(f"ranges.{index}", "nobody may speak for so much: a /8 of IPv4 or a /32 of IPv6 at most")
    refuse_denied(ranges, field="ranges", admit_loopback=admit_loopback)
    _check_domains(draft)


def _check_domains(draft: AuthorityDraft) -> None:
    for index, text in enumerate(draft.domains):
        if "." not in parse_hostname(text, f"domains.{index}").rstrip("."):
            raise InvalidInput(f"domains.{index}", f"{quoted(text)} is a whole top-level domain: name one below it")


def _check_aws(draft: AuthorityDraft) -> None:
    if not ROLE.fullmatch(draft.role):
        raise InvalidInput("role", "give the ARN of a role whose name begins with vedette-")
    if not draft.regions:
        raise InvalidInput("regions", "name the regions to be read, as in eu-central-1")
    for index, region in enumerate(draft.regions):
        if not REGION.fullmatch(region):
            raise InvalidInput(f"regions.{index}", f"{quoted(region)} is no region; one is eu-central-1")
