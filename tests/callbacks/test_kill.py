"""Killed with -9 at any moment: what a caller was promised, or asked for, is in the book, once (E8)."""

import multiprocessing
import os
import random
import signal
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from time import sleep

import pytest

from callbacks.importer import Importer, import_once
from callbacks.spool import Spool
from callbacks.values import Asks, Capture, Matter, NumberSource, PromiseState
from store import Store, migrate

pytestmark = pytest.mark.slow

KILLS = 24
_CALLERS = 20  # so few that every one of them rings in several runs


def _capture(run: int, n: int) -> Capture:
    """Of five, three are calls; then the first of them is cancelled, and the cancel undone."""
    first, which = n - n % 5, n % 5
    of = first if which > 2 else n
    number = f"139000000{of % _CALLERS:02d}"
    facts = ("power", number, number, NumberSource.OWN, Matter.FAULT, "zh-CN", 1, True, True)
    call = Capture(f"pbx1:{run}.{n}", datetime.now(UTC), *facts, reference=_reference(run, n))
    if which <= 2:
        return call
    asks = Asks.CANCEL if which == 3 else Asks.UNDO
    return replace(call, key=f"{call.key}/2", reference="", asks=asks, about=_reference(run, first))


def _reference(run: int, n: int) -> str:
    return f"{run:02d}{n:08d}"


def _serve(folder: Path, run: int, acknowledged: Connection) -> None:
    """A bridge in small: captures come in and are imported at the same time, until somebody kills it."""
    store = Store(f"sqlite:///{folder / 'book.db'}")
    importer = Importer(store, folder / "spool", folder / "tier3", "pbx1")

    def bring_in() -> None:
        while True:
            importer.run_once(datetime.now(UTC))

    Thread(target=bring_in, daemon=True).start()
    spool = Spool(folder / "spool", linger=0.001)
    n = 0
    while True:
        group = [_capture(run, n + i) for i in range(5)]
        n += 5
        for done in [spool.submit(one) for one in group]:
            done.result()
        acknowledged.send([one.key for one in group])


def test_every_acknowledged_capture_is_in_the_book_once(tmp_path: Path) -> None:
    (tmp_path / "spool").mkdir()
    (tmp_path / "tier3").mkdir()
    url = f"sqlite:///{tmp_path / 'book.db'}"
    migrate(url)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["store", "callbacks.importer", "callbacks.spool"])
    random.seed(7)
    promised: list[str] = []
    for run in range(KILLS):
        hears, says = context.Pipe(duplex=False)
        child = context.Process(target=_serve, args=(tmp_path, run, says))
        child.start()
        says.close()
        promised += hears.recv()  # it lives
        sleep(random.uniform(0, 0.06))
        assert child.pid is not None
        os.kill(child.pid, signal.SIGKILL)
        child.join()
        promised += _rest(hears)
        child.close()
    with Store(url) as store:
        report = import_once(store, tmp_path / "spool", tmp_path / "tier3", "pbx1", datetime.now(UTC))
        assert len(promised) >= KILLS * 5
        assert [key for key in promised if store.capture(key) is None] == []
        promises = store.open_promises(1000)
        assert len({one.number for one in promises}) == len(promises)
        with store._database.read() as connection:
            query = "SELECT count(*) FROM capture WHERE asks = ''"
            calls = connection.exec_driver_sql(query).scalar_one()
        everything = store.promises(100_000, *PromiseState)
        assert sum(one.captures for one in everything) == calls
        assert [key for key in promised if not _stands(store, key)] == []
        again = import_once(store, tmp_path / "spool", tmp_path / "tier3", "pbx1", datetime.now(UTC))
    assert (again.lines, again.new) == (0, 0)
    assert report.problems == () or report.damaged > 0


def _stands(store: Store, key: str) -> bool:
    """A call's promise is open, also of one that was cancelled and is not; a request had its effect."""
    one = store.capture(key)
    assert one is not None
    facts = store.look_up(one.number, one.about or one.reference)
    return facts is not None and facts.state is PromiseState.OPEN


def _rest(hears: Connection) -> list[str]:
    """What the child had acknowledged before it died."""
    keys: list[str] = []
    try:
        while hears.poll(0):
            keys += hears.recv()
    except (EOFError, OSError):
        pass
    finally:
        hears.close()
    return keys
