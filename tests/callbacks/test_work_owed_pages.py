"""A leader goes through what is late or owed soon page by page, each promise once (requirements E2, E3)."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from postgres import sqlite_book
from work_desk import LEADER, NOW, Desk

from callbacks.ports import Terms
from callbacks.rules.deadlines import Owed
from callbacks.values import Matter
from callbacks.work import Filters, NotAllowed, When
from store import Store

# Minutes from now until a first attempt, and until an answer, is owed; some at the same moment, some crossing each other.
FIRST = (-90, -80, -80, -70, -60, -5, 5, 10, 10, 20, 30, None, 40)
ANSWER = (-10, None, -85, -80, 15, -95, None, 5, 10, -3, None, -80, 30)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Promises of which two things are owed, and one that was tried already."""
    with Store(sqlite_book(tmp_path)) as store:
        made = Desk(store)
        pattern = made.book.captures_of(made.left("0").id)[0]
        made.leader.cancel(LEADER, [1], "a pattern", NOW)
        for number, (first, answer) in enumerate(zip(FIRST, ANSWER, strict=True)):
            owed = Owed(first_by=_at(first), answer_by=_at(answer))
            one = replace(pattern, key=f"x:{number}", number=f"139000010{number:02}")
            terms = Terms(owed=_owes(owed))
            store.import_captures([one], "test", number, NOW, terms=terms)
        yield made


def _at(minutes: int | None) -> datetime | None:
    return None if minutes is None else NOW + timedelta(minutes=minutes)


def _owes(owed: Owed) -> Callable[[Matter, datetime], Owed]:
    return lambda _matter, _at: owed


def pages(desk: Desk, when: When, limit: int) -> list[list[int]]:
    """Every page until the last one."""
    found, after = [], ""
    while True:
        page = desk.leader.find(LEADER, Filters(when=when), NOW, after=after, limit=limit)
        found.append([one.id for one in page.rows])
        if not page.after:
            return found
        after = page.after


@pytest.mark.parametrize("when", [When.LATE, When.SOON])
@pytest.mark.parametrize("limit", [1, 2, 3, 5])
def test_all_pages_together_are_the_whole_list_in_its_order(desk: Desk, when: When, limit: int) -> None:
    look = desk.leader.late if when is When.LATE else desk.leader.soon
    whole = [one.id for one in look(LEADER, NOW, 100)]
    assert len(whole) >= 7
    assert [one for page in pages(desk, when, limit) for one in page] == whole
    assert len(set(whole)) == len(whole)


def test_the_next_page_goes_on_while_the_first_one_is_worked_off(desk: Desk) -> None:
    first = desk.leader.find(LEADER, Filters(when=When.LATE), NOW, limit=3)
    rest = [one.id for one in desk.leader.late(LEADER, NOW, 100)][3:]
    desk.leader.cancel(LEADER, [one.id for one in first.rows], "done", NOW)
    second = desk.leader.find(LEADER, Filters(when=When.LATE), NOW, after=first.after, limit=100)
    assert [one.id for one in second.rows] == rest


@pytest.mark.parametrize("after", ["melted", "nan-1", "inf-1", "1-x", "1e99-1"])
def test_a_page_that_is_none_is_refused(desk: Desk, after: str) -> None:
    with pytest.raises(NotAllowed, match="begin with the first"):
        desk.leader.find(LEADER, Filters(when=When.LATE), NOW, after=after)


def test_a_number_of_any_length_behind_the_time_asks_for_a_page(desk: Desk) -> None:
    page = desk.leader.find(LEADER, Filters(when=When.LATE), NOW, after=f"1-{'9' * 40}")
    assert page.rows
