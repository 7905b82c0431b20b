"""Scans: start, follow, cancel, and read what they saw."""

from collections.abc import Mapping
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.adapters.scan_objects import RawFile
from functions.core import scan as domain
from functions.core.chunk import Chunk
from functions.core.ids import PATTERN
from functions.core.model import Protocol
from functions.core.scan import Scan, ScanKind, ScanStatus, without_cells
from functions.core.scan_diff import Verdict
from functions.core.stop import Stop
from functions.http_api.caller import (
    Asset,
    Caller,
    Cause,
    Cursor,
    IfMatch,
    Limit,
    PathId,
    Port,
    ProtocolName,
    QueryId,
    Services,
    expected_version,
)
from functions.http_api.models import DiffView, ListOf, Log, OpenPort, RawFiles, ScanRequest
from functions.http_api.paging import listed
from functions.usecases.diff_scans import INVENTORY
from functions.usecases.explain_cell import Probe, cell_of
from functions.usecases.start_scan import Part

router = APIGatewayHttpRouter()
_ALL = "/v1/projects/<project>/scans"
_ONE = f"{_ALL}/<scan>"
_TAGS = ["scans"]
Against = Annotated[
    str, Query(pattern=f"{PATTERN}|^{INVENTORY}$", description=f"A scan of the same network, or `{INVENTORY}`.")
]
ChunkName = Annotated[str, Path(pattern=r"^[0-9]{5,9}$")]


@router.post(_ALL, status_code=201, tags=_TAGS, summary="Start a scan of a network or of a part of it")
def start_scan(project: PathId, body: ScanRequest, services: Services, caller: Caller, cause: Cause) -> Scan:
    return services.start_scan(
        project=project,
        network=body.network,
        cause=domain.Cause(kind="api", principal=caller.id, key=cause.key),
        cause_time=cause.time,
        now=services.now(),
        part=Part(
            targets=body.targets,
            ports=body.ports,
            protocols=body.protocols,
            profile=body.profile,
            confirm=body.confirm,
        ),
    )


