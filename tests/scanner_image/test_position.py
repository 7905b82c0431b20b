"""Up to where a run of masscan counts as done while it goes on."""

from scanner_image.position import Position


class Run:
    def __init__(self, *, wait_s: float = 4) -> None:
        self.now = 100.0
        self.reached: list[int] = []
        self.position = Position(ends=10_000, wait_s=wait_s, heard_to=self.reached.append, now=lambda: self.now)

    def sent(self, share: float, *, at: float) -> None:
        self.now = at
        self.position.sent(share)


def test_what_was_sent_counts_once_its_answers_had_their_time_and_were_read() -> None:
    run = Run()
    run.sent(0.1, at=100)
    run.sent(0.2, at=101)

    run.position.heard(103.9, lost=0)
    assert run.reached == []

    run.position.heard(104.0, lost=0)
    assert run.reached == [999]

    run.position.heard(110.0, lost=0)
    assert run.reached == [999, 1999]


def test_a_share_that_was_rounded_up_does_not_count_for_more_than_was_sent() -> None:
    run = Run()
    run.sent(0.5, at=100)
    run.position.heard(200, lost=0)

    assert run.reached[-1] < 5000


def test_after_something_was_lost_nothing_more_counts() -> None:
    run = Run()
    run.sent(0.1, at=100)
    run.position.heard(105, lost=0)
    run.sent(0.2, at=106)
    run.position.heard(120, lost=1)
    run.position.heard(130, lost=0)

    assert run.reached == [999]


def test_a_share_that_stands_still_counts_from_when_it_was_reached() -> None:
    run = Run()
    run.sent(0.1, at=100)
    run.sent(0.1, at=103)
    run.position.heard(104, lost=0)

    assert run.reached == [999]
