"""The way in, put together: from a caller's dialogue to a durable line and into the book, and what a dialogue may ask of us."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from pydantic import SecretStr

from ami_bridge.book import BookDesk, BookFile
from ami_bridge.captures import keeper
from ami_bridge.clock import Clock
from ami_bridge.collector import Collector
from ami_bridge.deadlines import SiteTerms
from ami_bridge.store_thread import StoreThread
from callbacks.forgotten import Forgetting
from callbacks.importer import Importer
from callbacks.recordings import Recordings
from callbacks.spool import Spool
from callbacks.values import Capture
from config.policy import SitePolicy
from config.settings import Settings
from ivr.fastagi import FastAgiServer
from ivr.left_line import to_capture
from ivr.numbers import check as check_number
from ivr.values import Left
from store import Store

if TYPE_CHECKING:
    from ami_bridge.http.spool_door import SpoolDoor

log = structlog.get_logger()


class CallerSide:
    """Build it inside a running event loop. seen: hears of every durable line; wake: something is in the book."""

    def __init__(
        self,
        settings: Settings,
        policy: SitePolicy,
        store: Store,
        spool: Spool,
        thread: StoreThread,
        clock: Clock,
        seen: Callable[[Sequence[Capture]], None],
        wake: Callable[[], None],
    ) -> None:
        self._settings, self._policy, self._store, self._clock = settings, policy, store, clock
        self._seen = seen
        self.remote = settings.data_dir / "remote"  # of other hosts, brought by the door or by hand
        self.desk = BookDesk(store, policy.limits, self.as_dialled, clock)
        folders = settings.spool_dir, settings.recordings_dir, settings.prompts_dir
        self.file = BookFile(settings.data_dir / "ivr" / "dialogue.json", policy, *folders, clock)
        self.door: SpoolDoor | None = None  # where other hosts bring what callers left there, once it is open
        self.terms = SiteTerms(lambda: self._policy.callbacks)
        self.collector = Collector(self._importer(), thread, clock, wake, self._tidy)
        self._keep = keeper(spool, policy.pbx_id, self.collector.captured)
        self.agi = FastAgiServer(
            policy.caller,
            self.keep,
            lambda: clock().wall,
            settings.prompts_dir,
            desk=self.desk,
            outages=self.file,
            secret=_plain(settings.agi_secret),
        )

    def use(self, policy: SitePolicy) -> None:
        """A new policy, for calls that come from now on."""
        self._policy = policy
        self.agi.use(policy.caller)
        self.desk.limits = policy.limits
        self.file.use(policy)

    def close(self) -> None:
        """Let go of files and threads."""
        if self.door is not None:
            self.door.close()
        self.desk.close()

    async def keep(self, left: Left) -> None:
        """Returns when it is durable. Danger and faults are told then, before the book has them (E0)."""
        await self._keep(left)
        try:
            self._seen([to_capture(left, self._policy.pbx_id)])
        except Exception:  # the line is durable, so the caller gets his promise; the import shows it again
            log.exception("a line was not passed on")

    def as_dialled(self, number: str) -> str:
        """One form for one number, whichever tier wrote it; a number that is not taken stays as it was left."""
        return check_number(number, self._policy.caller).number or number

    def why_not_dialable(self, number: str) -> str:
        """Why a number may not be dialled; "" when it may."""
        refusal = check_number(number, self._policy.caller).refusal
        return refusal.value if refusal else ""

    def trouble(self) -> str:
        """What is wrong with what tiers without us, or on another host, live on."""
        return self.file.trouble or (self.door.problem if self.door else "")

    def _importer(self) -> Importer:
        loop = asyncio.get_running_loop()

        def seen(captures: Sequence[Capture]) -> None:
            """The importer works in the store's thread."""
            loop.call_soon_threadsafe(self._seen, captures)

        return Importer(
            Forgetting(self._store, self._settings.data_dir),
            self._settings.spool_dir,
            self._settings.tier3_dir,
            self._policy.pbx_id,
            dialled=self.as_dialled,
            seen=seen,
            limits=lambda: self._policy.limits,
            terms=self.terms,
            remote=self.remote,
        )

    def _tidy(self, now: datetime) -> Sequence[str]:
        """Messages that callers recorded go when the policy says so."""
        own: Path = self._settings.recordings_dir
        recordings = Recordings(self._store, own, self._policy.pbx_id, self.remote)
        return recordings.tidy(self._policy.messages, now).problems


def _plain(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
