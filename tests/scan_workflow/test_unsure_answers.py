"""Every call of AWS may be refused, or be done and its answer lost, and a step is then tried again: the scan is as if nothing had been."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from moto.core.models import botocore_stubber

from functions.adapters import clients
from functions.core.chunk import ChunkStatus
from functions.scan_workflow import admit, finish, ingest, judge, plan, record_failure
from tests.backend import Backend
from tests.scan_workflow.rehearsal import Rehearsal

TRUTH = {("10.0.0.1", 22), ("10.0.0.2", 80), ("10.0.0.5", 22)}
STEPS = {plan: 3, admit: 5, judge: 5, ingest: 4, record_failure: 5, finish: 5}
"""How often the workflow tries each again."""
REFUSALS = {"InvalidInput", "OutOfScope", "NotFound", "IllegalTransition", "Superseded"}
"""Of *Plan chunks*, which stay refusals."""


class Void:
    """Between the product and the AWS in memory: by `chance` a request is refused, or its answer is lost."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.of: float = 0.0
        self.met: Counter[str] = Counter()

    def __call__(self, event_name: str, request: Any, **_: Any) -> AWSResponse | None:
        if self.chance.random() >= self.of:
            return None
        way = self.chance.choice(("refused", "lost"))
        self.met[way] += 1
        if way == "lost":
            botocore_stubber(event_name, request)
        return AWSResponse(request.url, 503, HTTPHeaders(), _Body())


class _Body:
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield b""


@pytest.fixture
def void(rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch) -> Iterator[Void]:
    """Of the steps' own clients, which try again by themselves."""
    assert rehearsal.backend, "it makes the steps look for their clients anew"
    made = Void(random.Random(0))
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    made_anew: tuple[Any, ...] = (clients.dynamodb(), clients.s3())
    for client in made_anew:
        client.meta.events.register_first("before-send", made, unique_id="void")
    yield made
    for client in made_anew:
        client.meta.events.unregister("before-send", unique_id="void")


def tried_again(handler: Callable[[Any, Any], Any], most: int, *, refusals: bool) -> Callable[[Any, Any], Any]:
    def step(event: Any, context: Any) -> Any:
        for tried in range(most + 1):
            try:
                return handler(event, context)
            except Exception as error:
                if tried == most or (refusals and type(error).__name__ in REFUSALS):
                    raise
        raise AssertionError("it returns or raises")

    return step


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, most in STEPS.items():
        step = tried_again(module.handler, most, refusals=module is plan)
        monkeypatch.setattr(module, "handler", step)


@pytest.mark.usefixtures("steps")
@pytest.mark.parametrize("seed", range(4))
def test_a_scan_of_unsure_answers_ends_as_one_of_sure_ones(
    backend: Backend, rehearsal: Rehearsal, void: Void, seed: int
) -> None:
    rehearsal.worker.truth = TRUTH
    scan = backend.scan(backend.network("10.0.0.0/29", rate=10, profile="discovery"))
    void.chance = random.Random(seed)
    void.of = 0.06
    status = rehearsal.run(scan)["status"]
    void.of = 0.0
    ended = backend.reread(scan)
    assert void.met
    assert (status, ended.reason) == ("completed", "")
    assert (ended.counts.cells_covered, ended.counts.open_ports, ended.counts.baseline) == (16, 3, 3)
    assert all(chunk.status is ChunkStatus.INGESTED for chunk in backend.ledger.list(scan.project, scan.id))
    found = backend.exposures.of_block(scan.project, scan.network, "10.0.0.0", "10.0.0.7")
    assert {(each.asset, each.port): each.version for each in found} == dict.fromkeys(TRUTH, 1)
