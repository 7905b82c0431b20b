"""What is kept of a document: the chunk's own cells, in scope now, each judged once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.core.coverage import Answer, Method
from functions.core.errors import Corrupt
from functions.core.messages import AddressRange, ChunkSpec, CoverageLine, HostLine, ObservationLine, PinnedHost
from functions.core.model import Protocol
from functions.core.profile import PROFILES
from functions.core.result_evidence import ResultEvidence
from functions.core.service import Service
from functions.core.targets import TargetSet, parse_exclusions

AT = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
ID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
NAME = PinnedHost(name="www.example", addresses=("10.0.0.8", "10.0.0.9"))


def span(text: str) -> AddressRange:
    first, _, last = text.partition("-")
    return AddressRange(first=first, last=last or first)


def evidence(*ranges: str, ports: str = "22,80", excluded: tuple[str, ...] = (), **spec: Any) -> ResultEvidence:
    plain = {"project": ID, "network": ID, "scan": ID, "chunk": "00000", "protocol": "tcp", "rate": 1}
    return ResultEvidence(
        ChunkSpec.model_validate(
            plain
            | {"profile": PROFILES["standard"], "deadline_s": 1, "lease_s": 2, "ports": ports}
            | {"addresses": [span(each) for each in ranges]}
            | spec
        ),
        parse_exclusions(excluded, field="exclusions") if excluded else TargetSet(),
        admit_loopback=False,
        earliest=AT,
        latest=AT + timedelta(hours=1),
    )


def told(span_text: str, ports: str, answer: Answer, *, minutes: float = 1, **fields: Any) -> CoverageLine:
    plain = {"protocol": Protocol.TCP, "how": Method.SYN, "at": AT + timedelta(minutes=minutes)}
    addresses = [span(span_text)] if span_text else []
    return CoverageLine.model_validate(plain | {"addresses": addresses, "ports": ports, "answer": answer} | fields)


def opened(asset: str, port: int, **fields: Any) -> ObservationLine:
    plain = {"asset": asset, "address": asset, "protocol": Protocol.TCP, "port": port, "how": Method.SYN, "at": AT}
    return ObservationLine.model_validate(plain | fields)


def seen(of: ResultEvidence) -> dict[tuple[str, int], Answer]:
    return {
        (block.block.asset(offset), port): what.answer
        for block in of.blocks()
        for (offset, port), what in block.seen(frozenset()).items()
    }


def test_open_cells_are_judged_and_the_rest_are_only_covered() -> None:
    of = evidence("10.0.0.0-10.0.0.255")
    of.add(told("10.0.0.1", "22", Answer.OPEN))
    of.add(told("10.0.0.2-10.0.0.255", "22,80", Answer.REFUSED))
    assert seen(of) == {("10.0.0.1", 22): Answer.OPEN}
    assert [block.cells_covered() for block in of.blocks()] == [1 + 254 * 2]
    assert of.refused == 0


def test_known_cells_are_judged_whatever_they_answered() -> None:
    of = evidence("10.0.0.0-10.0.0.255")
    of.add(told("10.0.0.0-10.0.0.255", "22,80", Answer.NO_ANSWER))
    (block,) = of.blocks()
    assert {cell: what.answer for cell, what in block.seen(frozenset({(7, 80)})).items()} == {(7, 80): Answer.NO_ANSWER}


def test_of_two_answers_for_a_cell_the_later_holds() -> None:
    of = evidence("10.0.0.1")
    of.add(told("10.0.0.1", "22", Answer.REFUSED, minutes=2))
    of.add(told("10.0.0.1", "22", Answer.OPEN, minutes=1))
    assert seen(of) == {("10.0.0.1", 22): Answer.REFUSED}


def test_silence_of_udp_and_a_firewalls_word_reach_the_judge_as_they_are() -> None:
    of = evidence("10.0.0.1-10.0.0.2")
    of.add(told("10.0.0.1", "22", Answer.OPEN_FILTERED))
    of.add(told("10.0.0.2", "22", Answer.FILTERED))
    (block,) = of.blocks()
    found = block.seen(frozenset({(1, 22), (2, 22)}))
    assert {cell: what.answer for cell, what in found.items()} == {
        (1, 22): Answer.OPEN_FILTERED,
        (2, 22): Answer.FILTERED,
    }


@pytest.mark.parametrize(
    ("answer", "judged"),
    [
        (Answer.OPEN, Answer.OPEN),
        (Answer.REFUSED, Answer.REFUSED),
        (Answer.NOT_OPEN, Answer.NOT_OPEN),
        (Answer.NOT_COVERED, Answer.OPEN),
    ],
)
def test_an_observation_stands_unless_coverage_says_otherwise(answer: Answer, judged: Answer) -> None:
    of = evidence("10.0.0.1")
    of.add(opened("10.0.0.1", 22))
    of.add(told("10.0.0.1", "22", answer))
    (block,) = of.blocks()
    assert {what.answer for what in block.seen(frozenset({(1, 22)})).values()} == {judged}


def test_an_open_port_of_a_document_that_was_cut_off_is_covered_by_being_seen() -> None:
    of = evidence("10.0.0.1")
    of.add(opened("10.0.0.1", 22))
    (block,) = of.blocks()
    (segment,) = block.covered(scan=ID, chunk="00000", attempt=1)
    assert (list(segment.assets), list(segment.ports)) == ([1], [22])


def test_a_port_that_may_be_silent_is_no_verdict_by_itself() -> None:
    of = evidence("10.0.0.1", protocol="udp")
    of.add(opened("10.0.0.1", 22, protocol="udp", state="open|filtered"))
    assert seen(of) == {("10.0.0.1", 22): Answer.NOT_COVERED}
    assert [block.cells_covered() for block in of.blocks()] == [0]


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        (told("10.0.1.0-10.0.1.9", "22", Answer.OPEN), 10),
        (told("10.0.0.1", "1-100", Answer.OPEN), 98),
        (told("10.0.0.1", "22", Answer.OPEN, protocol="udp"), 1),
        (told("", "22", Answer.OPEN, hosts=("other.example",)), 1),
        (told("fd00::1", "22", Answer.OPEN), 1),
        (opened("10.0.1.1", 22), 1),
        (opened("10.0.0.1", 23), 1),
        (opened("10.0.0.1", 22, protocol="udp"), 1),
        (opened("10.0.0.1", 22, address="10.0.0.2"), 1),
        (opened("www.example", 22, address="10.0.0.7"), 1),
        (opened("10.0.0.66", 22), 1),
    ],
)
def test_what_is_not_the_chunks_or_excluded_by_now_is_refused(line: CoverageLine | ObservationLine, cells: int) -> None:
    of = evidence("10.0.0.0-10.0.0.255", excluded=("10.0.0.66",), hosts=[NAME])
    of.add(line)
    assert of.refused == cells


def test_a_name_with_an_excluded_address_is_out_of_scope() -> None:
    of = evidence(excluded=("10.0.0.9",), hosts=[NAME])
    of.add(opened("www.example", 22, address="10.0.0.8"))
    assert (list(of.blocks()), of.refused) == ([], 1)


def test_the_address_that_tells_most_speaks_for_a_name() -> None:
    of = evidence(hosts=[NAME])
    of.add(opened("www.example", 22, address="10.0.0.8", service=Service(name="ssh", confidence=3)))
    of.add(opened("www.example", 22, address="10.0.0.9", service=Service(name="ssh", confidence=10)))
    (block,) = of.blocks()
    assert [what.address for what in block.seen(frozenset()).values()] == ["10.0.0.9"]


@pytest.mark.parametrize(("minutes", "drawn"), [(-9e6, 0), (30, 30), (9e6, 60)])
def test_a_time_outside_of_the_attempt_is_drawn_to_its_nearer_end(minutes: float, drawn: float) -> None:
    of = evidence("10.0.0.1")
    of.add(told("10.0.0.1", "22", Answer.OPEN, minutes=minutes))
    of.add(HostLine(asset="10.0.0.1", address="10.0.0.1", up=True, at=AT + timedelta(minutes=minutes)))
    (block,) = of.blocks()
    times = {what.at for what in block.seen(frozenset()).values()} | {block.hosts["10.0.0.1"][0].at}
    assert times == {AT + timedelta(minutes=drawn)}


def test_cells_told_over_and_over_make_the_document_corrupt() -> None:
    of = evidence("10.0.0.0-10.0.255.255", ports="1-65535")
    whole = told("10.0.0.0-10.0.255.255", "1-65535", Answer.NOT_OPEN)
    of.add(whole)
    of.add(whole)
    with pytest.raises(Corrupt):
        of.add(whole)
