"""A desk over a real book: the agent's and the leader's work with a bridge that notes what it is asked."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from callbacks.policy import CallbackPolicy
from callbacks.rules import after_attempt, attempt_key
from callbacks.rules.hours import CallCalendar, Span
from callbacks.values import Attempt, Capture, Matter, NumberSource, Outcome, Promise
from callbacks.work import Actor, AgentWork, Ground, LeaderWork
from store import Store

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # Monday, ten in the morning in Shanghai
ZONE = ZoneInfo("Asia/Shanghai")
MEMBER, OTHER = "PJSIP/agent-1", "PJSIP/agent-2"
AGENT = Actor("first agent", MEMBER)
LEADER = Actor("shift leader", leader=True)
DAY = timedelta(days=1)


def calendar() -> CallCalendar:
    """Every day from 8 to 21 o'clock."""
    midnight = datetime(2026, 10, 25, 16, tzinfo=UTC)
    days = [midnight + DAY * count for count in range(90)]
    return CallCalendar(
        working=tuple(Span(day, day + DAY) for day in days),
        calling=tuple(Span(day + timedelta(hours=8), day + timedelta(hours=21)) for day in days),
    )


@dataclass
class Asked:
    """Stands in for the bridge: what it was asked for, in order."""

    wishes: list[tuple[Any, ...]] = field(default_factory=list)

    def dial(self, promise_id: int, member: str, who: str, now: datetime) -> int:
        self.wishes.append(("dial", promise_id, member, who))
        return len(self.wishes)

    def outcome(
        self, promise_id: int, attempt: str, result: Outcome, member: str, note: str, who: str, now: datetime
    ) -> int:
        self.wishes.append(("outcome", promise_id, attempt, result, member, note, who))
        return len(self.wishes)


@dataclass
class Desk:
    """agent, leader: their work. left, called: what callers and the bridge do to the book."""

    book: Store
    policy: CallbackPolicy = field(default_factory=CallbackPolicy)
    asked: Asked = field(default_factory=Asked)

    @property
    def ground(self) -> Ground:
        return Ground(self.book, self.asked, self.policy, ZONE, calendar(), (MEMBER, OTHER))

    @property
    def agent(self) -> AgentWork:
        return AgentWork(self.ground)

    @property
    def leader(self) -> LeaderWork:
        return LeaderWork(self.ground)

    def left(self, key: str, *, at: datetime = NOW - timedelta(hours=1), **facts: Any) -> Promise:
        """A caller leaves his number; his promise."""
        usual: dict[str, Any] = {
            "scope": "power",
            "caller_id": f"139{key:0>8}",
            "number": f"139{key:0>8}",
            "source": NumberSource.OWN,
            "matter": Matter.BILL,
            "language": "zh-CN",
            "tier": 1,
            "wanted": True,
            "promised": True,
            "reference": f"{key:0>6}",
        }
        capture = Capture(f"pbx1:{key}.{at:%H%M%S}", at, **(usual | facts))
        self.book.import_captures([capture], "test", 0, NOW)
        return next(one for one in self.book.search(number=capture.number) if one.closed_at is None)

    def calling(self, promise_id: int, member: str = MEMBER) -> Attempt:
        """The bridge has connected the agent who claimed it with its caller."""
        one = self.book.promise(promise_id)
        assert one is not None
        made = Attempt(attempt_key(one, 1), one.id, one.scope, one.number, "carrier-a", NOW, agent=member)
        self.book.start_attempt(made, one.holder)
        self.book.mark_talking(made.key, agent=member)
        return made

    def ended(self, attempt: Attempt, outcome: Outcome, at: datetime) -> Promise:
        """What the bridge does with the agent's word."""
        one = self.book.promise(attempt.promise_id)
        assert one is not None
        after = after_attempt(one, outcome, self.policy, at, calendar())
        self.book.finish_attempt(attempt.key, outcome, after, at, talk_seconds=(at - NOW).total_seconds())
        ended = self.book.promise(one.id)
        assert ended is not None
        return ended
