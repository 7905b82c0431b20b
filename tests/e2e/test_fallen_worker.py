"""A worker that was taken over: what its attacker can do from inside of the running task, and what not.

The worker is frozen and somebody else acts in its place, in its network namespace, with its environment and the credentials
that the task asks for. The embedded AWS checks actions, tables and prefixes; it does not hold them to families of keys, so
that these are read from the deployed role.
"""

import re
import signal
from collections.abc import Iterator, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from functions.adapters.results import Results
from functions.core.chunk import Chunk, ChunkStatus
from functions.core.coverage import Answer, Method
from functions.core.errors import Superseded
from functions.core.exposure import Exposure
from functions.core.ids import new_id
from functions.core.messages import AddressRange, CoverageLine, Event, ObservationLine, ResultHeader
from functions.core.model import Protocol
from functions.core.scan import Scan
from functions.store import keys
from functions.store.ledger import Ledger
from functions.store.live import Live
from functions.store.table import Table
from scanner_image import child
from tests.e2e.beyond import BEYOND
from tests.e2e.estate import targets
from tests.e2e.forbidden import attempt, forbidden
from tests.e2e.platform import Json, Platform, eventually
from tests.e2e.stage_hand import ADDRESS, MODULES, Operator, StageHand
from tests.e2e.taken_over import ROW, TakenOver
from tests.e2e.workers import Worker, workers_of
from tests.lab.lab import Lab
from tests.result_document import write_result

pytestmark = [pytest.mark.e2e, pytest.mark.lab, pytest.mark.long]

