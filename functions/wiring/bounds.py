"""The one composition of what may be scanned: whoever starts, plans, checks or takes in a scan shares it."""

from functions.store.authorities import Authorities, Exclusions
from functions.store.table import Table
from functions.usecases.bounds import Bounds


def bounds_of(table: Table, *, admit_loopback: bool) -> Bounds:
    return Bounds(authorities=Authorities(table), exclusions=Exclusions(table), admit_loopback=admit_loopback)
