"""Rules of what may, must not and must be open, and the immutable sets that they come in."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from functions.core.model import Id, Model, Protocol, Time

MAX_RULES = 2000


class Action(StrEnum):
    ALLOW = "allow"
    BLOCK = "block"
    EXPECT = "expect"
    """Must be open."""


class Rule(Model):
    """What is left empty matches everything. `name` is the user's own and unique within its set."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    action: Action
    assets: tuple[str, ...] = Field(default=(), max_length=100)
    """Addresses, CIDRs, ranges, hostnames as given: any of them."""
    ports: str = Field(default="", max_length=1024)
    """A port specification as in `22,8000-8010`."""
    protocol: Protocol | None = None
    service: str = Field(default="", max_length=128)
    """The service's name as detection tells it."""
    tag: str = Field(default="", max_length=64)
    """A tag of the host or of its network."""
    reason: str = Field(default="", max_length=512)
    until: Time | None = None
    """An exception: from then on the rule is as if it were not there. Needs a reason."""


PROJECT_SCOPE = "project"


class RuleSetDraft(Model):
    default: Literal["allow", "deny"] = "allow"
    """What holds where no rule decides: `deny` calls an open port that no rule allows wrong."""
    rules: tuple[Rule, ...] = Field(default=(), max_length=MAX_RULES)
    comment: str = Field(default="", max_length=512)


class RuleSet(RuleSetDraft):
    """One immutable version. `scope`: `project`, or the id of the network that it is for."""

    project: Id
    scope: str
    version: int = Field(ge=1)
    created: Time
    created_by: str


class RuleVersion(Model):
    """A version as lists show it: all but its rules."""

    project: Id
    scope: str
    version: int = Field(ge=1)
    default: Literal["allow", "deny"]
    rules: int
    """How many."""
    comment: str
    created: Time
    created_by: str

    @classmethod
    def of(cls, rule_set: RuleSet) -> "RuleVersion":
        fields = rule_set.model_dump(exclude={"rules"})
        return cls(**fields, rules=len(rule_set.rules))


class RulePointer(Model):
    """Which version of a scope counts; 0 is none. `version` counts the changes of the pointer itself."""

    project: Id
    scope: str
    current: int = Field(default=0, ge=0)
    staged: int = Field(default=0, ge=0)
    """Evaluated and counted; raises nothing."""
    latest: int = Field(default=0, ge=0)
    """The newest version that was made, counting or not."""
    updated: Time | None = None
    updated_by: str = ""
    version: int = Field(default=0, ge=0)
