"""The bridge as a process: its parts run as named tasks, and its doors are opened and closed.

One dead task stops the process with its reason: a half-alive bridge would keep its beat up and callers out of tier 3.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from ami_bridge.assembly import Parts
from ami_bridge.holding import only_while
from ami_bridge.http.app import public_app
from ami_bridge.http.local import LocalApi
from ami_bridge.http.server import HttpServer
from ami_bridge.policies import note_first

log = structlog.get_logger()

Work = Callable[[], Coroutine[Any, Any, None]]
STILL_SECONDS = 5.0  # decisions that stood still for so long stop the beat


class Bridge(Parts):
    """One bridge for one Asterisk. Build it inside a running event loop, then ``run`` it."""

    async def run(self) -> None:
        """Serves until cancelled, or until a task dies, whose error it raises. Raises OSError when the AGI port is taken."""
        await self.callers.agi.start(self.settings.agi_host, self.settings.agi_port)
        log.info("listening for calls", host=self.settings.agi_host, port=self.settings.agi_port)
        doors: list[LocalApi | HttpServer] = []
        try:
            doors += [self.local, *([self._web()] if self._is_public() else [])]
            for door in doors:
                await door.start()
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
            for close in (*(door.close for door in doors), self.callers.agi.close, self.beside.end):
                try:
                    await close()
                except Exception:  # one door that does not close must not cost the record
                    log.exception("not closed")
            await self.recorder.write()
            self.callers.close()
            self.staff.close()
            self.thread.close()

    def _work(self) -> dict[str, Coroutine[Any, Any, None]]:
        return {
            "link": self.link.run(),
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

    def _web(self) -> HttpServer:
        secret = self.settings.webhook_secret
        app = public_app(
            secret.get_secret_value() if secret else None,
            self.inbox.put_nowait,
            lambda: self.policy.sources.webhooks,
            self.clock,
            [*self.staff.routes(), *(self.callers.door.routes() if self.callers.door else [])],
        )
        return HttpServer(app, self.settings.webhook_host, self.settings.webhook_port)

    def _is_public(self) -> bool:
        """Whether anything outside may talk to us: a webhook secret, links or Twilio's callbacks, a remote collector."""
        return bool(self.settings.webhook_secret or self.settings.link_secret or self.callers.door)
