"""The demo's count of rungs finds what was left out, sent twice, or never arrived, each by itself (A3, F2)."""

from datetime import UTC, datetime, timedelta
from typing import Any

from lab.demo_rungs import Rungs, count, due_of
from lab.ledger import CarrierCall

AT = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
KEY = "INC-power-20261121T101500Z"
ENGINEER, LEADER, MANAGER = "engineer on duty", "shift leader", "operations manager"
POLICY: dict[str, Any] = {
    "alerts": {
        "people": {
            ENGINEER: {"reaches": [{"call": "13900000011"}]},
            LEADER: {"reaches": [{"call": "13900000024"}, {"note": "json://chat"}]},
            MANAGER: {"reaches": [{"call": "13900000048"}]},
        },
        "roles": {"engineer": [ENGINEER], "leader": [LEADER], "manager": [MANAGER]},
    },
    "ladders": {
        "a4": [{"name": "engineer", "after": "0s", "roles": ["engineer"], "on_ack": "go_on"}],
        "a3": [
            {"name": "leader", "after": "0s", "roles": ["leader"], "on_ack": "go_on"},
            {"name": "manager", "after": "30s", "roles": ["manager"]},
            {"name": "vendor", "after": "10min", "roles": ["manager"], "on_ack": "go_on"},
        ],
    },
}


def at(seconds: float) -> str:
    return (AT + timedelta(seconds=seconds)).isoformat()


def record(acked: float | None = None) -> dict[str, Any]:
    """An incident that is A4, after 10 s A3, and closed after 60 s."""
    kinds = [(0, "A4"), (10, "A3"), (60, "closed")]
    return {
        "incident": {
            "key": KEY,
            "opened_at": at(0),
            "closed_at": at(60),
            "acked_at": None if acked is None else at(acked),
            "acked_by": "" if acked is None else ENGINEER,
        },
        "changes": [{"kind": "incident", "at": at(when), "new": kind} for when, kind in kinds],
    }


def told(name: str, person: str, *ways: str, when: float = 0.5, due: float = 0) -> list[dict[str, Any]]:
    """A rung that was raised, and a message by each way."""
    rung = f"{KEY}/{name}"
    kind = "end" if name == "end" else "rung"
    head = {
        "e": kind,
        "at": at(when),
        "incident": KEY,
        "key": rung,
        "due_at": at(due),
        "people": [[person, ""]],
    }
    tries = [
        {
            "e": "try",
            "at": at(when),
            "incident": KEY,
            "rung": rung,
            "person": person,
            "way": way,
            "key": f"{rung}/{way}",
        }
        for way in ways
    ]
    return [head, *tries]


def rang(*numbers: str) -> list[CarrierCall]:
    return [CarrierCall("b", f"{n}-{i}", n, "", AT, "answered") for i, n in enumerate(numbers)]


FATE = {"e": "fate", "at": at(1), "incident": KEY, "key": f"{KEY}/a4.engineer/call", "fate": "confirmed"}
ENTRIES = [
    *told("a4.engineer", ENGINEER, "call"),
    FATE,
    *told("a3.leader", LEADER, "call", "note", when=10.5, due=10),
    *told("end", ENGINEER, "call", when=61, due=60),
    *[entry | {"person": LEADER, "way": "note", "key": "end-2"} for entry in told("end", LEADER, "note")[1:]],
]
CALLS = rang("13900000011", "13900000024", "13900000011")


def counted(
    entries: list[dict[str, Any]] = ENTRIES, calls: list[CarrierCall] = CALLS, notes: int = 2
) -> Rungs:
    return count(POLICY, [record(acked=5)], entries, calls, notes)


def test_a_rung_is_due_from_when_its_ladder_holds_and_not_once_it_was_taken_on() -> None:
    assert due_of(POLICY, record()) == {
        (KEY, "a4.engineer", ENGINEER): True,
        (KEY, "a3.leader", LEADER): True,
        (KEY, "a3.manager", MANAGER): True,
    }
    assert due_of(POLICY, record(acked=5))[KEY, "a3.manager", MANAGER] is False
    assert due_of(POLICY, record(acked=45))[KEY, "a3.manager", MANAGER] is True


