"""masscan over a chunk: a sample first and again afterwards, and between them as many passes, as fast, as the sample asks for."""

from collections.abc import Callable
from dataclasses import dataclass, field

from functions.core.addresses import Address
from functions.core.coverage import Answer, Method
from functions.core.effort import UNSURE, Phase, Sampled
from functions.core.engine import is_sampled
from functions.core.intervals import IntervalSet
from functions.core.ports import PortSet
from scanner_image.cells import Verdict
from scanner_image.masscan import WAIT_S, Masscan, Pass
from scanner_image.path import Path
from scanner_image.sampling import (
    MOST_PASSES,
    Loss,
    Pace,
    Sample,
    compare,
    missed,
    passes_for,
    sample_of,
    share_of_open,
)
from scanner_image.scan import Scan
from scanner_image.story import Told

_SHORT_WAIT_S = 1
_LONG_S = 30.0
"""A pass that takes longer is not begun at a rate that nobody has tried."""
_TIME_SHARE = 0.7
_MOST_TRIES = 4
_MOST_LOOKS = 6
"""In a row, for a rate that the path bears."""


@dataclass
class Heard:
    open: set[tuple[Address, int]] = field(default_factory=set)
    refused: set[tuple[Address, int]] = field(default_factory=set)
    whole: bool = True

    @property
    def both(self) -> tuple[set[tuple[Address, int]], set[tuple[Address, int]]]:
        return self.open, self.refused


async def sweep(scan: Scan, path: Path, addresses: IntervalSet, moved: Callable[[float], None]) -> None:
    """Every cell of `addresses` that does not answer comes out as `NOT_OPEN`, or not covered where that is not sure."""
    sweeping = _Sweep(scan, path, addresses, moved)
    why = await (sweeping.adaptive() if is_sampled(sweeping.cells) else sweeping.once())
    silence = Verdict(Answer.NOT_COVERED, Method.NONE, why) if why else Verdict(Answer.NOT_OPEN, Method.SYN)
    if not scan.halt.is_set:
        scan.stories.forget(sweeping.story)
    if why:
        scan.report.log("warning", why)
        scan.findings.notes.append(why)
    scan.findings.cells.settle(path.version, addresses, silence, at=scan.findings.clock())


