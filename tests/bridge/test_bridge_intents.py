"""What people ask for is read strictly, and what is wrong is named."""

from datetime import UTC, datetime, timedelta

import pytest

from ami_bridge.intents import (
    AckDuty,
    ApplyPolicy,
    Dial,
    EndOverride,
    Refused,
    SetOverride,
    SetRecovery,
    StateOutcome,
    as_event,
    ask,
    in_time,
    read,
)
from fallback.decision import Change, Decision
from fallback.events import (
    Acknowledged,
    Closed,
    Declared,
    DrillEnded,
    DrillStarted,
    Event,
    Evidence,
    HandedOver,
    LeaveGranted,
    OverrideEnded,
    OverrideSet,
    PartSeen,
    RecoveryTimeSet,
    Split,
)
from fallback.modes import Mode
from fallback.state import State

NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
OVERRIDE = {"scope": "power", "mode": "OUTAGE", "why": "cable cut", "until": "2026-11-21T12:00:00+00:00"}


def test_an_unknown_kind_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(Refused, match=r"'reboot'.*override-set.*outcome"):
        read("reboot", {})


@pytest.mark.parametrize(
    ("kind", "payload", "named"),
    [
        ("override-set", OVERRIDE | {"mode": "PANIC"}, ["mode"]),
        ("override-set", OVERRIDE | {"until": "2026-11-21T12:00:00"}, ["until"]),  # whose clock?
        ("override-set", {"scope": "power", "mode": "OUTAGE"}, ["why", "until"]),
        ("override-set", OVERRIDE | {"whom": "li"}, ["whom"]),
        ("dial", {"promise": "four", "agent": "PJSIP/agent-1"}, ["promise", "not_after"]),
        ("outcome", {"promise": 4, "attempt": "a", "agent": "x", "outcome": "fine"}, ["outcome"]),
        ("recovery-set", ["power"], ["payload"]),
        ("ack", {}, ["incident"]),
        ("ack", {"incident": 7}, ["incident"]),
        ("hand-over", {"incident": "INC-1"}, ["to"]),
        ("declare", {"scope": "power", "kind": "A7"}, ["detail"]),
        ("declare", {"scope": "", "kind": "A7", "detail": "x", "people_hurt": -1}, ["people_hurt"]),
        ("close", {"incident": "INC-1"}, ["why"]),
        ("split", {"incident": "INC-1", "cause": None}, ["cause"]),
        ("leave", {"queue": "power", "member": "PJSIP/1", "until": "noon"}, ["until"]),
        ("leave", {"queue": "power", "until": "2026-11-21T12:00:00"}, ["member", "until"]),
        ("report", {"component": "billing", "good": "perhaps", "why": ""}, ["good"]),
        ("drill-start", {"drill": "evacuation", "live": "very"}, ["live"]),
        ("drill-end", {"incident": "DRILL-1", "participants": ["li"]}, ["participants"]),
        ("policy-apply", {"file": "/etc/policy.yaml"}, ["digest", "file"]),
    ],
)
def test_every_wrong_field_is_named(kind: str, payload: object, named: list[str]) -> None:
    with pytest.raises(Refused) as refused:
        read(kind, payload)
    for field in named:
        assert f"{field}: " in str(refused.value)


def test_a_time_in_another_zone_is_brought_to_utc() -> None:
    read_back = read("override-set", OVERRIDE | {"until": "2026-11-21T20:00:00+08:00"})
    assert isinstance(read_back, SetOverride)
    assert read_back.until == datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    assert read_back.until.tzinfo is UTC


def test_people_are_named_in_the_events_of_the_core() -> None:
    until = NOW + timedelta(hours=1)
    wishes = (
        SetOverride(scope="power", mode=Mode.OUTAGE, why="cut", until=until),
        EndOverride(scope="power", why="mended"),
        SetRecovery(scope="power", at=until),
    )
    assert [as_event(wish, "li") for wish in wishes] == [
        OverrideSet("power", Mode.OUTAGE, "li", "cut", until),
        OverrideEnded("power", "li", "mended"),
        RecoveryTimeSet("power", until, "li"),
    ]


@pytest.mark.parametrize(
    ("kind", "payload", "event"),
    [
        ("ack", {"incident": "INC-1"}, Acknowledged("INC-1", "li", "command line")),
        ("hand-over", {"incident": "INC-1", "to": "wang"}, HandedOver("INC-1", "li", "wang")),
        (
            "declare",
            {"scope": "", "kind": "A7", "detail": "mast", "people_hurt": 2},
            Declared("", "A7", "mast", "li", 2),
        ),
        ("close", {"incident": "INC-1", "why": "mended"}, Closed("INC-1", "li", "mended")),
        ("split", {"incident": "INC-1", "cause": "A4 carrier-a"}, Split("INC-1", "A4 carrier-a", "li")),
        (
            "leave",
            {"queue": "power", "member": "PJSIP/1", "until": "2026-11-21T18:15:00+08:00"},
            LeaveGranted("power", "PJSIP/1", NOW, "li"),
        ),
        (
            "report",
            {"component": "billing", "good": False, "why": "blank screens"},
            PartSeen("billing", Evidence.REPORT, False, "blank screens", "li"),
        ),
        ("drill-start", {"drill": "evacuation"}, DrillStarted("evacuation", "li", False)),
        (
            "drill-end",
            {"incident": "DRILL-1", "evaluation": "2 min"},
            DrillEnded("DRILL-1", "li", "", "2 min"),
        ),
    ],
)
def test_each_wish_is_the_cores_event_in_the_name_of_whoever_asked(
    kind: str, payload: dict[str, object], event: Event
) -> None:
    wish = read(kind, payload)
    assert not isinstance(wish, Dial | StateOutcome | AckDuty | ApplyPolicy)
    assert as_event(wish, "li") == event


async def test_what_the_core_refuses_is_refused_with_its_reason() -> None:
    async def core(_event: Event) -> Decision:
        return Decision(State(), (Change(NOW, "refused", "power", "", "", "no scope of this name"),))

    with pytest.raises(Refused, match="no scope of this name"):
        await ask(EndOverride(scope="nowhere", why=""), "li", core)


async def test_what_the_core_did_is_said_in_one_sentence() -> None:
    async def core(_event: Event) -> Decision:
        return Decision(State(), (Change(NOW, "mode", "power", "NORMAL", "OUTAGE", "by hand"),))

    async def still(_event: Event) -> Decision:
        return Decision(State())

    wish = SetRecovery(scope="power", at=None)
    assert await ask(wish, "li", core) == "mode of power: NORMAL → OUTAGE"
    assert await ask(wish, "li", still) == "nothing to change"


def test_a_call_that_nobody_made_in_time_is_not_made_late() -> None:
    payload = {"promise": 4, "agent": "PJSIP/agent-1", "not_after": NOW.isoformat()}
    dial = read("dial", payload)
    assert isinstance(dial, Dial)
    in_time(dial.not_after, NOW)
    with pytest.raises(Refused, match="too late"):
        in_time(dial.not_after, NOW + timedelta(seconds=1))
