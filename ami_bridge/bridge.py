"""The bridge as a process: its parts run as named tasks, and its doors are opened and closed.

One dead task stops the process with its reason: a half-alive bridge would keep its beat up and callers out of tier 3.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from importlib import import_module
from typing import Any

import structlog

from ami_bridge.assembly import Parts
from ami_bridge.holding import only_while
from ami_bridge.policies import note_first

log = structlog.get_logger()

Work = Callable[[], Coroutine[Any, Any, None]]
CALLERS_FIRST = 1.0  # seconds after which the doors are answered whether or not the link stands
STILL_SECONDS = 5.0  # decisions that stood still for so long stop the beat


class Bridge(Parts):
    """One bridge for one Asterisk. Build it inside a running event loop, then ``run`` it."""

    async def run(self) -> None:
        """Serves until cancelled, or until a task dies, whose error it raises. Raises OSError when the AGI port is taken."""
        await self.callers.agi.start(self.settings.agi_host, self.settings.agi_port)
        log.info("listening for calls", host=self.settings.agi_host, port=self.settings.agi_port)
        doors = [door for door in (self.local_door, self.public_door) if door is not None]
        try:
            for door in doors:
                await asyncio.to_thread(door.open)
            file = self.settings.policy_file
            self.beside.start(note_first(self.store, self.thread, file, self.policy, self.started_at))
            if not self.holding.shared:
                self.tell_again()
            async with asyncio.TaskGroup() as group:
                for name, work in self._work().items():
                    group.create_task(work, name=name)
        finally:
            await self.holding.close()
            self.link.close()
            for door in doors:
                door.close()
            for close in (self.callers.agi.close, self.beside.end):
                await _closed(close)
            await self.recorder.write()
            self.callers.close()
            self.staff.close()
            self.thread.close()

    def _work(self) -> dict[str, Coroutine[Any, Any, None]]:
        return {
            "link": self.link.run(),
            "doors": self._answer(),
            "brain": self.brain.run(),
            "recorder": self.recorder.run(),
            "ticks": self.brain.tick_for_ever(),
            "flags": self.flags.run(),
            "holding": self.holding.run(),
            "heart": self.heart.run(lambda: self.link.connected and self.holding.holds, self._able),
            "collector": self.collector.run(),
            "dispatcher": self.dispatcher.run(),
            "call days": self.call_days.run(),
            "desk": self._held(self.desk.run),
            "routing": self._held(self.routing.run),
            "live": self._held(self.portrait.run),
            "staff": self.staff.run(),
            "duty": self.duty.run(),
            "deadlines": self._of_site(self.deadlines.run),
            "lengths": self.lengths.run(),
            "notices": self._of_site(self.notices.run),
            "book file": self.callers.file.run(),
            "watch": self.watch.run(),
            "codes": self._held(lambda: self.codes.run(self.brain.ask)),
            "calls": self.calls.run(),
            "backups": self.backups.run(),
            "keeping": self._of_site(self.keeping.run),
        }

    async def _held(self, work: Work) -> None:
        """What only the holder of this Asterisk does."""
        await only_while(lambda: self.holding.holds, work, self.holding.shared)

    async def _of_site(self, work: Work) -> None:
        """What one bridge does for all Asterisks of the book."""
        await only_while(lambda: self.holding.site, work, self.holding.shared)

    def _able(self) -> bool:
        """Whether a caller who is sent to us now would be heard and what he leaves kept."""
        still = self.clock().mono - self.brain.last_step_mono > STILL_SECONDS
        return not self.spool.figures.problem and not still

    async def _answer(self) -> None:
        """Callers first: what answers at the doors takes a tenth of a start to load, and whoever comes meanwhile waits there."""
        with suppress(TimeoutError):
            async with asyncio.timeout(CALLERS_FIRST):
                await self.listener.ready.wait()
        await asyncio.to_thread(import_module, "ami_bridge.http.serving")
        from ami_bridge.http.serving import servers  # loaded by now

        answering = servers(self)
        try:
            for server in answering:
                await server.start()
            await asyncio.Event().wait()
        finally:
            for server in answering:
                await _closed(server.close)


async def _closed(close: Callable[[], Awaitable[None]]) -> None:
    """What does not close must not cost the record."""
    try:
        await close()
    except Exception:
        log.exception("not closed")
