"""One run: callers, faults one after the other, recovery, and the reckoning."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from bench.callers.crowd import Crowd
from bench.callers.owed import Due, due, numbers
from bench.callers.reckoning import Struck, by_kind, reckon
from lab.errors import LabError

from .doing import DOING
from .papers import Outcome
from .plan import NOT_ON, Fault, faults, people
from .world import PATIENCE, World

STEADY_LIMIT = 10.0  # seconds for which a fault waits at most until the bridge takes callers
RECOVERY_LIMIT = 60.0
COPY_EVERY = 10  # faults between two copies of the book
PROGRESS_EVERY = 10
CALLS_FIRST = 2.0  # seconds in which people call before the first fault


class Run:
    """What was asked for. say: progress, for people."""

    def __init__(
        self,
        count: int,
        seed: int,
        rate: float,
        asterisk: str | None,
        say: Callable[[str], None],
        keep: Path | None = None,
        store: str = "sqlite",
    ) -> None:
        self._store = store
        self._seed, self._rate, self._asterisk, self._say = seed, rate, asterisk, say
        self._count, self._keep = count, keep
        self._struck: list[Struck] = []
        self._recovery = 0.0

    def run(self, version: str) -> Outcome:
        """All of it. Raises LabError when something cannot be had here, KeyboardInterrupt as it comes."""
        at = datetime.now(UTC)
        self._say("starting Asterisk, the bridge and the console")
        with World(self._asterisk, self._store) as world:
            plan = faults(self._count, self._seed, NOT_ON[self._store])
            crowd = Crowd(world.lab.facts, people(self._seed, self._rate))
            try:
                crowd.start()
                time.sleep(CALLS_FIRST)
                seconds = self._strike_all(plan, world, crowd)
                book = self._recover(world, crowd)
            finally:
                crowd.close()
                if self._keep:
                    world.keep_logs(self._keep)
            stories = crowd.stories
            return Outcome(
                len(self._struck),
                self._count,
                self._seed,
                self._rate,
                at,
                version,
                world.lab.asterisk_version,
                seconds,
                self._recovery,
                reckon(stories, book, PATIENCE),
                by_kind(stories, book, self._struck, PATIENCE),
                tuple(sorted(NOT_ON[self._store])),
            )

    def _strike_all(self, plan: list[Fault], world: World, crowd: Crowd) -> float:
        began = crowd.clock()
        with ExitStack() as lasting:
            for fault in plan:
                self._strike(fault, world, crowd, lasting)
                done = fault.number + 1
                if done % COPY_EVERY == 0:
                    lasting.close()
                    world.keep_copy()
                if done % PROGRESS_EVERY == 0 or done == len(plan):
                    self._progress(done, crowd)
        return crowd.clock() - began

    def _strike(self, fault: Fault, world: World, crowd: Crowd, lasting: ExitStack) -> None:
        """lasting: the faults that still last."""
        crowd.load = fault.load
        if not fault.overlaps:
            lasting.close()
            world.raise_bridge()
            if fault.steady:
                world.wait_bridge(STEADY_LIMIT)
            time.sleep(fault.rest)
        begun = crowd.clock()
        lasting.callback(lambda: self._struck.append(Struck(fault.kind, begun, crowd.clock())))
        lasting.enter_context(DOING[fault.kind](world, crowd, fault))
        time.sleep(fault.hold)

    def _progress(self, done: int, crowd: Crowd) -> None:
        ended = [story for story in crowd.stories if story.ended is not None]
        must = sum(due(story) is Due.MUST for story in ended)
        self._say(
            f"{done} faults in {crowd.clock():.0f} s; {len(crowd.stories)} calls, {crowd.under_way} under way, "
            f"{must} promises heard"
        )

    def _recover(self, world: World, crowd: Crowd) -> list[dict[str, object]]:
        """Everything is left alone until all who must be in the book are, and nothing moves in it any more."""
        began = time.monotonic()
        if not world.wait_bridge(30):
            raise LabError("the bridge does not come back: see its log")
        crowd.drain()
        musts = [numbers(story) for story in crowd.stories if due(story) is Due.MUST]
        before, end = -1, time.monotonic() + RECOVERY_LIMIT
        while True:
            book = world.book()
            there = {row["number"] for row in book}
            missing = sum(not must & there for must in musts)
            if (not missing and len(book) == before) or time.monotonic() > end:
                self._recovery = time.monotonic() - began
                return book
            before = len(book)
            time.sleep(1.0)
