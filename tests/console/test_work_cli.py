"""``holdfast callbacks next|note|…``: the desk in a terminal, by the same rules as the pages."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import console_story as story
import pytest
from postgres import sqlite_book
from typer.testing import CliRunner

from callbacks.rules.deadlines import Owed
from callbacks.values import Attempt, PromiseState, Settled, Touched
from config.policy import DEFAULT_POLICY, load_policy
from console.cli import app
from console.commands import shared
from store import Store

READ_ONCE = cache(load_policy)
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A site with nineteen promises."""
    url = sqlite_book(tmp_path)
    monkeypatch.setenv("HOLDFAST_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HOLDFAST_DATABASE_URL", url)
    monkeypatch.setenv("HOLDFAST_POLICY_FILE", str(DEFAULT_POLICY))
    monkeypatch.setenv("HOLDFAST_AMI_SECRET", "secret")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(shared, "load_policy", READ_ONCE)
    with Store(url) as store:
        story.leave_numbers(store, NOW)
        yield store


def run(*arguments: str, code: int = 0) -> str:
    answer = CliRunner().invoke(app, ["callbacks", *arguments])
    assert answer.exit_code == code, answer.output
    return str(answer.output)


def test_an_agents_things(book: Store) -> None:
    zone = ZoneInfo(READ_ONCE(DEFAULT_POLICY).timezone)
    tomorrow = (datetime.now(zone) + timedelta(days=1)).date().isoformat()
    run("note", "1", "speaks a dialect", "--who", "first")
    assert f"promise 1 is called at {tomorrow} 10:30" in run("reschedule", "1", tomorrow, "10:30")
    assert "matter 1 of promise 1: fault order opened" in run("settle", "1", "ordered", "--order", "F-3")
    shown = run("show", "1")
    for part in ("first: note speaks a dialect", "fault order opened, F-3", "the caller's wish"):
        assert part in shown, part
    assert book.matter_outcomes(1)[0].settled is Settled.ORDERED
    assert "its caller got through" in run("adopt", "3", "--note", "told him")
    adopted = book.promise(3)
    assert adopted is not None
    assert adopted.state is PromiseState.DONE
    assert len(book.matter_outcomes(3)) == 2


def test_a_leaders_things(book: Store) -> None:
    assert "handed to PJSIP/agent-1: 1, 2" in run("assign", "1", "2", "--agent", "PJSIP/agent-1")
    assert "paused: 4" in run("pause", "4", "--why", "crew")
    assert "resumed: 4" in run("resume", "4")
    assert "promise 7 is in front" in run("move", "7", "--front")
    assert "promise 8 is before 7" in run("move", "8", "--before", "7")
    assert "cancelled: 5, 6" in run("cancel", "5", "6", "--why", "twice")
    assert "left as they were, being called or closed: 5" in run("cancel", "5", "9", "--why", "twice")
    assert [one.what for one in book.history(7)][-1] is Touched.MOVED


def test_the_next_one_needs_a_bridge_that_says_where_callbacks_go_out(book: Store) -> None:
    assert "does not answer" in run("next", "--agent", "PJSIP/agent-1", code=2)
    now = datetime.now(UTC)
    rows = story.live_rows(now, power=story.scope_row(now, callbacks_allowed=False))
    book.put_live(rows, now)
    assert "Nothing is due." in run("next", "--agent", "PJSIP/agent-1")
    assert book.promises_of("PJSIP/agent-1") == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("note", "99", "x"), "There is no promise 99."),
        (("reschedule", "1", "2020-01-01", "10:00"), "That time is over."),
        (("cancel", "1"), "Say why"),
        (("move", "1"), "give one of --front and --before"),
        (("move", "1", "--before", "1"), "the same promise"),
        (("settle", "1", "melted"), "no outcome 'melted'"),
        (("settle", "1", "ordered"), "number of the fault order"),
        (("settle", "1", "done", "--matter", "2"), "has 1 matter"),
        (("merge", "1", "2"), "one number, or about the same fault"),
    ],
)
def test_a_refusal_names_the_field_and_the_remedy(book: Store, arguments: tuple[str, ...], says: str) -> None:
    assert says in run(*arguments, code=2)
    assert len(book.open_promises()) == 19


def test_what_is_late_is_listed_with_masked_numbers(book: Store) -> None:
    assert "Nothing is late" in run("late")
    book.fill_deadlines(lambda _matter, at: _owed(at))
    said = run("late")
    assert said.count("late: first attempt") == 19
    assert "13900001201" not in said
    assert "13900001201" in run("late", "--full")


def _owed(at: datetime) -> Owed:
    return Owed(first_by=at + timedelta(minutes=1))


def test_what_is_not_there_is_said_to_be_not_there(book: Store) -> None:
    """Neither promise 999 nor a telephone that the bridge does not know; without a bridge any name goes."""
    assert "There is no promise 999." in run("settle", "999", "done", code=2)
    assert "see: holdfast callbacks list" in run("cancel", "999", "--why", "twice", code=2)
    assert "handed to everybody: 1" in run("assign", "1", "--agent", " ")
    assert "handed to PJSIP/unheard-of: 1" in run("assign", "1", "--agent", "PJSIP/unheard-of")
    now = datetime.now(UTC)
    book.put_live(story.live_rows(now), now)
    assert "There is no agent" in run("assign", "1", "--agent", "PJSIP/unheard-of", code=2)
    assert "There is no agent" in run("next", "--agent", "PJSIP/unheard-of", code=2)


def test_a_leader_says_that_an_asterisk_does_not_come_back(book: Store) -> None:
    assert "is held by a bridge" in run("gone")
    book.speak_for("west", first=False)
    assert book.claim(1, NOW, "bridge", 60.0) is not None
    book.start_attempt(Attempt("1-1-1", 1, "power", "13900001201", "carrier-a", NOW), "bridge")
    assert "west: 1 in flight, not held by any bridge" in run("gone")
    assert "Say why" in run("gone", "west", code=2)
    assert "on the leader's list: 1" in run("gone", "west", "--why", "burnt", "--who", "the leader")
    assert "the leader: its Asterisk does not come back west, burnt" in run("show", "1")
    assert "No call is in flight" in run("gone", "west", "--why", "burnt", code=2)
