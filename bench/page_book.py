"""A book with many open promises, put straight into the tables, and the live rows of a bridge that writes every second."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

from sqlalchemy import create_engine, insert

from callbacks.values import Matter, NumberSource, PromiseState
from store import Store
from store.tables import capture, promise

AGENT, AGENTS, SCOPES = "PJSIP/agent-1", 20, ("power", "billing")
BATCH, SHOWN, OWED = 5000, 60, 100
MATTERS = (*(Matter.FAULT,) * 6, Matter.BILL, Matter.QUESTION, Matter.UNSTATED)


def fill(url: str, count: int, seed: int = 1) -> None:
    """An empty migrated book gets so many open promises and half as many that are done. One in a hundred is late, one paused,
    one on the leader's list, and one was handed to the agent; of each kind at least as many as a page shows, so that small and
    large books fill the same pages.
    """
    now, dice = datetime.now(UTC), random.Random(seed)
    marked, late = max(0.01, SHOWN / count), max(0.01, OWED / count)
    engine = create_engine(url)
    for start in range(0, count + count // 2, BATCH):
        ids = range(start + 1, min(start + BATCH, count + count // 2) + 1)
        rows = [_promise(id_, now, dice, (marked, late), is_open=id_ <= count) for id_ in ids]
        with engine.begin() as connection:
            connection.execute(insert(promise), rows)
            connection.execute(insert(capture), [_capture(row, now) for row in rows])
    with engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE")
    engine.dispose()


def _promise(
    id_: int, now: datetime, dice: random.Random, shares: tuple[float, float], *, is_open: bool
) -> dict[str, Any]:
    made = now - timedelta(seconds=dice.uniform(60, 86_400))
    tried = dice.random() < 0.3
    due = now + timedelta(seconds=dice.uniform(-7200, 7200)) if tried else made
    marked, owing = shares
    complains, late = dice.random() < max(0.1, marked), dice.random() < owing
    matter = Matter.COMPLAINT if complains else dice.choice(MATTERS)
    return {
        "scope": SCOPES[dice.random() < 0.2],
        "number": f"139{id_:08d}",
        "state": PromiseState.OPEN if is_open else PromiseState.DONE,
        "created_at": made,
        "due_at": due,
        "place_at": due,
        "attempts": int(tried),
        "tries": int(tried),
        "captures": 1,
        "matter": matter,
        "language": "zh-CN",
        "reason": "no_answer" if tried and is_open else "",
        "closed_at": None if is_open else now - timedelta(seconds=dice.uniform(0, 40_000)),
        "attention": dice.random() < marked,
        "assigned": AGENT if dice.random() < marked else "",
        "paused": dice.random() < marked,
        "first_by": now + timedelta(hours=-1 if late else 30),
        "first_at": made + timedelta(seconds=50) if tried and not late else None,
        "answer_by": now + timedelta(days=4) if matter is Matter.COMPLAINT else None,
        "fault": f"power/east/{id_ // 40}" if matter is Matter.FAULT else "",
    }


def _capture(row: dict[str, Any], now: datetime) -> dict[str, Any]:
    number = row["number"]
    return {
        "key": f"pbx1:{number}.1",
        "at": row["created_at"],
        "scope": row["scope"],
        "caller_id": number,
        "number": number,
        "source": NumberSource.OWN,
        "matter": row["matter"],
        "language": "zh-CN",
        "tier": 1,
        "wanted": True,
        "promised": True,
        "incident": "INC-power-20261121T101500Z",
        "reference": number[-6:],
        "promise_id": int(number[3:]),
        "imported_at": now,
    }


class PlayedBridge:
    """Writes the live rows every second, as a bridge does, while it is entered."""

    def __init__(self, url: str) -> None:
        self._store = Store(url)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._store.put_live(live(), datetime.now(UTC))
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        self._store.close()

    def _run(self) -> None:
        while not self._over.wait(1.0):
            self._store.put_live(live(), datetime.now(UTC))


def live() -> dict[str, Any]:
    """Live rows of this moment: a service that is well, and agents who are free."""
    now = datetime.now(UTC)
    since = (now - timedelta(minutes=4)).isoformat()
    scope = {
        "computed": "NORMAL",
        "effective": "NORMAL",
        "action": "pass",
        "since": since,
        "partial": "",
        "lines_left": 60,
        "lines_total": 60,
        "waiting": 0,
        "longest_wait": 0.0,
        "recovery_at": None,
        "callbacks_allowed": True,
        "stable_for": 240,
        "recovery_hold": 60.0,
        "incident": None,
        "override": None,
        "flag": {"written": True, "at": since},
    }
    trunk = {"health": "UP", "since": since, "detail": "", "in_use": 9, "channels": 30}
    members = (f"PJSIP/agent-{number}" for number in range(1, AGENTS + 1))
    return {
        "bridge": {
            "pid": 1,
            "version": "0",
            "started_at": since,
            "link": "up",
            "armed": True,
            "spool_backlog": 0,
        },
        "scopes": {name: {**scope, "queue": name} for name in SCOPES},
        "trunks": {"carrier-a": trunk, "carrier-b": trunk},
        "agents": [{"member": one, "queue": "power", "presence": "free", "since": since} for one in members],
        "calls": [],
    }


@contextmanager
def book(url: str, count: int) -> Iterator[str]:
    """A migrated book of so many open promises with a bridge that writes; its address."""
    with Store(url) as empty:
        empty.migrate()
    fill(url, count)
    with PlayedBridge(url):
        yield url
