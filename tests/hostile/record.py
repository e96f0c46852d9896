"""Records what Asterisk says to FastAGI in whole calls: ``python -m tests.hostile.record 22`` writes sessions/22-*.agi."""

import contextlib
import itertools
import socket
import sys
import threading
import time
from pathlib import Path

from bench.callers.crowd import Crowd
from bench.callers.person import Person, Way, number
from bench.callers.site import audible
from lab.lab import Lab

from .mangle import SESSIONS

LEAVES = {Way.LEAVES: 3.0, Way.KEYS_LEAVES: 6.0}


def main() -> int:
    """One session of each kind of caller."""
    version = sys.argv[1] if len(sys.argv) > 1 else "22"
    SESSIONS.mkdir(exist_ok=True)
    with Lab.start(version) as lab, socket.create_server((lab.agi_host, 0)) as door:
        threading.Thread(target=_listen, args=(door, lab, version), daemon=True).start()
        with audible(lab, caller={"dialogue": "full"}, agi_port=door.getsockname()[1]):
            crowd = Crowd(
                lab.facts,
                iter([_person(*one) for one in enumerate(way for way in Way if way is not Way.EARLY)]),
            )
            crowd.start()
            time.sleep(16)
            crowd.drain()
            crowd.close()
    return 0


def _person(index: int, way: Way) -> Person:
    other = number("138", index) if way in (Way.KEYS, Way.KEYS_LEAVES) else ""
    return Person(index, way, number("139", index), other, "a", 0.3, LEAVES.get(way), "1", 2.0)


def _listen(door: socket.socket, lab: Lab, version: str) -> None:
    for count in itertools.count(1):
        theirs, _ = door.accept()
        ours = socket.create_connection((lab.agi_host, lab.agi_port))
        threading.Thread(
            target=_pass, args=(theirs, ours, SESSIONS / f"{version}-{count}.agi"), daemon=True
        ).start()
        threading.Thread(target=_pass, args=(ours, theirs, None), daemon=True).start()


def _pass(source: socket.socket, target: socket.socket, file: Path | None) -> None:
    heard = b""
    with contextlib.suppress(OSError):  # a side that has gone before the other is no news
        while data := source.recv(65536):
            heard += data
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    if file is not None:
        file.write_bytes(heard)


if __name__ == "__main__":
    sys.exit(main())
