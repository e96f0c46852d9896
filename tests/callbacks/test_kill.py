"""Killed with -9 at any moment: what a caller was promised is in the book, once (E8)."""

import multiprocessing
import os
import random
import signal
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from time import sleep

import pytest

from callbacks.importer import Importer, import_once
from callbacks.spool import Spool
from callbacks.values import Capture, Matter, NumberSource
from store import Store, migrate

pytestmark = pytest.mark.slow

KILLS = 24
_CALLERS = 20  # so few that every one of them rings in several runs


def _capture(run: int, n: int) -> Capture:
    number = f"139000000{n % _CALLERS:02d}"
    return Capture(
        f"pbx1:{run}.{n}",
        datetime.now(UTC),
        *("power", number, number, NumberSource.OWN, Matter.FAULT, "zh-CN", 1, True, True),
    )


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
        assert sum(one.captures for one in promises) == store.summary().captures
        again = import_once(store, tmp_path / "spool", tmp_path / "tier3", "pbx1", datetime.now(UTC))
    assert (again.lines, again.new) == (0, 0)
    assert report.problems == () or report.damaged > 0


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
