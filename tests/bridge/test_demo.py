"""The demo as a newcomer runs it: it ends well, counts nothing lost, and leaves the papers; Ctrl-C leaves nothing behind."""

import hashlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIMIT = 480.0  # seconds; the story takes a bit more than four minutes on a machine that does nothing else

pytestmark = [pytest.mark.asterisk, pytest.mark.slow]


@pytest.fixture
def runtime() -> Iterator[Path]:
    """Where the demo's lab is; short, because the path of a socket may not be long."""
    with tempfile.TemporaryDirectory(prefix="hf-") as name:
        yield Path(name)


@pytest.fixture
def demo(runtime: Path) -> Iterator["subprocess.Popen[str]"]:
    """In a process group of its own, as a terminal would start it; its lab is in a folder of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "lab.demo"],
        cwd=ROOT,
        env=os.environ | {"XDG_RUNTIME_DIR": str(runtime)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    yield process
    if process.poll() is None:
        process.terminate()
        process.wait(60)
    process.stdout.close()


def read_until(process: "subprocess.Popen[str]", words: str) -> str:
    """What it has said by the line that holds these words."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if words in line:
            return said
    raise AssertionError(f"it never said {words!r}:\n{said}")


def row(table: str, name: str) -> str:
    """The value in a row of the account."""
    found = re.search(rf"^{re.escape(name)} {{2,}}(.*)$", table, re.MULTILINE)
    assert found, f"no row {name!r} in:\n{table}"
    return found.group(1)


def processes_of(runtime: Path) -> list[str]:
    """Command lines of living processes that were given this folder by their environment or their arguments."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            known = (folder / "environ").read_bytes() + (folder / "cmdline").read_bytes()
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue  # it has just ended
        if str(runtime).encode() in known and state != "Z" and folder.name != str(os.getpid()):
            found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


def listens(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex((host, port)) == 0


def test_the_demo_ends_well_and_counts_nobody_lost_and_nobody_twice(demo: "subprocess.Popen[str]") -> None:
    said, _ = demo.communicate(timeout=LIMIT)
    assert demo.returncode == 0, said
    table = said[said.index("calls placed") :]
    assert row(table, "lost") == "0"
    assert row(table, "twice") == "0"
    assert row(table, "in the book and due to nobody") == "0"
    assert row(table, "promises due from what callers did") == row(table, "promises in the book")
    assert int(row(table, "promises in the book")) >= 15
    assert row(table, "had waited in the queue").startswith("2 (all called back before")
    assert row(table, "cancelled by the caller") == "1 (0 of them called)"
    assert row(table, "told that it is over") == "1 of 1 who asked for it (once)"
    assert int(row(table, "messages to the duty role").split()[0]) >= 1
    assert "caller and helper talk" in said
    assert "is called back (by agent 2 himself)" in said
    assert "is called back (at the time that he wished for)" in said
    assert re.search(r"he writes the outcome: fault order \S+, the caller is satisfied", said)
    assert row(table, "Never dialled") == "0"
    bridge, script, dial_plan = map(
        int, row(table, "taken by the bridge, the local script, the dial plan").split(", ")
    )
    assert bridge
    assert dial_plan
    assert script or os.getloadavg()[0] > 2 * (os.cpu_count() or 1)  # a start needs a processor for itself

    assert row(table, "rungs omitted") == "0"
    assert row(table, "rungs doubled on one way") == "0"
    assert int(row(table, "rungs due").split()[0]) == int(row(table, "rungs sent")) >= 5
    assert "engineer on duty" in row(table, "acknowledged")
    told, to_tell = row(table, "told of the end").split(" of ")
    assert told == to_tell
    the_papers_are_whole(said)


def the_papers_are_whole(said: str) -> None:
    """Both incidents are archived with checksums that hold, and the public could read start and end."""
    archived = re.search(r"archived 2 in (\S+)", said)
    assert archived, said
    folder = Path(archived.group(1))
    for incident in set(re.findall(r"papers of (INC-[^:]+)", said)):
        sums = (folder / incident / "SHA256SUMS").read_text().splitlines()
        assert len(sums) > 10
        for line in sums:
            digest, name = line.split("  ")
            assert hashlib.sha256((folder / incident / name).read_bytes()).hexdigest() == digest
    assert len(set(re.findall(r"papers of (INC-[^:]+)", said))) == 2
    assert re.search(r"the public read at \S+ \(start\)", said)
    assert re.search(r"the public read at \S+ \(end\)", said)


def test_ctrl_c_in_the_middle_of_the_demo_leaves_no_process_and_no_port(
    demo: "subprocess.Popen[str]", runtime: Path
) -> None:
    said = read_until(demo, "DEGRADED")
    where = re.search(r"Asterisk \S+ on (\S+), console http://(\S+):(\d+)", said)
    assert where, said
    asterisk, console, port = where.group(1), where.group(2), int(where.group(3))
    assert listens(asterisk, 5038)
    assert listens(asterisk, 4573)
    assert listens(console, port)
    assert len(processes_of(runtime)) > 5
    os.killpg(demo.pid, signal.SIGINT)
    rest, _ = demo.communicate(timeout=60)
    assert demo.returncode == 130, rest
    assert "Traceback" not in rest
    end = time.monotonic() + 5
    while (left := processes_of(runtime)) and time.monotonic() < end:
        time.sleep(0.1)
    assert left == []
    assert not any(listens(host, p) for host, p in ((asterisk, 5038), (asterisk, 4573), (console, port)))
    assert list((runtime / "holdfast-lab").iterdir()) == []
