"""What the calls on trunks say of them: the share that fails, and silence. Puts the two tests beside the clock and the disk."""

import asyncio
import json
import os
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from ami_bridge.clock import Clock
from ami_bridge.events import CallEvent, TrunkCallEnded, TrunkRang
from ami_bridge.sources.trunk_share import TrunkShare
from ami_bridge.sources.trunk_silence import Counts, SilenceTest
from config.sources import TrunkWatch
from fallback.events import Event, Evidence, TrunkSeen

log = structlog.get_logger()

LOOK_SECONDS = 15.0
MOST_MINUTES = 2.0  # between two looks; after a longer break nobody can say what was missed
FILE = "silence.json"


class TrunkCalls:
    """Share and silence of every trunk, as the policy asks. Hand it every call event of the link (``heard``).

    groups: name → trunks that are watched for silence as one; without it each trunk by itself. folder: where the table of
    normal hours is kept (``silence.json``). zone: of the hours of the week. weekday: whose custom a day follows, 0 is Monday;
    give a holiday its own, e.g. 6.
    """

    def __init__(
        self,
        watch: TrunkWatch,
        groups: Mapping[str, tuple[str, ...]],
        put: Callable[[Event], None],
        clock: Clock,
        zone: ZoneInfo,
        folder: Path,
        weekday: Callable[[date], int] = date.weekday,
    ) -> None:
        self._put = put
        self._clock = clock
        self._zone = zone
        self._weekday = weekday
        self._file = folder / FILE
        self._share = TrunkShare(watch.share, put) if watch.share else None
        self._groups = dict(groups) if watch.silence else {}
        counts = _load(self._file) if watch.silence else {}
        self._silence = (
            {name: SilenceTest(watch.silence, counts.get(name)) for name in groups} if watch.silence else {}
        )
        self._names = {trunk: name for name, trunks in self._groups.items() for trunk in trunks}
        self._linked = False
        self._looked = clock().mono
        self._saved = self._counts()

    def heard(self, event: CallEvent) -> None:
        """Takes what happened to a call; what is not about a trunk's calls is left out."""
        if isinstance(event, TrunkCallEnded) and self._share is not None:
            self._share.heard(event, self._clock().mono)
        elif isinstance(event, TrunkRang) and event.trunk in self._names:
            name = self._names[event.trunk]
            if self._silence[name].call(self._minute()):
                self._tell(name, good=True, detail="calls come in again")

    def connected(self) -> None:
        """The link stands and the snapshot is taken: the core knows nothing of what was told before."""
        self._linked = True
        self._looked = self._clock().mono
        if self._share is not None:
            self._share.say_again()

    def lost(self) -> None:
        """Calls cannot be seen any more; call it for dropped events too, and ``connected`` after either."""
        self._linked = False
        for test in self._silence.values():
            test.begin_anew()

    async def run(self) -> None:
        """Until cancelled: looks at the clock, and keeps the table once an hour."""
        while True:
            self._look()
            counts = self._counts()
            if counts != self._saved and await asyncio.to_thread(_keep, self._file, counts):
                self._saved = counts
            await asyncio.sleep(LOOK_SECONDS)

    def _look(self) -> None:
        now = self._clock().mono
        watched, self._looked = (now - self._looked) / 60, now
        if self._share is not None:
            self._share.tick(now)
        if not self._linked:
            return
        minute = self._minute()
        for name, test in self._silence.items():
            if watched > MOST_MINUTES:
                test.begin_anew()
            elif test.minute(minute, watched):
                detail = f"no call for {test.pause:.0f} min, in which about {test.expected:.0f} are usual"
                self._tell(name, good=False, detail=detail)

    def _minute(self) -> int:
        """Of the week, in local time."""
        at = self._clock().wall.astimezone(self._zone)
        return self._weekday(at.date()) * 1440 + at.hour * 60 + at.minute

    def _tell(self, group: str, *, good: bool, detail: str) -> None:
        for trunk in self._groups[group]:
            self._put(TrunkSeen(trunk, Evidence.SILENCE, good, detail))

    def _counts(self) -> dict[str, Counts]:
        return {name: test.counts for name, test in self._silence.items()}


def _load(file: Path) -> dict[str, Counts]:
    """What was learned before. A file that cannot be read is told, kept beside, and learning begins anew."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        return {str(name): Counts.from_json(counts) for name, counts in found.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError) as problem:
        log.error(
            "the table of normal hours cannot be read; learning begins anew",
            file=str(file),
            reason=str(problem),
        )
        try:
            file.rename(file.with_suffix(".broken"))
        except OSError:
            log.warning("it could not be kept beside", file=str(file))
        return {}


def _keep(file: Path, counts: Mapping[str, Counts]) -> bool:
    """Writes the table, whole or not at all; False when the disk did not take it."""
    new = file.with_suffix(".new")
    try:
        with new.open("w", encoding="utf-8") as out:
            json.dump({name: one.to_json() for name, one in counts.items()}, out)
            out.flush()
            os.fsync(out.fileno())
        new.replace(file)
    except OSError as problem:
        log.error("the table of normal hours is not kept", file=str(file), reason=str(problem))
        return False
    return True
