"""A hotline that has just come back from an outage, put into a real store by the calls that the bridge uses."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from callbacks.policy import CallbackPolicy
from callbacks.rules import after_attempt, attempt_key
from callbacks.values import Attempt, Capture, Matter, NumberSource, Outcome
from console.summary import Known
from fallback.decision import Change
from store import Store

PASSWORD = "a password for tests"
KNOWN = Known(("power", "billing"), ZoneInfo("Asia/Shanghai"))
AGENTS = tuple(f"PJSIP/agent-{number}" for number in range(1, 7))
POLICY = CallbackPolicy()


def capture(key: str, at: datetime, number: str, **differs: Any) -> Capture:
    """A wanted capture in scope power from the caller's own number."""
    facts: dict[str, Any] = {
        "key": f"pbx1:{key}",
        "at": at,
        "scope": "power",
        "caller_id": number,
        "number": number,
        "source": NumberSource.OWN,
        "matter": Matter.FAULT,
        "language": "zh-CN",
        "tier": 1,
        "wanted": True,
        "promised": True,
        "incident": "INC-power-20261121T101500Z",
    }
    return Capture(**(facts | differs))


def scope_row(now: datetime, **differs: Any) -> dict[str, Any]:
    """The live row of a scope that is back to normal."""
    row = {
        "computed": "NORMAL",
        "effective": "NORMAL",
        "action": "pass",
        "since": iso(now - timedelta(minutes=4)),
        "partial": "",
        "queue": "power",
        "lines_left": 60,
        "lines_total": 60,
        "waiting": 0,
        "longest_wait": 0.0,
        "recovery_at": None,
        "callbacks_allowed": True,
        "stable_for": 240,
        "recovery_hold": 60.0,
        "incident": None,
        "override": None,
        "flag": {"written": True, "at": iso(now - timedelta(minutes=4))},
    }
    return row | differs


def live_rows(now: datetime, **scopes: dict[str, Any]) -> dict[str, Any]:
    """All live rows as a bridge writes them; scopes: name → row."""
    presences = ("busy", "free", "ringing", "free", "paused", "busy")
    return {
        "bridge": {
            "pid": 4711,
            "version": "0.1.0",
            "started_at": iso(now - timedelta(hours=2)),
            "link": "up",
            "link_detail": "Asterisk 22.10.1",
            "armed": True,
            "spool_backlog": 0,
            "fence": 1763719200000,
        },
        "scopes": scopes or {"power": scope_row(now)},
        "trunks": {
            "carrier-a": trunk_row(now, health="UP", in_use=9),
            "carrier-b": trunk_row(now, health="UP", in_use=4),
        },
        "pools": {
            "power-agents": {
                "health": "UP",
                "since": iso(now - timedelta(minutes=5)),
                "detail": "",
                "queue": "power",
                "reachable": 6,
                "minimum": 1,
            }
        },
        "agents": [
            {"member": member, "queue": "power", "presence": presence, "since": iso(now)}
            for member, presence in zip(AGENTS, presences, strict=True)
        ],
        "calls": [],
    }


def trunk_row(now: datetime, **differs: Any) -> dict[str, Any]:
    """The live row of a trunk of 30 channels."""
    row = {
        "health": "UP",
        "since": iso(now - timedelta(minutes=7)),
        "detail": "",
        "in_use": 0,
        "channels": 30,
    }
    return row | differs


def iso(moment: datetime) -> str:
    """As in docs/reference/intents-and-live-rows.md."""
    return moment.isoformat()


def tell_outage(store: Store, now: datetime) -> None:
    """The change rows of an outage that is over."""
    start = now - timedelta(minutes=41)
    incident = "INC-power-20261121T101500Z"
    rows = (
        (0, "component", "carrier-a", "UP", "SUSPECT", "contact unreachable", ""),
        (6, "component", "carrier-a", "SUSPECT", "DOWN", "unreachable for 6 s", ""),
        (6, "capacity", "power", "60", "30", "carrier-a is lost", ""),
        (390, "component", "power-agents", "UP", "DOWN", "no member can be reached", ""),
        (390, "incident", "power", "", "A3", "no member can be reached", ""),
        (390, "mode", "power", "NORMAL", "OUTAGE", "power-agents is DOWN", ""),
        (900, "recovery", "power", "", iso(now + timedelta(minutes=20)), "stated", "shift leader"),
        (2040, "component", "carrier-a", "MENDING", "UP", "well for 10 s", ""),
        (2120, "component", "power-agents", "MENDING", "UP", "well for 10 s", ""),
        (2120, "mode", "power", "OUTAGE", "RECOVERING", "all is back", ""),
        (2180, "mode", "power", "RECOVERING", "NORMAL", "stable for 60 s", ""),
        (2180, "incident", "power", "A3", "", "closed", ""),
    )
    changes = [
        Change(start + timedelta(seconds=after), kind, subject, old, new, reason, who, incident)
        for after, kind, subject, old, new, reason, who in rows
    ]
    store.record(changes, (), (), now)