@router.get(_ALL, tags=_TAGS, summary="List the scans, newest first")
def list_scans(
    *,
    project: PathId,
    services: Services,
    network: QueryId = "",
    status: Annotated[ScanStatus | None, Query()] = None,
    kind: Annotated[ScanKind | None, Query(description="`confirm`: a second look at what a scan found open.")] = None,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> ListOf[Scan]:
    """A confirmation's cells are left out here: read the scan for them."""
    page = services.scans.list(
        project, network=network, status=status or "", kind=kind or "", limit=limit, cursor=cursor
    )
    short = tuple(each.model_copy(update={"snapshot": without_cells(each.snapshot)}) for each in page.items)
    return ListOf(items=short, next_cursor=page.next_cursor or None)


@router.get(_ONE, tags=_TAGS, summary="Read a scan")
def read_scan(project: PathId, scan: PathId, services: Services) -> Scan:
    return services.scans.get(project, scan)


@router.delete(_ONE, status_code=204, tags=_TAGS, summary="Delete a scan that has ended, with all its documents")
def delete_scan(project: PathId, scan: PathId, services: Services, if_match: IfMatch = "") -> Response[Any]:
    """What it found out stays: exposures, hosts and coverage are the network's. A repeat goes on where one was cut off."""
    services.delete_scan(project=project, scan=scan, expected=expected_version(if_match))
    return Response(status_code=204, body="")


@router.get(f"{_ONE}/diff", tags=_TAGS, summary="Say what differs between two scans, or a scan and the inventory")
def diff_scans(
    *,
    project: PathId,
    scan: PathId,
    services: Services,
    against: Against,
    verdict: Annotated[Verdict | None, Query(description="Only these; all but the unchanged without it.")] = None,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> DiffView:
    """From the scan `against` to this one; with `inventory`, from this scan to the inventory as it is now.

    Cells that only one of the two covers are not comparable: nothing is claimed of them.
    """
    page = services.diff_scans(project=project, scan=scan, against=against, verdict=verdict, limit=limit, cursor=cursor)
    return DiffView.of(page)


@router.post(f"{_ONE}/cancel", status_code=202, tags=_TAGS, summary="Cancel a live scan; what it found is kept")
def cancel_scan(project: PathId, scan: PathId, services: Services, caller: Caller) -> Scan:
    return _stop(project, scan, Stop.CANCEL, services, caller)


@router.post(f"{_ONE}/pause", status_code=202, tags=_TAGS, summary="Pause a live scan; what it found is kept")
def pause_scan(project: PathId, scan: PathId, services: Services, caller: Caller) -> Scan:
    """Its running tasks save and end; `resume` goes on with what is unfinished."""
    return _stop(project, scan, Stop.PAUSE, services, caller)


@router.post(f"{_ONE}/resume", status_code=202, tags=_TAGS, summary="Let a paused scan go on")
def resume_scan(project: PathId, scan: PathId, services: Services) -> Scan:
    """Outside of its network's hours it stays paused until `resume_at`."""
    return services.resume_scan(project=project, scan=scan, now=services.now())


@router.post(f"{_ONE}/redrive", status_code=202, tags=_TAGS, summary="Scan again what an ended scan did not cover")
def redrive_scan(project: PathId, scan: PathId, services: Services) -> Scan:
    """Only its failed chunks, and those not wholly covered, in its next run. Authority and exclusions are asked again."""
    return services.redrive_scan(project=project, scan=scan, now=services.now())


def _stop(project: str, scan: str, stop: Stop, services: Services, caller: Caller) -> Scan:
    why = f"{stop} asked by {caller.name or caller.id}"
    return services.stop_scan(project=project, scan=scan, stop=stop, why=why, now=services.now())


@router.get(f"{_ONE}/chunks", tags=_TAGS, summary="List the chunks of a scan")
def list_chunks(
    project: PathId, scan: PathId, services: Services, limit: Limit = 50, cursor: Cursor = ""
) -> ListOf[Chunk]:
    services.scans.get(project, scan)
    return listed(services.ledger.page(project, scan, limit=limit, cursor=cursor))


@router.get(f"{_ONE}/chunks/<chunk>/raw", tags=_TAGS, summary="Link to what the tools themselves put out")
def link_raw_output(project: PathId, scan: PathId, chunk: ChunkName, services: Services) -> RawFiles:
    """A link is good for five minutes. Empty where nothing was saved, or nothing is kept any more."""
    found = services.ledger.get(project, scan, chunk)
    digests = {file.name: file.sha256 for file in found.files}
    files = services.scan_objects.raw(project, scan, chunk, now=services.now())
    return RawFiles(items=tuple(with_digest(file, digests, last=found.attempt) for file in files))


@router.get(f"{_ONE}/log", tags=_TAGS, summary="Read the log lines of a scan, oldest first; they are kept for a time")
def read_log(project: PathId, scan: PathId, services: Services, limit: Limit = 200, cursor: Cursor = "") -> Log:
    services.scans.get(project, scan)
    page = services.live.replay(project, f"scan:{scan}", limit=limit, cursor=cursor)
    lines = tuple(event for event in page.items if event.type == "log")
    return Log(items=lines, next_cursor=page.next_cursor or None)


@router.get(f"{_ONE}/ports", tags=_TAGS, summary="List the open ports that the scan saw, chunk after chunk")
def list_ports(
    project: PathId, scan: PathId, services: Services, limit: Limit = 50, cursor: Cursor = ""
) -> ListOf[OpenPort]:
    services.scans.get(project, scan)
    page = services.scan_ports(project=project, scan=scan, limit=limit, cursor=cursor)
    return ListOf(items=tuple(map(OpenPort.of, page.items)), next_cursor=page.next_cursor or None)


@router.get(f"{_ONE}/coverage", tags=_TAGS, summary="Say how the scan covered one cell")
def read_coverage(
    *,
    project: PathId,
    scan: PathId,
    services: Services,
    asset: Asset,
    port: Port,
    protocol: ProtocolName = Protocol.TCP,
) -> Probe:
    return services.explain_cell.in_scan(project=project, scan=scan, cell=cell_of(asset, protocol, port))


def with_digest(file: RawFile, digests: Mapping[str, str], *, last: int) -> RawFile:
    """The chunk knows the digests of its last attempt alone."""
    return file.model_copy(update={"sha256": digests.get(f"raw/{file.name}", "")}) if file.attempt == last else file