def test_a_run_in_which_everybody_was_told_once_is_kept() -> None:
    rungs = counted()
    assert rungs.kept
    assert (len(rungs.due), len(rungs.sent), rungs.stopped, rungs.acknowledged) == (2, 2, 1, 1)
    assert (rungs.omitted, rungs.doubled, rungs.unseen) == (0, 0, 0)
    assert (rungs.ended, rungs.to_end) == (2, 2)
    assert rungs.taken_on == (ENGINEER,)


def test_a_rung_that_was_due_and_not_sent_is_omitted() -> None:
    rungs = counted([entry for entry in ENTRIES if LEADER not in str(entry)], rang("13900000011"), 0)
    assert (rungs.omitted, rungs.kept) == (1, False)


def test_a_call_at_the_carriers_that_no_entry_ordered_is_doubled() -> None:
    rungs = counted(calls=[*CALLS, *rang("13900000011")])
    assert (rungs.doubled, rungs.kept) == (1, False)


def test_two_messages_of_one_rung_by_one_way_are_doubled() -> None:
    again = [entry | {"key": "again"} for entry in told("a4.engineer", ENGINEER, "call")[1:]]
    rungs = counted([*ENTRIES, *again], [*CALLS, *rang("13900000011")])
    assert (rungs.doubled, rungs.unseen, rungs.kept) == (1, 0, False)


def test_a_call_that_never_arrived_is_no_good_end() -> None:
    rungs = counted(calls=CALLS[:-1])
    assert (rungs.unseen, rungs.kept) == (1, False)
    assert not counted(notes=1).kept


def test_somebody_who_does_not_hear_of_the_end_is_no_good_end() -> None:
    ends = [entry for entry in ENTRIES if entry.get("key") != "end-2"]
    rungs = counted(ends, notes=1)
    assert (rungs.ended, rungs.to_end, rungs.kept) == (1, 2, False)


def test_a_rung_that_nobody_needed_any_more_and_that_was_sent_is_no_good_end() -> None:
    late = told("a3.manager", MANAGER, "call", when=31, due=30)
    assert not counted([*ENTRIES, *late], [*CALLS, *rang("13900000048")]).kept


def on_duty(name: str, number: int, confirmed: bool) -> list[dict[str, Any]]:
    """A message to the duty role, which belongs to no incident (E0)."""
    incident = f"DUTY-{number}"
    rung = f"{incident}/round-1.{name}"
    head = {
        "e": "rung",
        "at": at(20),
        "incident": incident,
        "key": rung,
        "rung": name,
        "facts": {"count": "2"},
    }
    tried = {"e": "try", "at": at(20), "incident": incident, "rung": rung, "person": ENGINEER, "way": "call"}
    fate = {"e": "fate", "at": at(21), "incident": incident, "key": f"{rung}/call", "fate": "confirmed"}
    return [head, tried | {"key": f"{rung}/call"}, *([fate] if confirmed else [])]


def test_e0_messages_to_the_duty_role_are_counted_by_themselves() -> None:
    entries = [*ENTRIES, *on_duty("danger", 1, True), *on_duty("fault", 2, False)]
    rungs = counted(entries, [*CALLS, *rang("13900000011", "13900000011")])
    assert rungs.kept
    assert (len(rungs.sent), rungs.duty, rungs.on_duty) == (2, (1, 1), 1)


def test_e0_a_run_in_which_nobody_takes_danger_on_is_no_good_end() -> None:
    assert not counted([*ENTRIES, *on_duty("danger", 1, False)], [*CALLS, *rang("13900000011")]).kept


def test_e0_a_message_to_the_duty_role_that_never_arrived_is_no_good_end() -> None:
    assert not counted([*ENTRIES, *on_duty("danger", 1, True)], CALLS).kept
