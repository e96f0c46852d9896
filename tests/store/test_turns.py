"""Whose turn it is: the index's looks give what the rule says, and 8 claimers take nothing twice."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callbacks.rules import order_key
from callbacks.values import Capture, Matter, PromiseState
from store import Store

pytestmark = pytest.mark.slow

Build = Callable[..., Capture]
Keep = Callable[..., None]
NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
LEASE = 60.0
HEAD_START = {Matter.FAULT: 4 * 3600.0, Matter.COMPLAINT: 3600.0, Matter.QUESTION: -600.0}

WORKER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from callbacks.values import Matter
from store import Store
now = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)

def work(name):
    with Store(sys.argv[1]) as store:
        while got := store.claim_due(["power", "water"], 2, now, name, 600, head_start={Matter.FAULT: 600.0}):
            print(" ".join(str(one.id) for one in got) + "\\n", end="", flush=True)

sys.stdin.read(1)
with ThreadPoolExecutor(2) as pool:
    list(pool.map(work, sys.argv[2:]))
"""


def test_eight_claimers_in_four_processes_never_take_one_twice(
    url: str, book: Store, capture: Build, keep: Keep
) -> None:
    """Nobody is called twice: none double, none left."""
    matters = list(Matter)
    keep(
        *(
            capture(
                f"pbx1:{n}",
                number=f"139{n:08d}",
                matter=matters[n % 7],
                scope="power" if n % 3 else "water",
                at=NOW - timedelta(seconds=n),
            )
            for n in range(160)
        )
    )
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, url, f"bridge-{n}", f"agent-{n}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for n in range(4)
    ]
    for one in workers:
        assert one.stdin
        one.stdin.write("x")
        one.stdin.flush()
    said = [one.communicate(timeout=60)[0] for one in workers]
    assert [one.returncode for one in workers] == [0] * 4
    claimed = [int(word) for text in said for word in text.split()]
    assert len(claimed) == 160
    assert len(set(claimed)) == 160
    assert {one.state for one in book.open_promises(200)} == {PromiseState.CLAIMED}


Rows = list[tuple[Matter, int, bool]]  # matter, minutes ago, in the other scope


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(st.sampled_from(Matter), st.integers(0, 400), st.booleans()), min_size=1, max_size=12
    ),
    only=st.none() | st.sets(st.sampled_from(Matter)),
    limit=st.integers(1, 6),
)
def test_the_order_is_that_of_the_rule(
    book: Store, capture: Build, rows: Rows, only: set[Matter] | None, limit: int
) -> None:
    with book._database.write() as connection:
        for table in ("touch", "capture", "promise"):
            connection.exec_driver_sql(f"DELETE FROM {table}")  # noqa: S608  # our own names
    book.import_captures(
        [
            capture(
                f"pbx1:{n}",
                number=f"1390000{n:04d}",
                matter=matter,
                at=NOW - timedelta(minutes=ago),
                scope="water" if other else "power",
            )
            for n, (matter, ago, other) in enumerate(rows)
        ],
        "test",
        0,
        NOW,
    )
    want = sorted(book.open_promises(), key=lambda one: order_key(one, HEAD_START))
    expected = [one.id for one in want if only is None or one.matter in only][:limit]
    got = book.claim_due(["power", "water"], limit, NOW, "b", LEASE, head_start=HEAD_START, only=only)
    assert [one.id for one in got] == expected


def test_danger_is_first_whatever_the_others_head_start(book: Store, capture: Build, keep: Keep) -> None:
    keep(
        capture("pbx1:1", at=NOW - timedelta(days=2)),
        capture("pbx1:2", number="13900000002", matter=Matter.DANGER),
    )
    assert [one.id for one in book.claim_due(["power"], 2, NOW, "b", LEASE, head_start=HEAD_START)] == [2, 1]


def test_in_quiet_hours_danger_alone_is_claimed(book: Store, capture: Build, keep: Keep) -> None:
    """E4."""
    keep(capture("pbx1:1"), capture("pbx1:2", number="13900000002", matter=Matter.DANGER))
    only = {Matter.DANGER}
    got = book.claim_for_agent("PJSIP/agent-1", NOW, LEASE, only=only)
    assert got is not None
    assert got.matter is Matter.DANGER
    assert book.claim_due(["power"], 9, NOW, "b", LEASE, only=only) == []
    assert book.claim_for_agent("PJSIP/agent-2", NOW, LEASE, ["power"], only=only) is None
    assert book.claim_due(["power"], 9, NOW, "b", LEASE, only=()) == []


def test_somebody_who_speaks_of_danger_afterwards_is_first_from_then_on(
    book: Store, capture: Build, keep: Keep
) -> None:
    keep(
        capture("pbx1:1", at=NOW - timedelta(hours=3), number="13900000001", matter=Matter.BILL),
        capture("pbx1:2", matter=Matter.BILL),
    )
    keep(capture("pbx1:3", matter=Matter.DANGER))
    (first,) = book.claim_due(["power"], 1, NOW, "b", LEASE)
    assert (first.id, first.matter) == (2, Matter.DANGER)


def test_how_many_come_before_one_follows_the_rule(book: Store, capture: Build, keep: Keep) -> None:
    keep(
        *(
            capture(f"pbx1:{n}", number=f"1390000000{n}", matter=matter, at=NOW - timedelta(minutes=10 * n))
            for n, matter in enumerate(
                (Matter.BILL, Matter.FAULT, Matter.DANGER, Matter.BILL, Matter.QUESTION, Matter.COMPLAINT)
            )
        )
    )
    ranked = sorted(book.open_promises(), key=lambda one: order_key(one, HEAD_START))
    assert [book.ahead_of(one.id, HEAD_START) for one in ranked] == list(range(6))
    book.pause([ranked[0].id], NOW, "leader")
    assert book.ahead_of(ranked[1].id, HEAD_START) == 0
    assert book.ahead_of(99, HEAD_START) == 0


def test_an_agent_is_given_the_next_of_any_scope(book: Store, capture: Build, keep: Keep) -> None:
    keep(
        capture("pbx1:1", scope="water", at=NOW - timedelta(minutes=2)),
        capture("pbx1:2", scope="gas", at=NOW - timedelta(minutes=3)),
    )
    got = book.claim_for_agent("PJSIP/agent-1", NOW, LEASE)
    assert got is not None
    assert got.scope == "gas"
