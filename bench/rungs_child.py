"""The process that ``bench.rungs`` kills: Alerts as the bridge runs it, with ways that only write down what they were given.

Its folder holds ``orders.jsonl`` (what the decision core says: rungs with their due times, stops), read again from the
start by every run, as a restored core says them again; ``sent.jsonl`` (what left, the truth that no kill can take back)
and the journal. With --die-at it kills itself at a line of the journal.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from alerts.book import Entry
from alerts.dispatcher import Alerts
from alerts.journal import FileJournal, encode
from alerts.policy import AlertPolicy, Duty, Person, Reach, Way
from alerts.ports import Loaded
from alerts.values import Fate, Message, Receipt
from fallback.decision import RaiseRung, StopRungs
from fallback.time import Now

ORDERS, SENT, READY = "orders.jsonl", "sent.jsonl", "ready.jsonl"
PATIENCE = 0.5  # seconds until an unconfirmed way is followed by the next
LOOK_EVERY = 0.01
WAYS = (Way.CALL, Way.SMS, Way.NOTE)
PEOPLE = ("one", "two", "three")


def policy() -> AlertPolicy:
    """Three people, three ways each; every role is one of them."""
    people = {name: Person(name, "en", tuple(Reach(way, name) for way in WAYS)) for name in PEOPLE}
    return AlertPolicy(
        people=people,
        roles={name: (Duty(name),) for name in PEOPLE},
        confirm_within=dict.fromkeys(Way, PATIENCE),
        limit=1_000_000,
    )


class Paper:
    """A way that writes down, after and before short waits, so that kills fall on every side of it."""

    def __init__(self, way: Way, folder: Path) -> None:
        self.way = way
        self._file = os.open(folder / SENT, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    async def send(self, message: Message) -> Receipt:
        """Now it has left."""
        await asyncio.sleep(random.uniform(0, 0.03))
        line = {
            "key": message.key,
            "rung": message.rung,
            "person": message.person,
            "way": self.way,
            "at": time.time(),
        }
        os.write(self._file, json.dumps(line).encode() + b"\n")
        await asyncio.sleep(random.uniform(0, 0.05))
        return Receipt(Fate.SENT)


class Deadly:
    """A journal that ends the process at its n-th line: before it, in the middle of it, or after it."""

    def __init__(self, inner: FileJournal, at: int, how: str) -> None:
        self._inner, self._left, self._how = inner, at, how

    def load(self) -> Loaded:
        """As it is."""
        return self._inner.load()

    def append(self, entries: Sequence[Entry]) -> None:
        """One by one, until it is time."""
        for entry in entries:
            self._left -= 1
            if self._left == 0:
                self._die(entry)
            self._inner.append([entry])

    def compact(self, keep: Callable[[Entry], bool]) -> int:
        """As it is."""
        return self._inner.compact(keep)

    def _die(self, entry: Entry) -> None:
        if self._how == "after":
            self._inner.append([entry])
        elif self._how == "torn":
            data = encode(entry)
            with self._inner.path.open("ab") as file:
                file.write(data[: len(data) // 2])
        os.kill(os.getpid(), signal.SIGKILL)


async def serve(folder: Path, die_at: int, die_how: str) -> None:
    """Until killed."""
    journal = FileJournal(folder / "alerts")
    alerts = Alerts(
        policy(),
        Deadly(journal, die_at, die_how) if die_at else journal,
        {way: Paper(way, folder) for way in WAYS},
        lambda: Now(datetime.now(UTC), time.monotonic()),
        _recorded,
        lambda news: None,
    )
    core = Core(folder / ORDERS, alerts)
    core.look()  # what was said before is said again before anything is sent, as a restored core does
    running = asyncio.create_task(alerts.run())
    await asyncio.wait({running, asyncio.create_task(alerts.ready())}, return_when=asyncio.FIRST_COMPLETED)
    with (folder / READY).open("a") as file:
        file.write(json.dumps({"pid": os.getpid(), "at": time.time()}) + "\n")
    await asyncio.gather(running, core.follow())


async def _recorded() -> None:
    return


class Core:
    """Says every order at its time, from the first one on."""

    def __init__(self, orders: Path, alerts: Alerts) -> None:
        self._orders, self._alerts, self._place = orders, alerts, 0

    async def follow(self) -> None:
        """Until killed."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_EVERY)

    def look(self) -> None:
        """Takes up what is new; what is due is said at once."""
        with self._orders.open("rb") as file:
            file.seek(self._place)
            lines = file.read().split(b"\n")[:-1]
        for line in lines:
            self._place += len(line) + 1
            order = json.loads(line)
            wait = order["at"] - time.time()
            if wait <= 0:
                _do(order, self._alerts)
            else:
                asyncio.get_running_loop().call_later(wait, _do, order, self._alerts)


def _do(order: dict[str, Any], alerts: Alerts) -> None:
    if order["do"] == "stop":
        alerts.stop(StopRungs(order["incident"], "one", tuple(order["rungs"])))
        return
    alerts.raise_rung(
        RaiseRung(
            key=f"{order['incident']}/{order['rung']}",
            incident=order["incident"],
            rung=order["rung"],
            roles=tuple(order["roles"]),
            text="a2-engineer",
            due_at=datetime.fromtimestamp(order["at"], UTC),
            facts={"kind": "A2", "scope": "power"},
        )
    )


def main(argv: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.rungs_child", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--die-at", type=int, default=0)
    parser.add_argument("--die-how", choices=("before", "torn", "after"), default="after")
    options = parser.parse_args(argv)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    asyncio.run(serve(options.folder, options.die_at, options.die_how))
    return 0


if __name__ == "__main__":
    sys.exit(main())
