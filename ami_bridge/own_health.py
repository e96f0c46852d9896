"""What each of our own parts says of itself (D5), for ``sources.own.OwnWatch``."""

from collections.abc import Callable, Mapping
from pathlib import Path

from ami_bridge.brain import Brain
from ami_bridge.clock import Clock
from ami_bridge.collector import Collector
from ami_bridge.duty import DutyDesk
from ami_bridge.heart import Heart
from ami_bridge.link import Link
from ami_bridge.sources.own import Check, SlowCheck
from ami_bridge.sources.own_checks import (
    Disk,
    Lasting,
    Lately,
    Writable,
    answers,
    each_of,
    first_of,
    older_than,
)
from ami_bridge.sources.probes_thread import Lane
from ami_bridge.staff import Staff
from callbacks.spool import Spool
from config.sources import OwnWatch
from store import Store, StoreProblem

OVERFLOW_SECONDS = 60.0  # for which dropped events are told
BEAT_SECONDS = 5.0
BACKLOG_SECONDS = 60.0


class OwnHealth:
    """One for a bridge; ``overflow`` is said by whoever sees events dropped. kept: what is wrong with files for other tiers."""

    def __init__(
        self,
        link: Link,
        brain: Brain,
        heart: Heart,
        spool: Spool,
        collector: Collector,
        store: Store,
        duty: DutyDesk,
        clock: Clock,
        kept: Callable[[], str] = lambda: "",
    ) -> None:
        self._link, self._brain, self._heart, self._spool = link, brain, heart, spool
        self._collector, self._store, self._duty, self._clock = collector, store, duty, clock
        self._kept = kept
        self.copies: Callable[[], str] = lambda: ""  # what is wrong with the copies of the store (A9)
        self._lane = Lane(
            "own-store"
        )  # its own thread: a long queue before the store is not the store's absence
        self.overflow = Lately(clock, OVERFLOW_SECONDS)

    def checks(self, limits: OwnWatch, staff: Staff) -> Mapping[str, Check]:
        """What can be asked at once."""
        lag = older_than(limits.inbox_lag, self._lag, "events have waited for {age} s")
        backlog = older_than(
            BACKLOG_SECONDS, self._collector.age, "captures have waited for {age} s to get into the book"
        )
        return {
            "link": self._link_says,
            "inbox": first_of(self.overflow, lag),
            "beat": Lasting(self._clock, BEAT_SECONDS, self._beat_says),
            "spool": first_of(lambda: self._spool.figures.problem, backlog, self._kept),
            "alerts": first_of(lambda: staff.trouble, lambda: self._duty.trouble if staff.on else ""),
        }

    def slow(self, limits: OwnWatch, folder: Path, recordings: Path) -> Mapping[str, SlowCheck]:
        """What may hang."""
        return {
            "disk": each_of(Disk(folder, limits.disk_free), Writable(recordings, "callers' messages")),
            "store": each_of(answers(lambda: self._lane(self._store.alive), StoreProblem), self._copies_say),
        }

    def _lag(self) -> float:
        """Seconds since the last step while something waits."""
        return self._clock().mono - self._brain.last_step_mono if len(self._brain.inbox) else 0.0

    async def _copies_say(self) -> str:
        return self.copies()

    def _link_says(self) -> str | None:
        """None until the first try has ended: a bridge that starts is not in trouble."""
        if self._link.connected:
            return ""
        return self._link.trouble or None

    def _beat_says(self) -> str | None:
        if not self._link.connected:
            return None
        return self._heart.trouble
