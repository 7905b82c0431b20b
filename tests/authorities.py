"""Leaning on authorities in memory: no resolver is asked, and no account."""

from functions.adapters.aws_inventory import AwsInventory, Found
from functions.adapters.txt_records import TxtRecords
from functions.core.errors import Unproven
from functions.usecases.bounds import Bounds
from functions.usecases.lean_proved import LeanProved
from functions.usecases.prove_authority import ProveAuthority


class FakeTxt(TxtRecords):
    """Answers by `records`."""

    def __init__(self) -> None:
        self.records: dict[str, frozenset[str]] = {}

    def of(self, name: str) -> frozenset[str]:
        return self.records.get(name, frozenset())


class FakeInventory(AwsInventory):
    """Answers what was `found`; without it, the role cannot be used. Remembers what was `asked`."""

    def __init__(self, found: Found | None = None) -> None:
        self.found = found
        self.asked: dict[str, object] = {}

    def read(self, **asked: object) -> Found:
        self.asked = asked
        if self.found is None:
            raise Unproven("the role cannot be used (AccessDenied)")
        return self.found


def lean(bounds: Bounds, *, txt: TxtRecords | None = None, inventory: AwsInventory | None = None) -> LeanProved:
    prove = ProveAuthority(authorities=bounds.authorities, txt=txt or FakeTxt(), inventory=inventory or FakeInventory())
    return LeanProved(bounds=bounds, prove=prove)
