"""What reports are made of: messages to staff, notes, policies, and what callers left in an incident."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Dialect, select
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.dialects.sqlite.base import SQLiteDialect

from alerts.policy import Way
from alerts.values import Fate
from callbacks.values import Capture, Matter, PromiseState
from fallback.decision import Change
from store import Store
from store.dialect import _put_only
from store.incidents import _BASIC, _CLOSE_ALL_BUT, _WITHOUT_CASE
from store.record_tables import OF_MODES, change, incident
from store.records import FATES, Note, SavedPolicy

NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
LATER = NOW + timedelta(minutes=9)
KEY = "INC-1/a3.engineer/engineer on duty/sms"


def news(fate: Fate, at: datetime, **more: Any) -> dict[str, Any]:
    row: dict[str, Any] = {"key": KEY, "incident": "INC-1", "rung": "a3.engineer", "role": "engineer"}
    row |= {"person": "engineer on duty", "way": Way.SMS, "due_at": NOW, "fate": fate, "at": at}
    return row | more


def test_a_message_gathers_its_news(book: Store) -> None:
    second = timedelta(seconds=1)
    book.put_messages(
        [
            news(Fate.INTENDED, NOW, words="power is out", language="en", reference="K7", drill=True),
            news(Fate.SENT, NOW + second, provider_id="SM1"),
        ]
    )
    book.put_messages([news(Fate.DELIVERED, NOW + 2 * second)])
    book.put_messages([news(Fate.CONFIRMED, NOW + 5 * second, detail="pressed 1")])
    book.put_messages([])
    (one,) = book.messages("INC-1")
    assert (one.fate, one.words, one.reference, one.provider_id, one.detail, one.drill) == (
        Fate.CONFIRMED,
        "power is out",
        "K7",
        "SM1",
        "pressed 1",
        True,
    )
    assert (one.first_at, one.sent_at, one.confirmed_at) == (NOW, NOW + second, NOW + 5 * second)
    assert one.at == NOW + 5 * second


def test_the_words_of_a_fate_are_those_of_alerts() -> None:
    assert set(Fate) == FATES


def test_old_news_told_again_change_nothing(book: Store) -> None:
    """The journal may be read into the store more than once."""
    told = [news(Fate.INTENDED, NOW), news(Fate.FAILED, LATER, detail="21211")]
    book.put_messages(told)
    before = book.messages("INC-1")
    book.put_messages(told)
    assert book.messages("INC-1") == before
    assert before[0].sent_at is None


def test_a_clock_that_is_set_back_hides_no_news(book: Store) -> None:
    book.put_messages([news(Fate.INTENDED, LATER), news(Fate.SENT, NOW), news(Fate.CONFIRMED, NOW)])
    book.put_messages([news(Fate.SENT, NOW - timedelta(seconds=1))])
    (one,) = book.messages("INC-1")
    assert (one.fate, one.confirmed_at) == (Fate.CONFIRMED, NOW)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"key": KEY}, "without incident, rung"),
        (news(Fate.SENT, NOW, address="+8613900001111"), "has no address; known are key"),
        (news(Fate.SENT, NOW) | {"fate": "lost"}, "lost"),
    ],
)
def test_a_message_that_is_not_whole_is_refused(book: Store, row: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        book.put_messages([row])
    assert book.messages("INC-1") == []


def test_messages_and_changes_of_a_time_leave_its_end_out(book: Store) -> None:
    book.put_messages([news(Fate.SENT, NOW), news(Fate.SENT, LATER, key="second")])
    assert [one.key for one in book.messages_between(NOW, LATER)] == [KEY]
    changes = [Change(at, "mode", "power", "", str(n), "") for n, at in enumerate((NOW, NOW, LATER))]
    book.record(changes, [], [], NOW)
    assert book.changes_between(NOW, LATER) == changes[:2]
    assert book.changes_between(NOW, LATER + timedelta(seconds=1), 1) == changes[:1]


def test_the_changes_of_modes_are_found_without_looking_at_others(file_book: Store) -> None:
    changes = [
        Change(NOW, kind, "power", "", str(n), "")
        for n, kind in enumerate(("mode", "component", "computed", "link", "recovery"))
    ]
    file_book.record(changes, [], [], NOW)
    assert [one.new for one in file_book.changes_of_modes()] == ["0", "2", "4"]
    assert [one.new for one in file_book.changes_of_modes(1)] == ["4"]
    newest = select(change.c.id).where(OF_MODES).order_by(change.c.id.desc()).limit(1)
    query = str(newest.compile(compile_kwargs={"literal_binds": True}))
    with file_book._database.read() as connection:
        plan = " ".join(str(row) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}"))
    assert "ix_change_modes" in plan


def test_the_changes_of_an_incident_are_told_apart(book: Store) -> None:
    mine = Change(NOW, "mode", "power", "NORMAL", "OUTAGE", "", incident="INC-1")
    book.record([mine, Change(NOW, "mode", "water", "NORMAL", "OUTAGE", "", incident="INC-2")], [], [], NOW)
    assert book.changes(incident="INC-1") == [mine]
    assert book.changes(incident="INC-3") == []


def test_notes_stay_in_the_order_of_writing(book: Store) -> None:
    first = book.add_note("INC-1", "loss", "one street", "leader", NOW)
    second = book.add_note("INC-1", "loss", "两条街", "leader", LATER)
    book.add_note("INC-2", "loss", "none", "leader", LATER)
    assert book.notes("INC-1") == [
        Note(first, "INC-1", "loss", "one street", "leader", NOW),
        Note(second, "INC-1", "loss", "两条街", "leader", LATER),
    ]
    assert [one.incident for one in book.notes_between(LATER, LATER + timedelta(days=1))] == [
        "INC-1",
        "INC-2",
    ]


def test_a_policy_is_kept_as_it_was_first_given(book: Store) -> None:
    book.put_policy("d1", "armed: false", "leader", NOW)
    book.put_policy("d2", "armed: true", "leader", LATER)
    book.put_policy("d1", "armed: false", "somebody else", LATER)
    assert book.policies() == [
        SavedPolicy("d2", "armed: true", "leader", LATER),
        SavedPolicy("d1", "armed: false", "leader", NOW),
    ]
    assert book.policy("d1") == SavedPolicy("d1", "armed: false", "leader", NOW)
    assert book.policy("d9") is None


def test_impact_counts_what_callers_left_in_the_incident(
    book: Store, capture: Callable[..., Capture], keep: Callable[..., None]
) -> None:
    keep(
        capture("p:1", incident="INC-1"),
        capture("p:2", incident="INC-1", at=LATER, matter=Matter.BILL),
        capture("p:3", incident="INC-1", number="13900005555", caller_id="13900005555"),
        capture("p:4", incident="INC-1", number="", wanted=False, promised=False),
        capture("p:5", incident="INC-2", number="13900006666"),
    )
    assert book.cancel(2, LATER, "by the caller")
    found = book.impact("INC-1")
    assert (found.captured, found.wanted, found.told, found.first_at, found.last_at) == (4, 3, 3, NOW, LATER)
    assert found.matters == {Matter.FAULT: 3, Matter.BILL: 1}
    assert found.promises == {PromiseState.OPEN: 1, PromiseState.CANCELLED: 1}
    assert (found.open, found.closed) == (1, 1)
    assert book.impact("INC-9").captured == 0


def test_the_statements_of_a_switch_are_understood_by_both_databases() -> None:
    dialects: tuple[Dialect, ...] = (SQLiteDialect(), PGDialect())  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
    for dialect in dialects:
        made = str(_put_only(dialect.name, incident, _BASIC, _WITHOUT_CASE).compile(dialect=dialect))
        assert "DO UPDATE SET kind" in made
        assert "WHERE incident.ladder IS NULL" in made
        assert "NOT IN" in str(_CLOSE_ALL_BUT.compile(dialect=dialect))
