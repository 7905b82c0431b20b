"""Which hosts are there, where a network asks that first: the ports of those that answer nothing are not asked."""

from functions.core.addresses import Version
from functions.core.coverage import Answer, Method
from functions.core.engine import Engine, Target, asks_hosts, questions
from functions.core.host_discovery import reason_of
from functions.core.intervals import IntervalSet
from scanner_image import nmap
from scanner_image.cells import Verdict
from scanner_image.nmap import Errand, Nmap
from scanner_image.nmap_host import NmapHost
from scanner_image.scan import Scan

_SILENT = {"not_covered": Answer.NOT_COVERED, "host_down": Answer.HOST_DOWN}


async def there(scan: Scan, target: Target, addresses: IntervalSet, targets: list[str]) -> IntervalSet:
    """Those of `addresses` to ask; the rest are settled by their silence, of which nmap told before it ended or was ended.

    Hosts that the inventory knows an open port of are there without a question.
    """
    profile = scan.spec.profile
    if asks_hosts(profile, target).engine != Engine.NMAP_HOSTS:
        return addresses
    by = questions(profile, target)
    mute: list[int] = []
    """Asked, and silent: of whom nmap says nothing, nothing is known."""
    unsent: list[str] = []
    """Why nmap could not send, if so: then nobody's silence says anything."""

    def host(seen: NmapHost) -> None:
        address = nmap.address_of(seen)
        if not scan.findings.assets.of(address):
            return
        if seen.up:
            scan.findings.seen(address, seen)
        else:
            mute.append(int(address))

    scan.report.log("info", f"nmap: asks {addresses.count} addresses whether they are there, by {', '.join(by)}")
    with scan.raw.keep("nmap-hosts", "xml") as raw, scan.times.spent("discovery"):
        errand = Errand(
            version=target.version,
            targets=targets,
            profile=profile,
            rate=scan.rates.discovery,
            limit_s=scan.seconds_left,
            host=host,
            raw=raw,
            halt=scan.halt,
            unsent=unsent.append,
        )
        ran = await Nmap(scan.tools, scan.directory).ask_hosts(errand, by=by)
    scan.findings.commands.append(ran.command)
    if ran.why and not scan.halt.is_set:
        scan.report.log(
            "warning", f"host discovery did not ask everybody, so of the rest each cell is asked: {ran.why}"
        )
    absent = set() if unsent else {*mute} - _known(scan, target.version)
    silent = IntervalSet.of(absent) & addresses
    if silent:
        verdict = Verdict(_SILENT[profile.host_discovery.silent], Method.NONE, reason_of(by))
        scan.findings.cells.settle(target.version, silent, verdict, at=scan.findings.clock())
        scan.report.log("info", f"{silent.count} of {addresses.count} addresses gave {verdict.reason}")
    return addresses - silent


def _known(scan: Scan, version: Version) -> set[int]:
    of = scan.findings.assets.addresses
    return {int(each) for known in scan.spec.known for each in of(known.asset) if each.version == version}