TASK_VARIABLES = {
    *("TABLE", "LIVE_TABLE", "BUCKET", "ADMIT_LOOPBACK", "NAME_SERVERS", "SHARED_NETWORK"),
    *("PROJECT", "SCAN", "CHUNK", "RUN"),
}
OF_THE_AGENT = {
    *("PATH", "LANG", "HOME", "TMPDIR", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"),
    *("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN"),
}
REACHED = {"CHK", "HLT", "EVT"}
"""The families of keys that the task's role names."""


@pytest.fixture(scope="module")
def operator(platform: Platform) -> Operator:
    return Operator(platform)


@pytest.fixture(scope="module")
def fallen(platform: Platform, lab: Lab, operator: Operator) -> Iterator[TakenOver]:
    project = platform.project("of a fallen worker")
    network = project.network(targets=targets(lab, "silent"), ports="1-5000", rate=100, profile="discovery")
    scan = project.start(network)
    worker = at_work(scan)
    worker.signal(signal.SIGSTOP)
    taken = TakenOver(operator, worker)
    try:
        yield taken
    finally:
        taken.close()
        worker.signal(signal.SIGCONT)
        project.post("scans", scan["id"], "cancel")
        project.ended(scan)


def at_work(scan: Json) -> Worker:
    def look() -> Worker | None:
        return next((worker for worker in workers_of(scan["id"]) if worker.tools("masscan")), None)

    found = eventually(look, seconds=120, what="a worker scans")
    assert found is not None
    return found


@pytest.fixture
def hand(operator: Operator) -> Iterator[StageHand]:
    """Of another project than the fallen worker's."""
    hands = StageHand(operator)
    yield hands
    hands.leave()


def ledger_of(fallen: TakenOver, hand: StageHand) -> Ledger:
    return Ledger(Table(fallen.client(ROW, "dynamodb"), hand.operator.outputs["TableName"]))


def open_cell(port: int, at: datetime, *, asset: str = ADDRESS) -> tuple[ObservationLine, CoverageLine]:
    cell = {"protocol": Protocol.TCP, "how": Method.CONNECT, "at": at}
    ranges = (AddressRange(first=asset, last=asset),)
    return (
        ObservationLine.model_validate({"asset": asset, "address": asset, "port": port, **cell}),
        CoverageLine.model_validate({"addresses": ranges, "ports": str(port), "answer": Answer.OPEN, **cell}),
    )


def forge(
    fallen: TakenOver, hand: StageHand, chunk: Chunk, path: Path, *, says: Sequence[tuple[str, int]] = ((ADDRESS, 1),)
) -> str:
    """A document for this attempt of the chunk, put where the attempt's own belongs; returns its key."""
    header = ResultHeader(
        project=chunk.project,
        scan=chunk.scan,
        chunk=chunk.chunk,
        attempt=chunk.attempt,
        started=hand.now,
        mode="connect",
        tools={},
    )
    lines = [line for asset, port in says for line in open_cell(port, hand.now, asset=asset)]
    document = write_result(path / "forged", header=header, lines=lines, ended=hand.now)
    results = Results(fallen.client(ROW, "s3"), hand.results.bucket)
    where = {"project": chunk.project, "scan": chunk.scan, "chunk": chunk.chunk}
    return results.put_result(document, **where, attempt=chunk.attempt)


def ingest(hand: StageHand, scan: Scan, chunk: Chunk) -> str:
    """What taking the chunk's result in was refused for; empty where it was taken in."""
    where = {"project": scan.project, "scan": scan.id, "run": scan.run, "chunk": chunk.chunk}
    return hand.invoke("IngestChunk", where).error


def inventory(hand: StageHand, scan: Scan) -> list[Exposure]:
    return list(hand.stores.exposures.of_block(scan.project, scan.network, ADDRESS, ADDRESS))


def test_its_environment_names_its_work_and_holds_no_secret_but_its_own_roles(
    platform: Platform, fallen: TakenOver
) -> None:
    assert set(fallen.environment) == {*OF_THE_AGENT, *(f"VEDETTE_{name}" for name in TASK_VARIABLES)}
    assert platform.access.token not in fallen.environment.values()


def test_its_tools_cannot_read_its_environment(fallen: TakenOver) -> None:
    """nmap and masscan read hostile bytes first: what falls there has no credentials."""
    read = ["cat", f"/proc/{fallen.worker.pid}/environ"]
    assert "AWS_CONTAINER_AUTHORIZATION_TOKEN" in fallen.run(*read).stdout
    refused = fallen.run(*child.confined(read))
    assert (refused.returncode, refused.stdout) == (1, "")


def test_it_is_nobody_to_the_api(platform: Platform, fallen: TakenOver) -> None:
    projects = f"{platform.access.url}/v1/projects"
    token = fallen.environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
    assert fallen.asks(projects) == 401
    assert fallen.asks(projects, Authorization=f"Bearer {token}") in {401, 403}
    assert fallen.asks(f"{platform.access.url}/v1/health") == 200


def test_it_gets_the_credentials_of_its_own_task_alone(fallen: TakenOver) -> None:
    door = fallen.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
    token = fallen.environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
    assert fallen.asks(door, Authorization=token) == 200
    assert fallen.asks(door) == 403
    assert fallen.asks(door.rpartition("/")[0] + "/another", Authorization=token) == 403
    caller = fallen.call("sts", "get_caller_identity", {})["Arn"]
    assert f":assumed-role/{fallen.name(ROW)}/" in caller


@pytest.mark.parametrize("what", [what for row, what in forbidden() if row == ROW])
def test_it_may_not_what_its_role_is_refused(operator: Operator, fallen: TakenOver, what: str) -> None:
    with pytest.raises(ClientError, match="not authorized to perform"):
        attempt(operator, fallen, ROW, what)


@pytest.mark.parametrize("what", BEYOND)
def test_it_may_not_reach_beyond_the_tables_and_the_bucket(operator: Operator, fallen: TakenOver, what: str) -> None:
    service, operation, parameters = BEYOND[what]
    with pytest.raises(ClientError, match=r"not authorized to perform|Access ?Denied"):
        fallen.call(service, operation, parameters(operator.outputs))


@pytest.mark.parametrize("row", sorted(MODULES))
def test_it_may_not_become_another_part(operator: Operator, fallen: TakenOver, row: str) -> None:
    account = operator.aws("sts").get_caller_identity()["Account"]
    asked = {"RoleArn": f"arn:aws:iam::{account}:role/{fallen.name(row)}", "RoleSessionName": "another"}
    with pytest.raises(ClientError, match="not authorized to perform"):
        fallen.call("sts", "assume_role", asked)


def test_of_all_families_of_items_its_deployed_role_names_three(operator: Operator, fallen: TakenOver) -> None:
    """Inventory, rules, alerts, tokens, members, secrets of channels and the audit log are in none of them."""
    iam, role = operator.aws("iam"), fallen.name(ROW)
    (policy,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    statements = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]["Statement"]
    patterns = [
        pattern
        for each in statements
        if "dynamodb:" in str(each["Action"])
        for pattern in each["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
    ]
    families = set(re.findall(r"^\| ([A-Z]{3,4}) ", keys.__doc__ or "", re.MULTILINE))
    assert {"EXP", "RUL", "ALR", "TOK", "CHS", "AUD", "MEM", "SCN", "NET"} <= families
    keys_of = {family: (family, f"{family}#of-anybody") for family in families}
    assert {
        name for name, pks in keys_of.items() for pk in pks for each in patterns if fnmatchcase(pk, each)
    } == REACHED


def test_a_superseded_attempt_saves_nothing(fallen: TakenOver, hand: StageHand, tmp_path: Path) -> None:
    scan = hand.scan(running=True)
    first = hand.claimed_chunk(scan)
    hand.stores.ledger.fence(first)
    where = (scan.project, scan.id, first.chunk)
    second = hand.stores.ledger.claim(*where, run=1, now=hand.now, lease_s=400, sources=(ADDRESS,))
    key = forge(fallen, hand, first, tmp_path)
    with pytest.raises(Superseded):
        ledger_of(fallen, hand).save(first, result_key=key, outcome="complete")
    assert hand.stores.ledger.get(*where) == second
    assert ingest(hand, scan, second)
    assert inventory(hand, scan) == []


@pytest.mark.parametrize("attempt_number", [1, 2])
def test_a_document_under_anothers_key_is_not_taken_in(
    fallen: TakenOver, hand: StageHand, tmp_path: Path, attempt_number: int
) -> None:
    """Of an attempt that is at work, and of one that never was: the ledger says what is read, not the bucket."""
    scan = hand.scan(running=True)
    chunk = hand.claimed_chunk(scan)
    forge(fallen, hand, chunk.model_copy(update={"attempt": attempt_number}), tmp_path)
    assert ingest(hand, scan, chunk)
    assert inventory(hand, scan) == []
    assert hand.stores.ledger.get(scan.project, scan.id, chunk.chunk) == chunk


def test_its_chunk_cannot_be_given_the_result_of_another(fallen: TakenOver, hand: StageHand) -> None:
    """Neither to have another project's findings shown in its own, nor to have them judged twice."""
    victim = hand.saved_chunk(hand.scan(running=True))
    hand.new_project()
    scan = hand.scan(running=True)
    own = hand.claimed_chunk(scan)
    ledger_of(fallen, hand).save(own, result_key=victim.result_key, outcome="complete")
    assert "is the result of another attempt" in ingest(hand, scan, own)
    assert inventory(hand, scan) == []


def test_its_own_document_is_believed_for_its_own_cells_alone(
    fallen: TakenOver, hand: StageHand, tmp_path: Path
) -> None:
    scan = hand.scan(running=True)
    chunk = hand.claimed_chunk(scan)
    key = forge(fallen, hand, chunk, tmp_path, says=((ADDRESS, 1), (ADDRESS, 2), ("127.0.0.9", 1), ("10.0.0.1", 1)))
    ledger_of(fallen, hand).save(chunk, result_key=key, outcome="complete")
    assert ingest(hand, scan, chunk) == ""
    assert [(each.asset, each.port) for each in inventory(hand, scan)] == [(ADDRESS, 1)]
    assert "were refused" in hand.stores.ledger.get(scan.project, scan.id, chunk.chunk).reason


def test_a_chunk_that_it_knows_can_be_ended_and_closes_nothing(fallen: TakenOver, hand: StageHand) -> None:
    """It can: one role is every task's. What was not covered is not judged."""
    network = hand.network()
    before = hand.scan(network, running=True)
    assert ingest(hand, before, hand.saved_chunk(before)) == ""
    known = inventory(hand, before)
    assert len(known) == 1
    hand.leave()
    later = hand.scan(network, running=True)
    chunk = hand.claimed_chunk(later)
    ledger_of(fallen, hand).fail(chunk, reason="by an intruder")
    assert hand.stores.ledger.get(later.project, later.id, chunk.chunk).status is ChunkStatus.FAILED
    assert ingest(hand, later, chunk)
    assert inventory(hand, later) == known


def test_a_result_that_it_writes_over_is_kept_as_it_was(fallen: TakenOver, hand: StageHand, tmp_path: Path) -> None:
    """It can, where it knows the ids: the bucket keeps the version before."""
    chunk = hand.saved_chunk(hand.scan(running=True))
    s3, bucket = hand.operator.aws("s3"), hand.results.bucket
    saved = s3.get_object(Bucket=bucket, Key=chunk.result_key)["Body"].read()
    assert forge(fallen, hand, chunk, tmp_path) == chunk.result_key
    versions = s3.list_object_versions(Bucket=bucket, Prefix=chunk.result_key)["Versions"]
    (before,) = (each["VersionId"] for each in versions if not each["IsLatest"])
    assert s3.get_object(Bucket=bucket, Key=chunk.result_key, VersionId=before)["Body"].read() == saved


def test_live_events_that_it_makes_up_are_shown_and_not_believed(
    platform: Platform, fallen: TakenOver, hand: StageHand
) -> None:
    network, now = hand.network().id, hand.now
    made_up = Event(
        id=new_id(now),
        project=hand.project,
        topic=f"project:{hand.project}",
        type="alert.raised",
        time=now,
        data={"network": network},
    )
    Live(Table(fallen.client(ROW, "dynamodb"), hand.operator.outputs["LiveTableName"])).publish(made_up)
    for kind in ("alerts", "exposures", "scans"):
        assert list(platform.client.items("projects", hand.project, kind)) == []
