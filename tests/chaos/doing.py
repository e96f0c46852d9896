"""How each kind of fault is done, and undone."""

import contextlib
import os
import random
import resource
import signal
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager

from bench.callers.crowd import Crowd

from .clock import set_offset
from .plan import Fault, Kind
from .world import DB, SCRIPT, World

STEPS = (-7200.0, -90.0, -5.0, 5.0, 90.0, 7200.0)  # seconds by which the clock may jump
DELAYS = (0.1, 0.5, 2.5)
Doing = Callable[[World, Crowd, Fault], AbstractContextManager[None]]


@contextmanager
def _bridge_kill(world: World, crowd: Crowd, fault: Fault) -> Iterator[None]:
    world.kill_bridge()
    yield
    world.raise_bridge()


@contextmanager
def _bridge_freeze(world: World, crowd: Crowd, fault: Fault) -> Iterator[None]:
    world.signal_bridge(signal.SIGSTOP)
    try:
        yield
    finally:
        world.signal_bridge(signal.SIGCONT)


@contextmanager
def _asterisk_kill(world: World, crowd: Crowd, fault: Fault) -> Iterator[None]:
    _kill_asterisk(world, crowd)
    yield
    _raise_asterisk(world, crowd)


def _kill_asterisk(world: World, crowd: Crowd) -> None:
    world.lab.cut("asterisk")
    crowd.lines_die()


def _raise_asterisk(world: World, crowd: Crowd) -> None:
    """Another fault's end may have started it already: whoever it has taken is not on a dead line."""
    if world.asterisk_runs:
        return
    crowd.lines_die()
    world.lab.restore("asterisk")


@contextmanager
def _script_kill(world: World, crowd: Crowd, fault: Fault) -> Iterator[None]:
    """Callers get to the script only while the bridge is away."""
    world.kill_bridge()
    end = time.monotonic() + 1.5
    while not (scripts := world.asterisk_children(SCRIPT)) and time.monotonic() < end:
        time.sleep(0.02)
    time.sleep(0.6 * fault.dice)
    _kill({*scripts, *world.asterisk_children(SCRIPT)})
    yield
    world.raise_bridge()


def _kill(pids: Iterable[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@contextmanager
def _console_kill(world: World, crowd: Crowd, fault: Fault) -> Iterator[None]:
    world.kill_console()
    yield
    world.raise_console()


@contextmanager
def _link_cut(world: World, crowd: Crowd, fault: Fault) -> Iterator[None]:
    world.proxy.cut()
    try:
        yield
    finally:
        world.proxy.mend()


@contextmanager
def _link_reset(world: World, crowd: Crowd, fault: Fault) -> Iterator[None]:
    world.proxy.reset()
    yield


@contextmanager
def _link_half_open(world: World, crowd: Crowd, fault: Fault) -> Iterator[None]:
    world.proxy.half_open()
    try:
        yield
    finally:
        world.proxy.mend()


@contextmanager
def _link_delay(world: World, crowd: Crowd, fault: Fault) -> Iterator[None]:
    world.proxy.delay(DELAYS[int(fault.dice * len(DELAYS))])
    try:
        yield
    finally:
        world.proxy.mend()


@contextmanager
def _store_locked(world: World, crowd: Crowd, fault: Fault) -> Iterator[None]:
    """Another program holds the book's write lock."""
    with contextlib.closing(sqlite3.connect(world.database, timeout=15, isolation_level=None)) as other:
        with contextlib.suppress(
            sqlite3.OperationalError
        ):  # somebody frozen holds it already: locked all the same
            other.execute("BEGIN IMMEDIATE")
        yield
        if other.in_transaction:
            other.execute("ROLLBACK")


@contextmanager
def _store_gone(world: World, crowd: Crowd, fault: Fault) -> Iterator[None]:
    """The book's files are not where they were, and come back as they are. Whoever has them open still has them."""
    files = [world.database.with_name(DB + end) for end in ("", "-wal", "-shm")]
    away = [file.with_name(f"away-{file.name}") for file in files]
    for file, there in zip(files, away, strict=True):
        if file.exists():
            file.rename(there)
    try:
        yield
    finally:
        for file, there in zip(files, away, strict=True):
            file.unlink(missing_ok=True)  # an empty one that somebody made meanwhile
            if there.exists():
                there.rename(file)


@contextmanager
def _store_older(world: World, crowd: Crowd, fault: Fault) -> Iterator[None]:
    """The book is lost and an older copy takes its place; what is missing comes out of the spool again."""
    world.kill_bridge()
    world.pour_back()
    yield
    world.raise_bridge()


@contextmanager
def _postgresql_kill(world: World, crowd: Crowd, fault: Fault) -> Iterator[None]:
    """kill -9 of the whole server; it is back when the fault is over."""
    world.kill_postgres()
    try:
        yield
    finally:
        world.raise_postgres()


@contextmanager
def _disk_full(world: World, crowd: Crowd, fault: Fault) -> Iterator[None]:
    """No file of the bridge can grow: the limit stands in for a full disk, for the bridge alone."""
    pid = world.bridge_pid
    if pid is None:
        yield
        return
    _limit(pid, int(fault.dice * 4096))
    try:
        yield
    finally:
        _limit(pid, resource.RLIM_INFINITY)


def _limit(pid: int, size: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@contextmanager
def _clock_step(world: World, crowd: Crowd, fault: Fault) -> Iterator[None]:
    set_offset(world.site.clock_file, STEPS[int(fault.dice * len(STEPS))])
    try:
        yield
    finally:
        set_offset(world.site.clock_file, 0.0)


@contextmanager
def _power_cut(world: World, crowd: Crowd, fault: Fault) -> Iterator[None]:
    """Bridge, Asterisk and console stop at once, and their files lose what was not synced."""
    world.kill_bridge()
    scripts = world.asterisk_children(SCRIPT)
    _kill_asterisk(world, crowd)
    _kill(scripts)
    world.kill_console()
    world.drop_unsynced(random.Random(fault.dice))
    yield
    _raise_asterisk(world, crowd)
    world.raise_bridge()
    world.raise_console()


DOING: dict[Kind, Doing] = {
    Kind.BRIDGE_KILL: _bridge_kill,
    Kind.BRIDGE_FREEZE: _bridge_freeze,
    Kind.ASTERISK_KILL: _asterisk_kill,
    Kind.SCRIPT_KILL: _script_kill,
    Kind.CONSOLE_KILL: _console_kill,
    Kind.LINK_CUT: _link_cut,
    Kind.LINK_RESET: _link_reset,
    Kind.LINK_HALF_OPEN: _link_half_open,
    Kind.LINK_DELAY: _link_delay,
    Kind.STORE_LOCKED: _store_locked,
    Kind.STORE_GONE: _store_gone,
    Kind.STORE_OLDER: _store_older,
    Kind.POSTGRESQL_KILL: _postgresql_kill,
    Kind.DISK_FULL: _disk_full,
    Kind.CLOCK_STEP: _clock_step,
    Kind.POWER_CUT: _power_cut,
}
