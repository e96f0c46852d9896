"""The bridge copies the store and deletes what is over, beside everything else, and says when copies stay away (A9)."""

import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from alert_world import HandClock
from bridge_world import empty_book

from ami_bridge.backups import AGAIN_SECONDS, Backups
from ami_bridge.keeping import Keeping
from ami_bridge.store_thread import StoreThread
from ami_bridge.told import Told
from callbacks.forgotten import Forgotten, load_key
from callbacks.policy import KeepPolicy
from callbacks.rules.notifying import Notice
from callbacks.values import Capture, Matter, NoticeState, NumberSource
from store import Store, StoreAway
from store.backups import good
from store.keeping import Kind

DAY = 86_400.0
POLICY = KeepPolicy()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(empty_book(tmp_path / "book.db")) as opened:
        yield opened


@pytest.fixture
def backups(tmp_path: Path, clock: HandClock, store: Store) -> Backups:
    url = f"sqlite:///{tmp_path / 'book.db'}"
    return Backups(url, tmp_path / "backups", lambda: POLICY, clock)


async def test_a_copy_is_made_when_the_last_is_a_day_old_and_not_before(
    backups: Backups, clock: HandClock
) -> None:
    await backups.look()
    clock.forward(DAY - 1)
    await backups.look()
    assert len(good(backups.folder)) == 1
    clock.forward(2)
    await backups.look()
    assert len(good(backups.folder)) == 2


async def test_a_bridge_that_starts_again_copies_nothing_twice(backups: Backups, clock: HandClock) -> None:
    await backups.look()
    again = Backups(backups.url, backups.folder, backups.policy, clock)
    clock.forward(3600)
    await again.look()
    assert len(good(backups.folder)) == 1


async def test_the_last_good_copy_may_be_a_week_old_and_no_more_A9(
    backups: Backups, clock: HandClock
) -> None:
    await backups.look()
    backups.url = "sqlite:////nowhere/at/all.db"
    for _ in range(8):
        clock.forward(DAY)
        await backups.look()
        if clock.wall < good(backups.folder)[0].at + timedelta(days=7):
            assert backups.late() == ""
    assert "8 days old" in backups.late()
    assert "all.db" in backups.late(), "and why"


async def test_no_copy_at_all_that_could_be_made_is_told_at_once(backups: Backups, clock: HandClock) -> None:
    assert backups.late() == ""
    backups.folder.write_text("no folder")
    await backups.look()
    assert "no good copy" in backups.late()
    backups.folder.unlink()
    await backups.look()
    assert "no good copy" in backups.late(), "one that failed is not tried again at once"
    clock.forward(AGAIN_SECONDS)
    await backups.look()
    assert backups.late() == ""


async def test_a_site_may_make_its_copies_otherwise(backups: Backups, clock: HandClock) -> None:
    backups.policy = lambda: replace(POLICY, backup_every=0.0)
    clock.forward(30 * DAY)
    await backups.look()
    assert (good(backups.folder), backups.late()) == ([], "")


