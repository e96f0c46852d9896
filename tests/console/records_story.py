"""An outage that is over, with everything that the record can know of one, put into a store by the bridge's own calls."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import console_story as story

from config.policy import DEFAULT_POLICY, load_policy
from console.records import Place
from fallback.decide import decide, initial
from fallback.decision import Change
from fallback.events import Event, MemberSeen, Presence, SnapshotTaken, Tick
from fallback.modes import Mode
from fallback.state import Case, to_saved
from fallback.time import Now
from store import Store

OPENED = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
KEY = "INC-power-20261121T101500Z"
POLICY = load_policy(DEFAULT_POLICY)
ZH = Place("供电服务热线", ZoneInfo("Asia/Shanghai"), "zh-CN")
EN = Place("Power service hotline", ZoneInfo("Asia/Shanghai"), "en")
CASE = Case(
    KEY,
    "power",
    "A3",
    "A4 carrier-a; A3 power-agents",
    OPENED,
    "a3",
    raised=("a3.engineer", "a3.supervisor"),
    acked_by="engineer on duty",
    acked_at=OPENED + timedelta(seconds=95),
    owner="second engineer",
)


def at(seconds: float) -> datetime:
    """So many seconds after the incident was opened."""
    return OPENED + timedelta(seconds=seconds)


def row(
    seconds: float, kind: str, subject: str, old: str, new: str, reason: str = "", who: str = ""
) -> Change:
    """A change row; components carry no incident."""
    key = "" if kind == "component" else KEY
    return Change(at(seconds), kind, subject, old, new, reason, who, key)


CHANGES = (
    row(-6, "component", "carrier-a", "UP", "SUSPECT", "contact bad: no reply | 5 s"),
    row(0, "component", "carrier-a", "SUSPECT", "DOWN", "contact bad"),
    row(0, "incident", "power", "", "A4", "A4 carrier-a"),
    row(0, "capacity", "power", "60/60", "30/60", "lost: carrier-a"),
    row(0, "rung", KEY, "", "a3.engineer", "engineer"),
    row(60, "component", "power-agents", "SUSPECT", "DOWN", "members bad"),
    row(60, "incident", "power", "A4", "A3", "joined: A3 power-agents"),
    row(60, "computed", "power", "NORMAL", "OUTAGE", "lost: power-agents"),
    row(60, "mode", "power", "NORMAL", "OUTAGE", "lost: power-agents"),
    row(95, "ack", KEY, "", "engineer on duty", "by call", "engineer on duty"),
    row(300, "handover", KEY, "engineer on duty", "second engineer", "handed over", "engineer on duty"),
    row(400, "recovery", "power", "", at(3600).isoformat(), "", "shift leader"),
    row(660, "component", "power-agents", "MENDING", "UP", "good"),
    row(660, "mode", "power", "OUTAGE", "RECOVERING", "all that is needed is well again"),
    row(720, "mode", "power", "RECOVERING", "NORMAL", "well for the whole recovery hold"),
    row(720, "incident", "power", "A3", "closed", "whole again"),
)


def message(person: str, way: str, seconds: float, fate: str, **more: Any) -> dict[str, Any]:
    """News of a message of the first rung."""
    key = f"{KEY}/a3.engineer/{person}/{way}"
    facts = {"key": key, "incident": KEY, "rung": "a3.engineer", "role": "engineer", "person": person}
    return facts | {"way": way, "due_at": OPENED, "fate": fate, "at": at(seconds)} | more


def tell_incident(store: Store, *, closed: bool = True) -> None:
    """Rows, messages, captures and notes of the whole incident, or of its first ten minutes."""
    rows = CHANGES if closed else CHANGES[:12]
    store.record(rows, [], [], at(700), [CASE])
    if closed:
        store.record([], [], [], at(720), [])
    store.put_messages(
        [
            message("engineer on duty", "sms", 1, "sent"),
            message("engineer on duty", "sms", 4, "failed", detail="30005"),
            message("engineer on duty", "call", 5, "sent"),
            message("engineer on duty", "call", 95, "confirmed"),
        ]
    )
    store.import_captures(
        [
            story.capture("1.1", at(70), "13900001201"),
            story.capture("2.1", at(80), "13900001202"),
            story.capture("3.1", at(90), "", wanted=False, promised=False),
        ],
        "spool/story",
        10,
        at(100),
    )
    store.cancel(2, at(900), "by the caller")


class Core:
    """Tells the core a story and keeps its rows in a store, as the bridge does."""

    def __init__(self, store: Store, start: datetime) -> None:
        self.store, self.start = store, start
        self.policy = replace(POLICY.fallback, armed=True)
        self.minutes = 0.0
        self.state = initial(self.policy, self.now)
        booted = start - timedelta(days=1)
        self.do(SnapshotTaken(booted, (), self.agents(Presence.FREE), ()))

    @property
    def now(self) -> Now:
        """Both clocks."""
        return Now(self.start + timedelta(minutes=self.minutes), self.minutes * 60)

    def agents(self, presence: Presence) -> tuple[MemberSeen, ...]:
        """All of queue power."""
        return tuple(MemberSeen("power", f"PJSIP/agent-{n}", presence) for n in range(3))

    def do(self, *events: Event) -> None:
        """Everything at this very moment."""
        for event in events:
            decision = decide(self.state, event, self.policy, self.now)
            assert [one.reason for one in decision.changes if one.kind == "refused"] == []
            self.state = decision.state
            cases = self.state.cases.values()
            self.store.record(decision.changes, to_saved(self.state), (), self.now.wall, cases)

    def wait(self, minutes: float) -> None:
        """Ticks every five seconds."""
        for _ in range(int(minutes * 12)):
            self.minutes += 1 / 12
            self.do(Tick())

    def mode(self) -> Mode:
        """What callers of scope power meet."""
        return self.state.scopes["power"].effective

    def drill(self) -> str:
        """Key of the drill that runs."""
        return next(case.key for case in self.state.cases.values() if case.drill)
