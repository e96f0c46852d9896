"""Who holds an Asterisk: one at a time, by the database's clock, each with a higher fence."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from fallback.decision import Change
from fallback.modes import Mode
from fallback.state import SavedScope
from store import Store
from store.several import together

EAST, ONE, TWO = "east", "bridge-1", "bridge-2"
NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)


def test_a_second_bridge_gets_nothing_while_the_first_one_holds(book: Store) -> None:
    first = book.take_hold(EAST, ONE, 60)
    assert first is not None
    assert book.take_hold(EAST, TWO, 60) is None
    assert book.renew_hold(EAST, ONE, 60)
    assert not book.renew_hold(EAST, TWO, 60)
    (row,) = book.holders()
    assert (row.pbx, row.holder, row.fence, row.linked) == (EAST, ONE, first.fence, True)
    assert 50 < row.left <= 60


def test_each_taking_raises_the_fence_also_ones_own(book: Store) -> None:
    first, again = book.take_hold(EAST, ONE, 60), book.take_hold(EAST, ONE, 60)
    far = book.take_hold(EAST, ONE, 60, least=10**15)
    after = book.take_hold(EAST, ONE, 60)
    fences = [one.fence for one in (first, again, far, after) if one]
    assert len(fences) == 4
    assert fences[0] < fences[1] < 10**15 < fences[2] < fences[3]


def test_what_lapsed_or_was_given_up_is_anybodys_and_is_told_to_who_had_it(book: Store) -> None:
    assert book.take_hold(EAST, ONE, 0.05)
    time.sleep(0.1)
    assert book.renew_hold(EAST, ONE, 0.05), "nobody took it meanwhile"
    time.sleep(0.1)
    assert book.take_hold(EAST, TWO, 60)
    assert not book.renew_hold(EAST, ONE, 60)
    assert not book.give_up_hold(EAST, ONE)
    assert book.give_up_hold(EAST, TWO)
    assert book.take_hold(EAST, ONE, 60)


def test_who_does_not_reach_the_asterisk_gives_way_to_one_who_does(book: Store) -> None:
    book.take_hold(EAST, ONE, 60)
    book.renew_hold(EAST, ONE, 60, linked=False)
    assert book.take_hold(EAST, TWO, 60, linked=False) is None
    assert book.take_hold(EAST, TWO, 60) is not None


def test_of_many_who_come_at_once_one_gets_it(book: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda number: book.take_hold(EAST, f"bridge-{number}", 60), range(8)))
    assert sum(one is not None for one in got) == 1


def test_only_the_first_asterisk_of_a_book_has_plain_names(book: Store) -> None:
    roles = book.take_hold("role:site", ONE, 60)
    east, west = book.take_hold(EAST, ONE, 60), book.take_hold("west", TWO, 60)
    again = book.take_hold(EAST, ONE, 60)
    assert [one and one.first for one in (roles, east, west, again)] == [False, True, False, True]


def test_two_asterisks_keep_their_modes_apart_and_close_only_their_own_incidents(url: str) -> None:
    with Store(url) as east, Store(url) as west:
        east.speak_for(EAST, first=True)
        west.speak_for("west", first=False)
        for one, mode in ((east, Mode.OUTAGE), (west, Mode.NORMAL)):
            saved = SavedScope("power", mode, mode, NOW, incident_key=f"INC-{mode}", incident_kind="A3")
            one.record([Change(NOW, "mode", "power", "", mode, "")], [saved], [], NOW, None)
        west.record([Change(NOW, "mode", "power", "", "x", "")], [], [], NOW, [])
        assert [one.effective for one in east.load_saved()] == [Mode.OUTAGE]
        assert [(one.name, one.effective) for one in west.load_saved()] == [("power", Mode.NORMAL)]
        assert [one.key for one in east.incidents(only_open=True)] == ["INC-OUTAGE"]
        assert [one.new for one in west.changes(subject="power")] == ["x", "NORMAL"]


def test_pages_see_all_asterisks_as_one_site(url: str) -> None:
    with Store(url) as east, Store(url) as west:
        east.speak_for(EAST, first=True)
        west.speak_for("west", first=False)
        east.put_live({"scopes": {"power": {"mode": 1}}, "agents": [1], "bridge": {"pid": 1}}, NOW)
        west.put_live({"scopes": {"power": {"mode": 2}}, "agents": [2], "bridge": {"pid": 2}}, NOW)
        rows = {key: row.value for key, row in east.live_rows().items()}
    assert rows == {
        "scopes": {"power": {"mode": 1}, "power @ west": {"mode": 2}},
        "agents": [1, 2],
        "bridge": {"pid": 1},
    }


def test_counts_of_several_are_added_and_the_oldest_stands() -> None:
    rows = {
        "duty": {"open": 1, "oldest": None, "trouble": ""},
        "duty @ w": {"open": 2, "oldest": "x", "trouble": "t"},
    }
    assert together(rows) == {"duty": {"open": 3, "oldest": "x", "trouble": "t"}}