async def test_a_copy_that_takes_its_time_holds_up_no_loop(
    backups: Backups, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[str] = []
    monkeypatch.setattr("ami_bridge.backups.make", lambda *_: threads.append(threading.current_thread().name))
    await backups.look()
    assert threads == ["backups"]
    assert backups.problem, "and what it did not bring is told"


# -- keeping


@pytest.fixture
def keeping(store: Store, clock: HandClock, tmp_path: Path) -> Iterator[Keeping]:
    thread = StoreThread()
    told = Told(tmp_path / "notices.jsonl")
    yield Keeping(lambda: POLICY, store, thread, clock, told, tmp_path, pause=0.0)
    thread.close()


def missed(count: int, at: datetime) -> list[Capture]:
    none, unstated = NumberSource.NONE, Matter.UNSTATED
    keys = (f"pbx1:{at:%j}.{number}" for number in range(count))
    return [Capture(key, at, "power", "", "", none, unstated, "en", 1, False, False) for key in keys]


async def test_what_is_over_goes_in_batches_until_there_is_no_more(
    keeping: Keeping, store: Store, clock: HandClock
) -> None:
    store.import_captures(missed(450, clock.wall - timedelta(days=400)), "a", 0, clock.wall)
    store.import_captures(missed(3, clock.wall), "b", 0, clock.wall)
    assert await keeping.go_through() == {Kind.MISSED: 450}
    assert len(store.missed()) == 3
    assert await keeping.go_through() == {}


async def test_one_who_was_deleted_leaves_the_memory_of_a_bridge_that_runs(
    keeping: Keeping, store: Store, clock: HandClock, tmp_path: Path
) -> None:
    one = Notice("pbx1:1/2", "power", "13912341234", "en", clock.wall)
    keeping.told.put(one, NoticeState.SENT, clock.wall)
    await keeping.forget_people()
    assert keeping.told.of(one) is NoticeState.SENT
    key = load_key(tmp_path, make=True) or b""
    store.put_forgotten({Forgotten(key, {}).digest("13912341234"): clock.wall})
    (tmp_path / "notices.jsonl").write_text("")
    await keeping.forget_people()
    for number in range(1100):  # the file is written anew from memory
        other = replace(one, key=f"pbx1:{number}", number="13700000001")
        keeping.told.put(other, NoticeState.SENT, clock.wall)
    assert "13912341234" not in (tmp_path / "notices.jsonl").read_text()
    assert keeping.told.of(one) is NoticeState.SENT, "and he is not told again"


def test_the_tables_of_the_book_are_those_that_a_copy_has(backups: Backups) -> None:
    from store.backups import make

    copy = make(backups.url, backups.folder, backups.clock().wall)
    with sqlite3.connect(copy.path) as opened:
        assert opened.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    opened.close()
    assert {"promise", "capture", "forgotten"} <= copy.counts.keys()


# -- copies, where several bridges share a book


@pytest.fixture
def bridges(backups: Backups, store: Store, clock: HandClock, tmp_path: Path) -> tuple[Backups, Backups]:
    """Two machines, each with its own disk; the first does what there is one of for the site."""
    other = Backups(backups.url, tmp_path / "elsewhere", backups.policy, clock, store, lambda: False)
    backups.book = store
    return backups, other


def counts(*bridges: Backups) -> list[int]:
    return [len(good(one.folder)) for one in bridges]


async def test_of_several_bridges_one_makes_the_copy_and_all_see_it(
    bridges: tuple[Backups, Backups], clock: HandClock
) -> None:
    one, other = bridges
    for _ in range(10):
        await other.look()
        await one.look()
        assert (one.late(), other.late()) == ("", "")
        clock.forward(DAY + 1)
    assert counts(one, other) == [10, 0]


async def test_a_bridge_that_takes_over_the_site_does_not_copy_again_what_was_copied(
    bridges: tuple[Backups, Backups], clock: HandClock
) -> None:
    one, other = bridges
    await one.look()
    one.ours, other.ours = other.ours, one.ours
    clock.forward(DAY / 2)
    await other.look()
    assert counts(one, other) == [1, 0]
    clock.forward(DAY / 2 + 1)
    await one.look()
    await other.look()
    assert counts(one, other) == [1, 1]


async def test_all_bridges_tell_of_copies_that_stay_away(
    bridges: tuple[Backups, Backups], clock: HandClock
) -> None:
    one, other = bridges
    await one.look()
    one.url = "sqlite:////nowhere/at/all.db"
    clock.forward(8 * DAY)
    await one.look()
    await other.look()
    for bridge in bridges:
        assert "8 days old" in bridge.late()


async def test_a_book_that_is_away_says_nothing_against_the_copies(
    bridges: tuple[Backups, Backups], clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise StoreAway("nothing answers")

    one, other = bridges
    await one.look()
    await other.look()
    assert one.book is not None
    monkeypatch.setattr(one.book, "last_copy", away)
    clock.forward(DAY + 1)
    await one.look()
    await other.look()
    assert (one.late(), other.late()) == ("", "")
    assert counts(one, other) == [1, 0], "what cannot be asked cannot be copied"
