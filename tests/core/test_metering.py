"""What a scan has used in fact."""

from datetime import timedelta

from functions.core.chunk import Chunk, SavedFile
from functions.core.messages import Progress
from functions.core.metering import actual, attempt_ended, used
from functions.core.prices import Usage
from tests.core.specs import AT, MACHINE, PROJECT, SCAN

CHUNK = Chunk(project=PROJECT, scan=SCAN, chunk="00000", admitted=AT, attempt=1)


def test_a_task_counts_from_the_gate_to_its_end_and_a_minute_at_least() -> None:
    assert attempt_ended(CHUNK, now=AT + timedelta(seconds=100)) == {
        "admitted": None,
        "tasks": 1,
        "task_s": 100,
        "charged_s": 100,
        "spot_s": 0,
        "packets": 0,
        "bytes_sent": 0,
        "bytes_charged": 0,
    }
    assert attempt_ended(CHUNK, now=AT + timedelta(seconds=45))["charged_s"] == 60


def test_a_task_that_was_counted_is_not_counted_again() -> None:
    counted = CHUNK.model_copy(update=attempt_ended(CHUNK, now=AT + timedelta(seconds=100)))
    assert attempt_ended(counted, now=AT + timedelta(seconds=200)) == {}


def test_a_task_that_never_claimed_counts_as_a_minute() -> None:
    unclaimed = CHUNK.model_copy(update={"admitted_after": 1})
    late = AT + timedelta(hours=1)
    assert (attempt_ended(unclaimed, now=late)["task_s"], attempt_ended(unclaimed, now=late)["charged_s"]) == (0, 60)


def test_the_tasks_of_all_attempts_are_added_up() -> None:
    again = CHUNK.model_copy(update={"tasks": 2, "task_s": 50, "charged_s": 120})
    ended = attempt_ended(again, now=AT + timedelta(seconds=100))
    assert (ended["tasks"], ended["task_s"], ended["charged_s"]) == (3, 150, 220)


def test_the_packets_of_all_attempts_are_added_up_once_each() -> None:
    told = Progress(phase="saving", fraction=1, open_ports=0, probes=1000)
    again = CHUNK.model_copy(update={"packets": 700, "progress": told})
    assert attempt_ended(again, now=AT + timedelta(seconds=100))["packets"] == 1700
    unclaimed = again.model_copy(update={"admitted_after": 1})
    assert attempt_ended(unclaimed, now=AT)["packets"] == 700, "what is told there is of the attempt before"


def test_packets_of_an_attempt_that_nobody_saw_gone_count_too() -> None:
    told = Progress(phase="discovery", fraction=0.2, open_ports=0, probes=300)
    aborted = CHUNK.model_copy(update={"packets": 700, "progress": told})
    assert used([aborted], {}).packets == 1000
    seen = aborted.model_copy(update=attempt_ended(aborted, now=AT + timedelta(seconds=100)))
    assert used([seen], {}).packets == 1000


def test_bytes_are_those_that_the_interfaces_of_all_attempts_counted() -> None:
    told = Progress(phase="saving", fraction=1, open_ports=9, probes=1000, bytes_sent=90_000)
    again = CHUNK.model_copy(update={"packets": 700, "bytes_sent": 40_000, "progress": told})
    assert attempt_ended(again, now=AT + timedelta(seconds=100))["bytes_sent"] == 130_000
    assert (used([again], {}).bytes_sent, used([again], {}).bytes_out) == (130_000, 130_000)
    seen = again.model_copy(update=attempt_ended(again, now=AT + timedelta(seconds=100)))
    assert used([seen], {}).bytes_sent == 130_000, "once"


def test_where_interfaces_are_shared_the_packets_that_were_counted_tell_the_bytes() -> None:
    told = Progress(phase="saving", fraction=1, open_ports=9, probes=1000)
    assert used([CHUNK.model_copy(update={"progress": told})], {}).bytes_sent == 1000 * 44


def test_one_that_sent_nothing_by_its_own_interfaces_sent_nothing() -> None:
    told = Progress(phase="saving", fraction=1, open_ports=0, probes=1000, bytes_sent=0)
    assert used([CHUNK.model_copy(update={"progress": told})], {}).bytes_sent == 0


def test_use_is_the_ledgers_tasks_and_what_the_steps_noted() -> None:
    chunk = CHUNK.model_copy(
        update={
            "tasks": 1,
            "charged_s": 90.0,
            "packets": 1000,
            "bytes_sent": 60_000,
            "files": (SavedFile(name="result.jsonl.gz", size=500, sha256="0" * 64),),
        }
    )
    told = used([chunk, chunk], {"read_milliunits": 2500, "lambda_mb_ms": 1024 * 1000, "s3_puts": 3})
    assert (told.tasks, told.task_seconds, told.packets, told.bytes_stored) == (2, 180, 2000, 1000)
    assert (told.read_units, told.lambda_gb_seconds, told.s3_puts) == (2.5, 1, 3)
    assert told.bytes_sent == told.bytes_out == 120_000


def test_what_stays_within_networks_of_ones_own_is_no_data_out() -> None:
    outside = CHUNK.model_copy(update={"bytes_sent": 44_000})
    inside = CHUNK.model_copy(update={"bytes_sent": 22_000, "public": False})
    told = used([outside, inside], {})
    assert (told.bytes_sent, told.bytes_out) == (66_000, 44_000)


def test_what_ran_on_spare_capacity_is_told_apart() -> None:
    spared = CHUNK.model_copy(update={"on_spot": True, "charged_s": 70, "spot_s": 0})
    ended = spared.model_copy(update=attempt_ended(spared, now=AT + timedelta(seconds=100)))
    assert (ended.charged_s, ended.spot_s) == (170, 100)
    assert used([ended], {}).spot_seconds == 100


def test_where_no_prices_are_known_no_cost_is_told() -> None:
    assert actual(Usage(), MACHINE.model_copy(update={"region": "mars-1"})) is None
