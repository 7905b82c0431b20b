"""`vedette why HOST:PORT`."""

import pytest

from cli.errors import UsageError
from cli.why import ANSWERS, lines, split_cell
from functions.core.coverage import Answer


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("10.0.0.1:443", ("10.0.0.1", 443, "tcp")),
        ("[fd00::1]:53/udp", ("fd00::1", 53, "udp")),
        ("www.example.org:80/tcp", ("www.example.org", 80, "tcp")),
    ],
)
def test_a_cell_is_host_port_and_protocol(text: str, cell: tuple[str, int, str]) -> None:
    assert split_cell(text) == cell


@pytest.mark.parametrize("text", ["10.0.0.1", "10.0.0.1:", ":80", "10.0.0.1:http", "10.0.0.1:80/sctp", "fd00::1:53"])
def test_anything_else_is_refused_with_the_mend(text: str) -> None:
    with pytest.raises(UsageError, match="HOST:PORT"):
        split_cell(text)


def test_a_cell_that_was_never_covered_says_so() -> None:
    assert lines({"networks": []}) == ["No network of this project has ever covered this cell."]


STORY = {
    "name": "office\x1b[2J",
    "last_probe": {
        "answer": "refused",
        "how": "connect",
        "at": "2026-01-02T03:04:05Z",
        "scan": "SCAN",
        "chunk": "00001",
        "attempt": 2,
    },
    "exposure": None,
}


def test_a_cell_is_explained_by_its_last_probe() -> None:
    told = "\n".join(lines({"networks": [STORY]}))
    assert "by connect; it refused the connection: closed" in told
    assert "scan SCAN, chunk 00001, attempt 2" in told
    assert "\x1b" not in told


@pytest.mark.parametrize(
    ("answer", "word"), [("open_filtered", "open or filtered"), ("filtered", "said that it may not be reached")]
)
def test_silence_of_udp_and_a_firewall_that_says_so_are_told_apart(answer: str, word: str) -> None:
    probe = STORY["last_probe"] | {"answer": answer}  # type: ignore[operator]
    assert word in "\n".join(lines({"networks": [STORY | {"last_probe": probe}]}))


def test_every_answer_has_its_words() -> None:
    assert set(ANSWERS) == set(Answer)


def test_a_change_is_told_with_what_the_cell_answered() -> None:
    exposure = {
        "state": "suspect",
        "first_seen": "2026-01-02T03:04:05Z",
        "last_changed": "2026-01-02T03:04:05Z",
        "change": {"kind": "missed", "answer": "open_filtered"},
    }
    assert "(missed: open|filtered)" in "\n".join(lines({"networks": [STORY | {"exposure": exposure}]}))


def test_silence_is_told_with_what_may_have_been_missed() -> None:
    probe = STORY["last_probe"] | {"answer": "not_open", "sampled": True, "miss_rate": 0.001}  # type: ignore[operator]
    assert "probability of 0.10%" in "\n".join(lines({"networks": [STORY | {"last_probe": probe}]}))


def test_a_sample_without_answers_is_told_as_one() -> None:
    probe = STORY["last_probe"] | {"answer": "not_open", "sampled": True, "miss_rate": None}  # type: ignore[operator]
    told = "\n".join(lines({"networks": [STORY | {"last_probe": probe}]}))
    assert "had no answers to tell by" in told
    assert "%" not in told


def test_where_no_sample_was_taken_none_is_told_of() -> None:
    probe = STORY["last_probe"] | {"answer": "not_open", "sampled": False, "miss_rate": None}  # type: ignore[operator]
    assert "sample" not in "\n".join(lines({"networks": [STORY | {"last_probe": probe}]}))


def test_an_answer_that_is_no_longer_kept_is_said_to_be_so() -> None:
    probe = STORY["last_probe"] | {"answer": None}  # type: ignore[operator]
    assert "no longer kept" in "\n".join(lines({"networks": [STORY | {"last_probe": probe}]}))
