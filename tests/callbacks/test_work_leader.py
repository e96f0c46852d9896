"""A leader's work on the book, without a page (requirements C3, E2, E3, E8)."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from postgres import sqlite_book
from work_desk import AGENT, LEADER, MEMBER, NOW, Desk

from callbacks.ports import Terms
from callbacks.rules.deadlines import Owed
from callbacks.values import Matter, PromiseState, Touched
from callbacks.work import Actor, Bulk, Filters, NotAllowed, When
from store import Store


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Store]:
    """An empty book, copied and not migrated anew."""
    with Store(sqlite_book(tmp_path)) as store:
        yield store


@pytest.fixture
def desk(book: Store) -> Desk:
    return Desk(book)


def turn(desk: Desk, count: int) -> list[int]:
    """Whom the next claims would give, in order."""
    head = desk.policy.head_start
    return [one.id for one in desk.book.claim_due(["power"], count, NOW, "bridge", 60, head_start=head)]


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


def test_to_the_front_is_before_everything_but_danger(desk: Desk) -> None:
    fault = desk.left("1", at=NOW - minutes(90), matter=Matter.FAULT)
    danger = desk.left("2", at=NOW - minutes(5), matter=Matter.DANGER)
    bill = desk.left("3", at=NOW - minutes(10))
    desk.leader.to_front(LEADER, bill.id, NOW, why="an old lady")
    assert turn(desk, 3) == [danger.id, bill.id, fault.id], "though faults have a head start of four hours"
    (line,) = [one for one in desk.book.history(bill.id) if one.what is Touched.MOVED]
    assert (line.who, line.detail) == ("shift leader", "an old lady")


def test_before_another_is_directly_before_it(desk: Desk) -> None:
    first, second, third = (desk.left(str(n), at=NOW - minutes(60 - n)) for n in (1, 2, 3))
    desk.leader.before(LEADER, third.id, second.id, NOW)
    assert turn(desk, 3) == [first.id, third.id, second.id]


@pytest.mark.parametrize(
    ("matter", "scope", "says"),
    [(Matter.DANGER, "power", "Danger is always first"), (Matter.BILL, "water", "scope water")],
)
def test_a_place_that_cannot_be_given_is_refused(desk: Desk, matter: Matter, scope: str, says: str) -> None:
    one, other = desk.left("1"), desk.left("2", matter=matter, scope=scope)
    with pytest.raises(NotAllowed, match=says):
        desk.leader.before(LEADER, one.id, other.id, NOW)
    with pytest.raises(NotAllowed, match="same promise"):
        desk.leader.before(LEADER, one.id, one.id, NOW)


def test_what_is_paused_is_not_called_until_it_is_resumed(desk: Desk) -> None:
    one = desk.left("1")
    assert desk.leader.pause(LEADER, [one.id], "waits for the crew", NOW) == Bulk((one.id,))
    assert turn(desk, 1) == []
    with pytest.raises(NotAllowed, match="has paused it"):
        desk.agent.take(replace(AGENT, on_line=frozenset({one.id})), one.id, NOW)
    assert desk.leader.resume(LEADER, [one.id], NOW) == Bulk((one.id,))
    assert turn(desk, 1) == [one.id]


def test_a_bulk_action_does_what_it_can_and_tells_what_it_left(desk: Desk) -> None:
    calling, free, closed = (desk.left(str(n), at=NOW - minutes(60 - n)) for n in (1, 2, 3))
    desk.agent.next(AGENT, NOW, ["power"])
    desk.calling(calling.id)
    desk.leader.cancel(LEADER, [closed.id], "twice", NOW)
    ids = [calling.id, free.id, closed.id, free.id]
    assert desk.leader.cancel(LEADER, ids[:3], "the line is closed", NOW) == Bulk(
        (free.id,), (calling.id, closed.id)
    )
    states = [one.state for n in (calling, free) if (one := desk.book.promise(n.id))]
    assert states == [PromiseState.TALKING, PromiseState.CANCELLED]
    with pytest.raises(NotAllowed, match="being called"):
        desk.leader.cancel(LEADER, [calling.id], "x", NOW)


@pytest.mark.parametrize(
    ("ids", "why", "field"),
    [([], "x", "promise"), ([1], " ", "why"), ([1], "x" * 201, "why"), ([99], "x", "promise")],
)
def test_a_cancel_without_reason_or_promise_is_refused(
    desk: Desk, ids: list[int], why: str, field: str
) -> None:
    desk.left("1")
    with pytest.raises(NotAllowed) as refused:
        desk.leader.cancel(LEADER, ids, why, NOW)
    assert refused.value.field == field
    assert len(desk.book.open_promises()) == 1


def test_an_agent_does_nothing_of_a_leaders(desk: Desk) -> None:
    one, other = desk.left("1"), desk.left("2")
    desk.leader.assign(LEADER, [one.id], MEMBER, NOW)
    work = desk.leader
    for wish in (
        lambda: work.find(AGENT, Filters(), NOW),
        lambda: work.late(AGENT, NOW),
        lambda: work.soon(AGENT, NOW),
        lambda: work.to_front(AGENT, one.id, NOW),
        lambda: work.before(AGENT, one.id, other.id, NOW),
        lambda: work.assign(AGENT, [other.id], MEMBER, NOW),
        lambda: work.pause(AGENT, [one.id], "x", NOW),
        lambda: work.resume(AGENT, [one.id], NOW),
        lambda: work.cancel(AGENT, [one.id], "x", NOW),
        lambda: work.seen(AGENT, [one.id], NOW),
        lambda: work.let(AGENT, [one.id], NOW),
        lambda: work.merge(AGENT, one.id, other.id, NOW),
        lambda: work.group(AGENT, "power/north/1"),
        lambda: work.silent(AGENT),
        lambda: work.gone(AGENT, "west", "x", NOW),
        lambda: work.close_group(AGENT, "power/north/1", "x", NOW),
    ):
        with pytest.raises(NotAllowed, match="Only a leader"):
            wish()
    assert [row.state for row in desk.book.open_promises()] == [PromiseState.OPEN] * 2


def test_pages_of_a_list_follow_each_other_without_gap_or_repeat(desk: Desk) -> None:
    ids = [desk.left(str(n), at=NOW - minutes(60 - n)).id for n in range(1, 8)]
    seen, after = [], ""
    for _ in range(4):
        page = desk.leader.find(LEADER, Filters(), NOW, after=after, limit=2)
        seen += [one.id for one in page.rows]
        after = page.after
    assert seen == ids
    assert after == ""
    with pytest.raises(NotAllowed, match="no such page"):
        desk.leader.find(LEADER, Filters(), NOW, after="x")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Filters(scope="water"), {"5"}),
        (Filters(matter=Matter.FAULT), {"2"}),
        (Filters(state=PromiseState.CANCELLED), {"3"}),
        (Filters(paused=True), {"4"}),
        (Filters(agent=MEMBER), {"1"}),
        (Filters(number="13900000003"), {"3"}),
        (Filters(reference="000002"), {"2"}),
        (Filters(when=When.DUE), {"1", "2", "5"}),
        (Filters(state=PromiseState.OPEN, scope="power", matter=Matter.BILL), {"1", "4"}),
    ],
)
def test_a_leader_finds_what_he_asks_for(desk: Desk, wanted: Filters, found: set[str]) -> None:
    made = {str(n): desk.left(str(n)).id for n in (1, 3, 4)}
    made["2"] = desk.left("2", matter=Matter.FAULT).id
    made["5"] = desk.left("5", scope="water").id
    desk.leader.assign(LEADER, [made["1"]], MEMBER, NOW)
    desk.leader.cancel(LEADER, [made["3"]], "twice", NOW)
    desk.leader.pause(LEADER, [made["4"]], "x", NOW)
    rows = desk.leader.find(LEADER, wanted, NOW).rows
    assert {key for key, id_ in made.items() if id_ in {one.id for one in rows}} == found


def test_what_is_owed_soon_and_what_is_late_is_found(book: Store) -> None:
    desk = Desk(book)
    after: dict[Matter, timedelta] = {
        Matter.BILL: minutes(-5),
        Matter.FAULT: minutes(30),
        Matter.TIPOFF: minutes(600),
    }
    terms = Terms(owed=lambda matter, _at: Owed(first_by=NOW + after[matter]))
    for number, matter in enumerate(after):
        capture = replace(
            desk.book.captures_of(desk.left(str(number)).id)[0],
            key=f"x:{number}",
            matter=matter,
            number=f"1390001{number}",
        )
        book.import_captures([capture], "test", 0, NOW, terms=terms)
    assert [one.matter for one in desk.leader.late(LEADER, NOW)] == [Matter.BILL]
    assert [one.matter for one in desk.leader.soon(LEADER, NOW)] == [Matter.FAULT]
    rows = desk.leader.find(LEADER, Filters(when=When.LATE), NOW).rows
    assert [one.matter for one in rows] == [Matter.BILL]


def reports(desk: Desk, count: int) -> list[int]:
    """Callers of one region who report the same fault."""
    terms = Terms(fault=lambda one: f"{one.scope}/{one.region}/20000")
    ids = []
    for number in range(count):
        base = desk.book.captures_of(desk.left(f"9{number}").id)[0]
        made = replace(
            base, key=f"f:{number}", number=f"1370000{number}", region="north", matter=Matter.FAULT
        )
        desk.book.import_captures([made], "test", 0, NOW, terms=terms)
        ids += [one.id for one in desk.book.search(number=made.number)]
    return ids


def test_a_group_of_the_same_fault_is_closed_with_one_reason(desk: Desk) -> None:
    """C3."""
    ids = reports(desk, 3)
    fault = "power/north/20000"
    assert [one.id for one in desk.leader.group(LEADER, fault)] == ids
    assert desk.leader.close_group(LEADER, fault, "mended, told by radio", NOW).done == tuple(ids)
    for id_ in ids:
        one = desk.book.promise(id_)
        assert one is not None
        assert (one.state, one.reason) == (PromiseState.CANCELLED, "mended, told by radio")
    with pytest.raises(NotAllowed, match="No open promise is about that fault"):
        desk.leader.close_group(LEADER, fault, "again", NOW)


def test_only_the_same_number_or_the_same_fault_is_merged(desk: Desk) -> None:
    first, second, _ = reports(desk, 3)
    stranger = desk.left("1")
    with pytest.raises(NotAllowed, match="one number, or about the same fault"):
        desk.leader.merge(LEADER, first, stranger.id, NOW)
    desk.leader.merge(LEADER, first, second, NOW)
    merged, into = desk.book.promise(first), desk.book.promise(second)
    assert merged is not None
    assert into is not None
    assert (merged.state, into.captures) == (PromiseState.MERGED, 2)
    with pytest.raises(NotAllowed, match="closed"):
        desk.leader.merge(LEADER, first, second, NOW)


def test_what_is_on_the_leaders_list_is_let_or_looked_at(desk: Desk) -> None:
    one, other = desk.left("1"), desk.left("2")
    for id_ in (one.id, other.id):
        desk.book.hold(id_, NOW, NOW + timedelta(days=400), "no number")
    assert {row.id for row in desk.leader.find(LEADER, Filters(attention=True), NOW).rows} == {
        one.id,
        other.id,
    }
    assert desk.leader.let(LEADER, [one.id], NOW).done == (one.id,)
    assert desk.leader.seen(LEADER, [other.id], NOW).done == (other.id,)
    with pytest.raises(NotAllowed, match="not on the leader's list"):
        desk.leader.let(LEADER, [one.id], NOW)


def test_nobody_acts_on_a_number_that_is_none(desk: Desk) -> None:
    wishes: list[Callable[[], object]] = [
        lambda: desk.leader.to_front(LEADER, 77, NOW),
        lambda: desk.agent.note(LEADER, -1, "x", NOW),
        lambda: desk.agent.note(LEADER, 10**20, "x", NOW),
    ]
    for wish in wishes:
        with pytest.raises(NotAllowed, match="There is no promise"):
            wish()
    assert Actor("x") == Actor("x", "", False)
