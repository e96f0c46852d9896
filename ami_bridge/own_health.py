"""What each of our own parts says of itself (D5), for ``sources.own.OwnWatch``."""

from collections.abc import Mapping
from pathlib import Path

from ami_bridge.clock import Clock
from ami_bridge.heart import Heart
from ami_bridge.link import Link
from ami_bridge.sources.own import Check, SlowCheck
from ami_bridge.sources.own_checks import Disk, Lasting, Lately, answers
from ami_bridge.staff import Staff
from ami_bridge.store_thread import StoreThread
from callbacks.spool import Spool
from config.sources import OwnWatch
from store import Store, StoreProblem

OVERFLOW_SECONDS = 60.0  # for which dropped events are told
BEAT_SECONDS = 5.0


class OwnHealth:
    """One for a bridge; ``overflow`` is said by whoever sees events dropped."""

    def __init__(
        self, link: Link, heart: Heart, spool: Spool, store: Store, thread: StoreThread, clock: Clock
    ) -> None:
        self._link, self._heart, self._spool = link, heart, spool
        self._store, self._thread, self._clock = store, thread, clock
        self.overflow = Lately(clock, OVERFLOW_SECONDS)

    def checks(self, staff: Staff) -> Mapping[str, Check]:
        """What can be asked at once."""
        return {
            "link": self._link_says,
            "inbox": self.overflow,
            "beat": Lasting(self._clock, BEAT_SECONDS, self._beat_says),
            "spool": lambda: self._spool.figures.problem,
            "alerts": lambda: staff.trouble,
        }

    def slow(self, limits: OwnWatch, folder: Path) -> Mapping[str, SlowCheck]:
        """What may hang."""
        return {
            "disk": Disk(folder, limits.disk_free),
            "store": answers(lambda: self._thread(self._store.ping), StoreProblem),
        }

    def _link_says(self) -> str | None:
        """None until the first try has ended: a bridge that starts is not in trouble."""
        if self._link.connected:
            return ""
        return self._link.trouble or None

    def _beat_says(self) -> str | None:
        if not self._link.connected:
            return None
        return self._heart.trouble
