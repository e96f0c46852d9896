"""Kills, a store that goes away and a book that became an older copy: nobody is told twice that it is over (B8)."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alert_world import Recording
from bridge_world import START, World, world
from notices_run import BOTH, NUMBER, Site, asked, running, state

from alerts.policy import Way
from ami_bridge.link import LinkDown
from ami_bridge.told import Told as ToldFile
from callbacks.rules.notifying import Notice
from callbacks.values import NoticeState
from store import StoreBusy


@pytest.fixture
def book(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as one:
        yield one


# -- kills


async def test_a_kill_after_the_call_was_heard_costs_the_caller_no_second_one(book: World) -> None:
    asked(book, NUMBER)
    async with running(book, Site()) as run:
        await run.round()
        run.stage("heard,1")
    async with running(book, Site()) as again:
        await again.round()
        await again.look()
        assert (state(book), len(again.orders())) == (NoticeState.SENT, 1)


async def test_a_kill_while_it_rings_leaves_the_call_to_the_next_run(book: World) -> None:
    asked(book, NUMBER)
    async with running(book, Site()) as run:
        await run.round()
        run.stage("dial,1")
    async with running(book, Site()) as again:
        await again.round()
        await again.look()
        assert (state(book), len(again.orders())) == (NoticeState.INTENDED, 1)
        again.stage("heard,2")
        await again.look()
        assert (state(book), len(again.orders())) == (NoticeState.SENT, 1)


async def test_a_kill_before_the_order_left_costs_the_caller_only_a_minute(book: World) -> None:
    asked(book, NUMBER)

    def die(_order: Any) -> None:
        raise LinkDown("killed before the order was on the wire")

    async with running(book, Site()) as run:
        book.asterisk.before = die
        await run.round()
    book.asterisk.before = lambda _: None
    book.asterisk.sent.clear()
    async with running(book, Site()) as again:
        await again.round()
        assert again.orders() == [], "the order may yet be on its way"
        book.later(30)
        await again.look()
        assert state(book) is NoticeState.WAITING
        book.later(61)
        await again.round()
        again.stage("heard,1")
        await again.look()
        assert (state(book), len(again.orders())) == (NoticeState.SENT, 1)


async def test_a_kill_while_a_text_was_being_sent_leaves_it_unknown_for_ever(book: World) -> None:
    asked(book, NUMBER)
    way = Recording(Way.SMS, hangs=True)
    async with running(book, Site(way=way), BOTH) as run:
        await run.notices.round()
        await asyncio.sleep(0.01)
        assert len(way.sent) == 1
    way.hangs = False
    async with running(book, Site(way=way), BOTH) as again:
        await again.round()
        assert (state(book), len(way.sent), again.orders()) == (NoticeState.UNKNOWN, 1, [])


class Shelf:
    """The store, which goes away as soon as something was intended."""

    def __init__(self, store: Any) -> None:
        self._store, self.away = store, False

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._store, name)

        def asked(*given: Any, **more: Any) -> Any:
            if self.away:
                raise StoreBusy("held by another process")
            result = call(*given, **more)
            self.away = name == "intend_notice"
            return result

        return asked


async def test_an_outcome_that_the_store_did_not_take_is_written_when_it_is_back(book: World) -> None:
    asked(book, NUMBER)
    shelf = Shelf(book.store)
    async with running(book, Site(), store=shelf) as run:
        await run.round()
        run.stage("heard,1")
        await run.look()
        assert state(book) is NoticeState.INTENDED
        with pytest.raises(StoreBusy):
            await run.round()
        shelf.away = False
        await run.round()
        assert (state(book), len(run.orders())) == (NoticeState.SENT, 1)


# -- a book that became an older copy


def older(book: World, *numbers: str) -> None:
    """The rows come in again from the spool, as if nothing had been sent."""
    with book.store._database.write() as connection:
        connection.exec_driver_sql("DELETE FROM notice")
        connection.exec_driver_sql("DELETE FROM capture")
    asked(book, *numbers)


async def ended(book: World, path: Path, stage: str) -> None:
    """One caller's call has ended so, as the bridge wrote down in its file; then the book is lost."""
    asked(book, NUMBER)
    async with running(book, Site(), told=ToldFile(path)) as run:
        await run.round()
        run.stage(stage)
        await run.look()


async def test_who_was_told_is_not_told_again_when_the_book_becomes_an_older_copy(
    book: World, tmp_path: Path
) -> None:
    """B8: once, also over a fail-over; also whoever asked twice, and only the newer line came in again."""
    path = tmp_path / "notices.jsonl"
    await ended(book, path, "heard,1")
    older(book, NUMBER, NUMBER)
    async with running(book, Site(), told=ToldFile(path)) as again:
        await again.round()
        await again.round()
        assert len(again.orders()) == 1
    assert [state(book, f"pbx1:{n}") for n in (1, 2)] == [NoticeState.SENT] * 2


async def test_what_was_on_its_way_when_the_book_was_lost_is_unknown_and_never_sent_again(
    book: World, tmp_path: Path
) -> None:
    asked(book, NUMBER)
    path = tmp_path / "notices.jsonl"
    async with running(book, Site(), told=ToldFile(path)) as run:
        await run.round()
    path.write_bytes(path.read_bytes() + b'{"key":"pbx1:1","st')  # a power cut in the next word
    older(book, NUMBER)
    async with running(book, Site(), told=ToldFile(path)) as again:
        await again.round()
        assert (state(book), len(again.orders())) == (NoticeState.UNKNOWN, 1)


async def test_what_surely_did_not_leave_is_sent_also_after_the_book_was_lost(
    book: World, tmp_path: Path
) -> None:
    path = tmp_path / "notices.jsonl"
    await ended(book, path, "end,CONGESTION,1")
    older(book, NUMBER)
    async with running(book, Site(), told=ToldFile(path)) as again:
        await again.round()
        assert len(again.orders()) == 2


async def test_nothing_is_sent_that_cannot_be_written_down_first(book: World, tmp_path: Path) -> None:
    asked(book, NUMBER)
    (tmp_path / "notices.jsonl").mkdir()
    told = ToldFile()
    told._path = tmp_path / "notices.jsonl"
    async with running(book, Site(), told=told) as run:
        await run.round()
        assert (state(book), run.orders()) == (NoticeState.WAITING, [])
        (tmp_path / "notices.jsonl").rmdir()
        book.later(61)
        await run.round()
        assert len(run.orders()) == 1


def test_the_file_of_what_was_told_does_not_grow_for_ever(tmp_path: Path) -> None:
    told = ToldFile(tmp_path / "notices.jsonl", expires=60.0)
    for n in range(2500):
        at = START + timedelta(seconds=n)
        told.put(Notice(f"pbx1:{n}", "power", NUMBER, "en", at), NoticeState.SENT, at)
    kept = ToldFile(tmp_path / "notices.jsonl")
    assert kept.of(Notice("pbx1:2499", "power", NUMBER, "en", START)) is NoticeState.SENT
    assert len((tmp_path / "notices.jsonl").read_bytes().splitlines()) < 1200
    assert len(told._words) < 1200
