"""The life of an outgoing call after it was originated: what Asterisk says of it, until its outcome is in the book.

What is believed is the stage that the guarded context writes into AstDB (docs/adr/0007); manager events only say that it
is worth looking. So an attempt ends in one way, on a quiet day and after a crash.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from ami_bridge.channels import Channels
from ami_bridge.link import Link, LinkDown
from ami_bridge.store_thread import StoreThread
from callbacks.policy import CallbackPolicy
from callbacks.rules import (
    CallCalendar,
    Finding,
    Found,
    after_attempt,
    answered_at_all,
    reconcile,
    with_disposition,
)
from callbacks.values import Attempt, Outcome, Promise, Touched
from store import Store, UnknownRow

log = structlog.get_logger()

FAMILY = "holdfast-attempt"
KEEP_STAGE = timedelta(minutes=10)  # after the end; an originate is refused by its time long before
LATE = 3.0  # seconds after which the guard surely refuses an originate whose time has passed


def fence_of(key: str) -> int | None:
    """The fence under which an attempt was sent, which ends its key (callbacks.rules.attempt_key); None for other keys."""
    last = key.rpartition("-")[2]
    return int(last) if last.isascii() and last.isdigit() else None


async def stage_of(link: Link, key: str) -> str | None:
    """The attempt's stage in AstDB, None when Asterisk has never seen its key; raises LinkDown."""
    reply = await link.action({"Action": "DBGet", "Family": FAMILY, "Key": key})
    if reply.ok:
        for item in reply.events:
            if item.get("Event") == "DBGetResponse":
                return item.get("Val", "")
        raise LinkDown("Asterisk found an attempt's key and did not tell its value")
    if "not found" in reply.message.lower():
        return None
    raise LinkDown(f"Asterisk refused DBGet: {reply.message}")


def nobody(_attempt: Attempt, _line: Outcome) -> None:
    """Nobody wants to hear how lines did."""


def at_any_hour() -> CallCalendar | None:
    """No hours are quiet."""
    return None