def leave_numbers(store: Store, now: datetime, count: int = 18) -> None:
    """Callers leave their numbers during the outage; one rings twice, one keys his number, two leave nothing."""
    start = now - timedelta(minutes=34)
    matters = (Matter.FAULT, Matter.FAULT, Matter.BILL, Matter.FAULT, Matter.QUESTION, Matter.COMPLAINT)
    captures = [
        capture(
            f"{index}.1",
            start + timedelta(seconds=67 * index),
            f"1390000{1201 + index * 37:04d}",
            matter=matters[index % len(matters)],
            tier=3 if index in (7, 8) else 1,
            language="en" if index == 5 else "zh-CN",
        )
        for index in range(count)
    ]
    captures.append(capture("90.1", now - timedelta(minutes=20), captures[2].number, matter=Matter.COMPLAINT))
    captures.append(capture("91.1", now - timedelta(minutes=19), "", wanted=False, source=NumberSource.NONE))
    captures.append(capture("92.1", now - timedelta(minutes=18), "", wanted=False, source=NumberSource.NONE))
    keyed = {"caller_id": "", "source": NumberSource.KEYED, "matter": Matter.TIPOFF}
    captures.append(capture("93.1", now - timedelta(minutes=17), "057188001234", **keyed))
    store.import_captures(captures, "spool/story", 4096, now - timedelta(minutes=10))


def call_back(store: Store, now: datetime, outcomes: tuple[Outcome | None, ...]) -> list[str]:
    """Attempts in the order of the queue; None: still talking. Returns the keys of those that go on."""
    going = []
    for index, outcome in enumerate(outcomes):
        started = now - timedelta(seconds=200 - 12 * index)
        promise = store.claim_due(["power"], 1, started, "bridge-1", 120)[0]
        key, agent = attempt_key(promise, 1), AGENTS[(index * 5) % len(AGENTS)]
        store.start_attempt(
            Attempt(key, promise.id, "power", promise.number, "carrier-a", started, agent=agent), "bridge-1"
        )
        store.mark_talking(key, agent=agent)
        if outcome is None:
            going.append(key)
            continue
        ended = started + timedelta(seconds=40)
        store.finish_attempt(key, outcome, after_attempt(promise, outcome, POLICY, ended), ended)
    return going


def dial(store: Store, member: str, now: datetime) -> Attempt:
    """What the bridge does when an agent has asked for the call of what he holds."""
    promise = store.promises_of(member)[0]
    attempt = Attempt(
        f"{promise.id}-1-7", promise.id, "power", promise.number, "carrier-a", now, agent=member
    )
    store.start_attempt(attempt, member)
    return attempt


def finish(store: Store, attempt: Attempt, now: datetime, outcome: Outcome = Outcome.ANSWERED) -> None:
    """What the bridge does with the agent's word."""
    promise = store.promise(attempt.promise_id)
    assert promise is not None
    store.finish_attempt(
        attempt.key, outcome, after_attempt(promise, outcome, POLICY, now), now, talk_seconds=20
    )


def tell_all(store: Store, now: datetime) -> None:
    """The whole story, as it stands four minutes after the end of the outage."""
    tell_outage(store, now)
    leave_numbers(store, now)
    done, busy, silent = Outcome.ANSWERED, Outcome.BUSY, Outcome.NO_ANSWER
    going = call_back(store, now, (done, done, busy, done, silent, done, None, None))
    rows = live_rows(now)
    attempts = [attempt for key in going if (attempt := store.attempt(key))]
    stages = ("talking", "dial")
    rows["calls"] = [
        {
            "attempt": one.key,
            "promise": one.promise_id,
            "stage": stage,
            "since": iso(one.started_at),
            "agent": one.agent,
            "trunk": one.trunk,
        }
        for one, stage in zip(attempts, stages, strict=True)
    ]
    store.put_live(rows, now)
