"""A morning of a hotline whose measures are known: the check vector of requirement G, and a little of everything besides."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from callbacks.measures import AgentSpan, AgentState, CallEnd, CallRecord
from store import Store

ZONE = ZoneInfo("Asia/Shanghai")
DAY = "2026-11-20"
MORNING = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)  # 8:00 there
AGENT = "PJSIP/agent-1"


def check_vector(queue: str = "power", agent: str = AGENT) -> list[CallRecord]:
    """1,000 answered, 860 of them in 20 s; 60 abandoned, 20 of them in 20 s. One call every ten seconds."""
    return [
        *(_call(n, CallEnd.ANSWERED, 12.0 if n < 860 else 30.0, queue, agent) for n in range(1000)),
        *(_call(n, CallEnd.ABANDONED, 8.0 if n < 1020 else 45.0, queue) for n in range(1000, 1060)),
    ]


def _call(number: int, end: CallEnd, wait: float, queue: str, agent: str = "") -> CallRecord:
    return CallRecord(
        key=f"a:{number}#1",
        pbx="a",
        queue=queue,
        joined_at=MORNING + timedelta(seconds=10 * number),
        end=end,
        wait=wait,
        agent=agent,
        talk=90.0 if agent else None,
        ring=2.0 if agent else None,
        rang_after=0.5,
    )


def tell_morning(store: Store, calls: list[CallRecord] | None = None) -> None:
    """Into the store, and counted."""
    spans = [
        AgentSpan("a", "power", AGENT, AgentState.CALL, MORNING, MORNING + timedelta(minutes=20)),
        AgentSpan(
            "a",
            "power",
            AGENT,
            AgentState.IDLE,
            MORNING + timedelta(minutes=20),
            MORNING + timedelta(minutes=30),
        ),
        AgentSpan("a", "", "", AgentState.SEEN, MORNING, MORNING + timedelta(minutes=30)),
        AgentSpan("a", "", "", AgentState.FULL, MORNING, MORNING + timedelta(minutes=3)),
    ]
    store.put_calls(check_vector() if calls is None else calls, spans, ZONE)
    while store.count_half_hours(ZONE):
        pass
