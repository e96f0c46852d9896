"""What was decided is written down as a whole, and a restart finds it again."""

from datetime import UTC, datetime, timedelta

from callbacks.values import Outcome
from fallback.decision import Change
from fallback.modes import Mode
from fallback.state import ComponentState, Health, SavedScope
from store import Store
from store.intents import IntentState

NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
LATER = NOW + timedelta(minutes=9)
OUTAGE = SavedScope(
    "power",
    Mode.OUTAGE,
    Mode.EVACUATED,
    since=NOW,
    override_mode=Mode.EVACUATED,
    override_who="li",
    override_why="fire",
    override_since=NOW,
    incident_key="INC-power-1",
    incident_kind="A3",
    incident_opened_at=NOW,
    incident_detail="all agents unreachable",
    recovery_at=LATER,
)
CHANGE = Change(NOW, "mode", "power", "NORMAL", "OUTAGE", "all agents unreachable", "", "INC-power-1")


def test_a_restart_finds_the_scopes_as_they_were(book: Store) -> None:
    water = SavedScope("water", Mode.NORMAL, Mode.NORMAL)
    book.record([CHANGE], [OUTAGE, water], [ComponentState("agents", Health.DOWN, NOW, detail="4 gone")], NOW)
    assert book.load_saved() == [OUTAGE, water]
    (agents,) = book.components()
    assert (agents.health, agents.since, agents.detail) == (Health.DOWN, NOW, "4 gone")


def test_the_newest_change_comes_first(book: Store) -> None:
    changes = [Change(NOW, "mode", "power", str(n), str(n + 1), "") for n in range(5)]
    book.record(changes[:3], [], [], NOW)
    book.record(changes[3:], [], [], NOW)
    book.record([], [], [], NOW)
    assert book.changes() == changes[::-1]
    assert book.changes(1, kind="mode", subject="power") == changes[-1:]
    assert book.changes(kind="link") == []


def test_an_incident_opens_and_closes_with_its_scope(book: Store) -> None:
    book.record([], [OUTAGE], [], NOW)
    (opened,) = book.incidents(only_open=True)
    assert (opened.key, opened.kind, opened.opened_at, opened.closed_at) == ("INC-power-1", "A3", NOW, None)
    book.record([], [SavedScope("power", Mode.NORMAL, Mode.NORMAL)], [], LATER)
    assert book.incidents(only_open=True) == []
    assert book.incidents()[0].closed_at == LATER


def test_the_next_incident_of_a_scope_closes_the_one_before(book: Store) -> None:
    book.record([], [OUTAGE], [], NOW)
    following = SavedScope(
        "power", Mode.OUTAGE, Mode.OUTAGE, incident_key="INC-power-2", incident_opened_at=LATER
    )
    book.record([], [following], [], LATER)
    assert [one.key for one in book.incidents(only_open=True)] == ["INC-power-2"]


def test_intents_are_answered_once_and_in_their_order(book: Store) -> None:
    first = book.add_intent("dial", {"promise": 1, "名": "李"}, "li", NOW)
    second = book.add_intent("outcome", {"outcome": Outcome.BUSY.value}, "li", NOW)
    assert [one.id for one in book.pending_intents()] == [first, second]
    assert book.finish_intent(first, IntentState.REFUSED, "came too late; ask again", LATER)
    assert not book.finish_intent(first, IntentState.APPLIED, "a1", LATER)
    answered = book.intent(first)
    assert answered is not None
    assert (answered.state, answered.result, answered.finished_at) == (
        IntentState.REFUSED,
        "came too late; ask again",
        LATER,
    )
    assert answered.payload == {"promise": 1, "名": "李"}
    assert [one.id for one in book.pending_intents()] == [second]
    assert [one.id for one in book.intents(1)] == [second]
    assert book.intent(99) is None


def test_a_live_row_is_replaced_by_the_newer_one(book: Store) -> None:
    book.put_live({"bridge": {"link": "up"}, "agents": []}, NOW)
    book.put_live({"bridge": {"link": "down"}}, LATER)
    book.put_live({}, LATER)
    rows = book.live_rows()
    assert (rows["bridge"].value, rows["bridge"].at) == ({"link": "down"}, LATER)
    assert (rows["agents"].value, rows["agents"].at) == ([], NOW)
    assert book.live_row("trunks") is None