@dataclass(slots=True)
class Attempts:
    """Follows attempts to their end.

    booted_at: when this Asterisk started, aware UTC. life: the first fence since then, fence: the present one (ami_bridge.heart);
    0 while not known. under_way: what lives on, by key. calendar: when people may be called. line_ended: hears what the line
    alone said of an attempt that has ended.
    """

    store: Store
    thread: StoreThread
    link: Link
    policy: CallbackPolicy
    booted_at: datetime | None = None
    life: int = 0
    fence: int = 0
    under_way: Mapping[str, Attempt] = field(default_factory=dict)
    calendar: Callable[[], CallCalendar | None] = at_any_hour
    line_ended: Callable[[Attempt, Outcome], None] = nobody
    _over: deque[tuple[datetime, str]] = field(default_factory=deque)

    async def settle(self, channels: Channels, now: datetime, since: datetime) -> Mapping[str, str]:
        """One pass over everything in flight: ends what has ended; returns the stages of what lives on.

        since: when this run raised the fence; an older attempt that Asterisk never saw is surely refused from then on.
        """
        stages: dict[str, str] = {}
        under_way: dict[str, Attempt] = {}
        for attempt in await self.thread(self.store.unended_attempts):
            stage = await stage_of(self.link, attempt.key)
            found = self._judge(attempt, stage, attempt.key in channels.attempts, now, since)
            if found is None or found.finding is Finding.ADOPT:
                stages[attempt.key] = (stage or "").partition(",")[0]
                under_way[attempt.key] = attempt
            else:
                await self._line_ended(attempt, found, now)
        for attempt in await self.thread(self.store.awaiting_disposition, now):
            await self.finish(attempt, attempt.line or Outcome.UNKNOWN, now)
        self.under_way = under_way
        await self._sweep(now)
        return stages

    def _judge(
        self, attempt: Attempt, stage: str | None, alive: bool, now: datetime, since: datetime
    ) -> Found | None:
        """What became of it; None while it may still be on its way into Asterisk, or is about to say its end. What was sent
        under a higher fence than ours is a newer bridge's: only it knows when it was sent.
        """
        sent_under = fence_of(attempt.key)
        if sent_under is not None and self.fence and sent_under > self.fence:
            return None
        restarted = (self.booted_at is not None and attempt.started_at < self.booted_at) or (
            sent_under is not None and sent_under < self.life
        )
        if (stage or "").startswith("end,"):
            return reconcile(stage, False, restarted, self.policy)
        on_its_way = timedelta(seconds=self.policy.not_after + LATE)
        present = (
            attempt.started_at >= since if sent_under is None or not self.fence else sent_under == self.fence
        )
        if present and now - attempt.started_at < on_its_way:
            return None
        return reconcile(stage, alive, restarted, self.policy)

    async def _line_ended(self, attempt: Attempt, found: Found, now: datetime) -> None:
        line = found.outcome or Outcome.UNKNOWN
        log.info(
            "callback ended",
            attempt=attempt.key,
            line=line,
            seconds=found.answered_seconds,
            reason=found.reason,
        )
        self.line_ended(attempt, line)
        if answered_at_all(found):  # also for a moment: "do not call me again" takes two seconds
            due = now + timedelta(seconds=self.policy.disposition_wait)
            await self.thread(
                self.store.await_disposition,
                attempt.key,
                line,
                due,
                now,
                talk_seconds=found.answered_seconds,
                reason=found.reason,
            )
            stated = await self.thread(self.store.attempt, attempt.key)
            if stated is None or stated.disposition is None:
                return
            attempt = stated
        await self.finish(attempt, line, now, found)

    async def finish(
        self, attempt: Attempt, line: Outcome, now: datetime, found: Found | None = None
    ) -> None:
        """Sets the outcome, once, and moves the promise by the rules. The agent's word stands over the line's."""
        outcome = with_disposition(attempt.disposition, line)
        promise = await self.thread(self.store.promise, attempt.promise_id)
        if promise is None:
            raise UnknownRow(
                f"attempt {attempt.key} belongs to promise {attempt.promise_id}, which is not in the book"
            )
        if outcome is Outcome.ANSWERED and await self._was_told_a_time(attempt, promise, now):
            outcome = Outcome.AGAIN
        after = after_attempt(promise, outcome, self.policy, now, self.calendar())
        await self.thread(
            self.store.finish_attempt,
            attempt.key,
            outcome,
            after,
            now,
            talk_seconds=found.answered_seconds if found else None,
            reason=found.reason if found else "",
        )
        self._over.append((now + KEEP_STAGE, attempt.key))
        log.info(
            "promise moved", promise=promise.id, outcome=outcome, state=after.state, attempts=after.attempts
        )

    async def _was_told_a_time(self, attempt: Attempt, promise: Promise, now: datetime) -> bool:
        """Whether the agent, who said nothing of the end, wrote down in this call when the caller wishes to be called."""
        if attempt.disposition is not None or promise.wished_at is None or promise.wished_at <= now:
            return False
        lines = await self.thread(self.store.history, promise.id)
        return any(one.what is Touched.RESCHEDULED and one.at >= attempt.started_at for one in lines)

    async def _sweep(self, now: datetime) -> None:
        """Takes keys out of AstDB whose originate the guard refuses by its time alone."""
        while self._over and self._over[0][0] <= now:
            await self.link.action({"Action": "DBDel", "Family": FAMILY, "Key": self._over[0][1]})
            self._over.popleft()

    async def state_outcome(self, key: str, outcome: Outcome, who: str, note: str, now: datetime) -> bool:
        """The agent's disposition; False when an outcome stands already. Raises UnknownRow for a key not in the book."""
        attempt = await self.thread(self.store.set_disposition, key, outcome, who, note)
        if attempt is None:
            return False
        if attempt.line is not None:
            await self.finish(attempt, attempt.line, now)
        return True