class _Sweep:
    def __init__(self, scan: Scan, path: Path, addresses: IntervalSet, moved: Callable[[float], None]) -> None:
        self.scan = scan
        self.path = path
        self.addresses = addresses
        self.ports = PortSet(scan.findings.cells.ports)
        self.cells = addresses.count * self.ports.count
        self._moved = moved
        self._program = Masscan(scan.tools.masscan, scan.tools.shim, scan.directory)
        self.story = scan.stories.of(path.version, addresses, self.ports, rate=scan.rates.discovery)
        self._pace = Pace(self.story.rate)
        self._whole: set[tuple[Address, int]] = set()
        """Open ports that full passes found."""
        self._opens = Loss()
        """Those that were known before a pass, over all passes that count."""

    async def once(self) -> str:
        """Each cell as often as the profile says, in an order of its own each time; late answers are waited for after the last."""
        done, wanted, slowed = 0, 1 + self.scan.spec.profile.retries, 0
        while True:
            told = await self._pass(done, wanted, wait_s=WAIT_S if done + 1 == wanted else _SHORT_WAIT_S)
            if slowed < _MOST_TRIES and self._slower(told):
                slowed += 1
                continue
            done += 1
            if told.why or done == wanted or self.scan.halt.is_set:
                return told.why

    async def adaptive(self) -> str:
        """Why silence is no answer; empty when it is one."""
        sample = sample_of(self.addresses.count, self.ports, seed=self.story.seed)
        known = await self._look(sample, "discovery")
        if self.cells / self._pace.rate > _LONG_S:
            await self._try_rate(sample, known)
        done, wanted, loss, again, why = 0, 1, Loss(), 0, ""
        while done < wanted and again < 2 * MOST_PASSES and not self.scan.halt.is_set:
            if done and not self._in_time():
                break
            again += 1
            found = known.open | self._whole
            told = await self._pass(done, wanted)
            why = told.why
            if self._slower(told):
                continue
            if why:
                return why
            loss = max(
                await self._compare(sample, known, "verification"),
                missed(found, told.open),
                key=lambda each: each.share,
            )
            if self._pace.heard(loss.share):
                done += 1
                self._opens += Loss(len(found), len(found - told.open))
            else:
                done, self._opens = 0, Loss()
                await self._try_rate(sample, known)
            wanted = passes_for(loss, self._opens, retries=self.scan.spec.profile.retries, ports=self.ports.count)
            if done == wanted and known.open - self._whole:
                wanted = min(wanted + 1, MOST_PASSES)
        return why if why and not done else self._judge(done, wanted, loss)

    def _slower(self, told: Told) -> bool:
        """Whether it is worth while to send the same slower: what came was more than this machine could read."""
        return told.overrun and not self.scan.halt.is_set and self._pace.slower() and self._in_time()

    def _in_time(self) -> bool:
        """Whether another pass can end before the attempt must; one that cannot would say nothing."""
        return self.cells / self._pace.rate < self.scan.seconds_left * _TIME_SHARE

    def _judge(self, done: int, wanted: int, loss: Loss) -> str:
        if self.scan.halt.is_set:
            return self.scan.halt.reason
        miss = share_of_open(loss, self._opens) ** done if done else 1.0
        sampled = Sampled(
            rate=self._pace.rate,
            passes=done,
            known=loss.known,
            lost=loss.lost,
            miss_rate=round(min(miss, 1.0), 6) if loss.known else None,
        )
        self.scan.sampled.append(sampled)
        self._tell(
            f"{done} passes at {self._pace.rate}/s; of {loss.known} known answers {loss.lost} were lost, "
            f"of {self._opens.known} open ports asked again {self._opens.lost}"
        )
        if done < wanted and not loss.known:
            return f"masscan: no answer was known to come again, and there was time to ask {done} of {wanted} times"
        if miss <= UNSURE:
            return ""
        return (
            f"masscan: {loss.share:.0%} of the answers that were known to come were lost, on the path or by hosts that answer "
            "few refused probes a second: a lower rate would tell"
        )

    async def _try_rate(self, sample: Sample, known: Heard) -> None:
        for _ in range(_MOST_LOOKS):
            borne = self._pace.heard((await self._compare(sample, known, "discovery")).share)
            if borne or self.scan.halt.is_set:
                return

    async def _compare(self, sample: Sample, known: Heard, phase: Phase) -> Loss:
        """What of `known` does not answer again; what does is known from now on."""
        heard = await self._look(sample, phase)
        loss = compare(known.both, heard.both) if known.whole and heard.whole else Loss()
        known.open |= heard.open
        known.refused |= heard.refused
        return loss

    async def _look(self, sample: Sample, phase: Phase) -> Heard:
        heard = Heard()
        one = Pass(
            rate=self._pace.rate, seed=sample.seed, shard=(1, sample.shards), wait_s=_SHORT_WAIT_S, refusals=True
        )
        ran = await self._run(sample.ports, one, heard, phase, lambda _: None)
        if ran.why:
            # What this machine did not read in time is lost at this rate, as if on the path; else the sample says nothing.
            heard.whole = ran.overrun
            self.scan.report.log("warning", f"a sample was not heard to its end: {ran.why}")
        return heard

    async def _pass(self, done: int, wanted: int, *, wait_s: int = WAIT_S) -> Told:
        heard, rate = Heard(), self._pace.rate
        self._tell(f"pass {done + 1} of {wanted} at {rate}/s")
        ran = await self._run(
            self.ports,
            Pass(rate=rate, wait_s=wait_s),
            heard,
            "discovery",
            lambda fraction: self._moved(min(1.0, (done + fraction) / wanted)),
        )
        self._whole |= heard.open
        return ran

    async def _run(self, ports: PortSet, one: Pass, heard: Heard, phase: Phase, moved: Callable[[float], None]) -> Told:
        """What an earlier attempt made of it, or did not end, and the rest."""
        told = self.story.tell(one)
        if not told.ended:
            await self._ask(ports, told, phase, moved)
        heard.open |= told.open
        heard.refused |= told.refused
        return told

    async def _ask(self, ports: PortSet, told: Told, phase: Phase, moved: Callable[[float], None]) -> None:
        found, one = self.scan.findings, told.one
        whole = self.addresses.count * ports.count
        if one.index:
            self._tell(f"goes on where an earlier attempt was, at {one.index / whole:.0%}")

        def opened(address: Address, port: int) -> None:
            found.opened(address, port, Method.SYN)
            heard(told.open, address, port)

        def heard(cells: set[tuple[Address, int]], address: Address, port: int) -> None:
            if int(address) in self.addresses and port in self.ports:
                cells.add((address, port))

        with self.scan.raw.keep("masscan", "txt") as raw, self.scan.times.spent(phase):
            ran = await self._program.run(
                route=self.path,
                addresses=self.addresses,
                ports=ports,
                one=one,
                limit_s=self.scan.seconds_left,
                open_port=opened,
                refused_port=lambda address, port: heard(told.refused, address, port),
                progress=_counted(whole, one, self.scan.report.sent, moved),
                raw=raw,
                halt=self.scan.halt,
                heard_to=told.heard_to,
            )
        found.commands.append(ran.command)
        told.why, told.overrun, told.ended = ran.why, ran.overrun, not self.scan.halt.is_set

    def _tell(self, what: str) -> None:
        self.scan.report.log("info", f"masscan: {self.addresses.count} addresses through {self.path.gateway}, {what}")


def _counted(
    cells: int, one: Pass, sent: Callable[[int], None], moved: Callable[[float], None]
) -> Callable[[float], None]:
    """What masscan tells of its way through `cells`, in packets too: one for each of its part."""
    reached = one.index

    def went_on(fraction: float) -> None:
        nonlocal reached
        index = max(reached, int(fraction * cells))
        sent(index // one.shard[1] - reached // one.shard[1])
        reached = index
        moved(fraction)

    return went_on
