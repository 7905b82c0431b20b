"""Where the time of an attempt went."""

import time

from scanner_image.times import Times


def test_runs_side_by_side_are_busier_than_the_phase_is_long() -> None:
    times = Times()
    with times.spent("identification"), times.spent("identification"):
        time.sleep(0.05)
    (told,) = times.told()
    assert told.phase == "identification"
    assert told.wall_s < told.busy_s <= 2 * told.wall_s + 0.02


def test_a_phase_that_waits_is_longer_than_it_is_busy() -> None:
    times = Times()
    for _ in range(2):
        with times.spent("verification"):
            pass
        time.sleep(0.05)
    (told,) = times.told()
    assert told.busy_s < told.wall_s
