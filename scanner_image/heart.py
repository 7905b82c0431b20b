"""The heartbeat of an attempt: it keeps the claim alive and hears what is asked meanwhile."""

import asyncio
from dataclasses import dataclass

from functions.core.errors import InvalidInput, Superseded, VedetteError
from scanner_image.bounds import Bounds
from scanner_image.report import Report

HEARTBEAT_S = 3.0


@dataclass(frozen=True)
class Heart:
    bounds: Bounds
    report: Report

    def start(self) -> asyncio.Task[None]:
        beating = asyncio.create_task(self._beat())
        beating.add_done_callback(self._stopped)
        return beating

    async def _beat(self) -> None:
        """Keep the attempt's claim alive and see stop requests; an attempt that lost its chunk stops and writes nothing."""
        bounds = self.bounds
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            try:
                request = await asyncio.to_thread(
                    bounds.ledger.heartbeat, bounds.chunk, now=bounds.clock(), progress=self.report.so_far()
                )
            except Superseded as error:
                bounds.halt("superseded", error.message)
                return
            except VedetteError as error:
                self.report.log("warning", f"a heartbeat was not written: {error.message}")
                continue
            if request:
                bounds.stop(request)
            elif not bounds.halt.is_set:
                await self._keep_to_exclusions()

    async def _keep_to_exclusions(self) -> None:
        """More may be excluded while the attempt is at work; where that cannot be read, the next heartbeat asks again."""
        try:
            await self.bounds.check_exclusions()
        except InvalidInput as error:
            self.bounds.halt("stopped", error.message)
        except VedetteError as error:
            self.report.log("warning", f"the exclusions were not read: {error.message}")

    def _stopped(self, beating: asyncio.Task[None]) -> None:
        """Nobody may think that this attempt lives: it saves what it has while its lease still holds."""
        if not beating.cancelled() and (error := beating.exception()):
            self.report.log("error", f"the heartbeat failed: {type(error).__name__}: {error}")
            self.bounds.halt("partial", "the heartbeat failed")
