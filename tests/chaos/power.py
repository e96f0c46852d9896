"""A power cut that really drops what was not synced.

kill -9 loses nothing that was written: the kernel keeps it. So whoever writes append-only files notes, outside of itself,
how much of each file a sync has made durable; after the kill the files are cut back to that, or to any byte between it and
what was written, because a disk may have kept a part.
"""

import os
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def watch(ledger: Path, suffix: str) -> None:
    """From now on this process notes every sync of files whose names end so."""
    out = os.open(ledger, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    paths: dict[int, str] = {}
    plain: Any = os
    really_open, really_close = os.open, os.close

    def open_(path: Any, *rest: Any, **more: Any) -> int:
        fd = really_open(path, *rest, **more)
        if str(path).endswith(suffix):
            paths[fd] = str(path)
        return fd

    def close(fd: int) -> None:
        paths.pop(fd, None)
        really_close(fd)

    def noting(really: Callable[[int], None]) -> Callable[[int], None]:
        def sync(fd: int) -> None:
            size = os.fstat(fd).st_size if fd in paths else 0  # what stands there now is durable afterwards
            really(fd)
            if fd in paths:
                os.write(out, f"{size} {paths[fd]}\n".encode())

        return sync

    plain.open, plain.close = open_, close
    plain.fsync, plain.fdatasync = noting(os.fsync), noting(os.fdatasync)


def durable(ledger: Path) -> dict[str, int]:
    """Path → bytes that a sync has made durable. A file cut back on purpose afterwards may be shorter."""
    sizes: dict[str, int] = {}
    if ledger.exists():
        for line in ledger.read_text().splitlines():
            size, _, path = line.partition(" ")
            if size.isdigit() and path:
                sizes[path] = max(int(size), sizes.get(path, 0))
    return sizes


def cut(folder: Path, suffix: str, ledger: Path, dice: random.Random) -> int:
    """Drops what was not synced of the files in ``folder``; returns how many bytes that were. Nobody may write to them any
    more. Files stay, if only as names: their folder is synced before the first line is written.
    """
    kept, dropped = durable(ledger), 0
    for file in sorted(folder.glob(f"*{suffix}")):
        size, safe = file.stat().st_size, kept.get(str(file), 0)
        if size <= safe:
            continue
        left = dice.choice((safe, dice.randint(safe, size)))  # all that was not synced, or a torn part of it
        dropped += size - left
        os.truncate(file, left)
    return dropped


@contextmanager
def noting_sync(tools: Path, ledger: Path) -> Iterator[None]:
    """Whatever this process starts meanwhile finds a ``sync`` that syncs as ever and notes the size of the file, as it was
    before. The dial plan calls it by its name after each line of tier 3.
    """
    really = shutil.which("sync") or "/bin/sync"
    script = tools / "sync"
    script.write_text(
        f"""#!/bin/sh
for last; do :; done
size=$(stat -c %s "$last") && {really} "$@" && echo "$size $last" >>{ledger}
"""
    )
    script.chmod(0o755)
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = f"{tools}:{before}"
    try:
        yield
    finally:
        os.environ["PATH"] = before
