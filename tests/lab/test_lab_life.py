"""A lab leaves nothing behind, however it or its owner ends."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab import Lab, LabError
from lab.check import check
from lab.facts import read
from lab.provision import provide

pytestmark = pytest.mark.asterisk
ROOT = Path(__file__).parents[2]
QUIET: Callable[[str], None] = lambda text: None  # noqa: E731 - an annotated name for a callback that says nothing


def processes_of(block: str, run_dir: Path) -> list[str]:
    """Command lines of every process that mentions the lab's addresses or folder."""
    found = []
    needles = [str(run_dir), *([f"{block}."] if block else [])]
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if any(needle in line for needle in needles):
            found.append(line)
    return found


def sockets_of(block: str) -> list[str]:
    """Rows of the kernel's socket tables with a local address in the block; none when the block is not known."""
    if not block:
        return []
    prefix = "".join(f"{int(part):02X}" for part in reversed(block.split(".")))
    rows = [
        row.split()
        for kind in ("udp", "tcp")
        for row in Path(f"/proc/net/{kind}").read_text().splitlines()[1:]
    ]
    waiting = {"06"}  # TIME_WAIT is the kernel's memory of a connection, not a process
    return [row[1] for row in rows if row[1].partition(":")[0][2:] == prefix and row[3] not in waiting]


def wait_for_nothing(block: str, run_dir: Path, timeout: float = 8.0) -> None:
    end = time.monotonic() + timeout
    while left := [*processes_of(block, run_dir), *sockets_of(block)]:
        assert time.monotonic() < end, left
        time.sleep(0.05)


def lab_command(*words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "lab", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run_lab(*words: str) -> tuple[int, str, str]:
    process = lab_command(*words)
    out, err = process.communicate(timeout=90)
    return process.returncode, out, err


OWNER = """
import sys, time
from lab import Lab
with Lab.start("22") as lab:
    lab.call("13800030001", did="9903")
    print(lab.run_dir, lab.facts.block, lab.facts.supervisor, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A runtime folder of this test's own, with the short path that unix sockets need."""
    with tempfile.TemporaryDirectory(prefix="hf-") as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        yield Path(folder)


Owner = tuple["subprocess.Popen[str]", str, Path, int]


@pytest.fixture
def owner() -> Iterator[Owner]:
    """A process that owns a lab with a call under way; (process, block, run folder, supervisor's pid)."""
    process = subprocess.Popen([sys.executable, "-c", OWNER], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    run_dir, block, supervisor = process.stdout.readline().split()
    assert processes_of(block, Path(run_dir))
    assert sockets_of(block)
    yield process, block, Path(run_dir), int(supervisor)
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_when_the_owner_is_killed_or_interrupted_nothing_is_left(owner: Owner, how: signal.Signals) -> None:
    process, block, run_dir, _ = owner
    process.send_signal(how)
    wait_for_nothing(block, run_dir)
    end = time.monotonic() + 5
    while run_dir.exists():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_when_the_supervisor_itself_is_killed_every_program_dies_with_it(owner: Owner) -> None:
    process, block, run_dir, supervisor = owner
    os.kill(supervisor, signal.SIGKILL)
    wait_for_nothing(block, run_dir)
    process.send_signal(signal.SIGINT)
    process.wait(10)
    with pytest.raises(LabError):
        Lab.attach(run_dir).status()


def test_up_leaves_a_lab_running_that_down_ends_without_a_trace() -> None:
    code, out, err = run_lab("up", "--json")
    assert code == 0, err
    assert "Asterisk 22" in err
    facts = json.loads(out)
    run_dir = Path(facts["run_dir"])
    try:
        block = read(run_dir).block
        code, out, _ = run_lab("call", "--run", str(run_dir), "13800030002", "--hangup-after", "0.5")
        assert code == 0
        assert "answered (200), ended by the caller" in out
        code, out, _ = run_lab("status", "--run", str(run_dir))
        assert out.count("reachable") == 6
        assert "carrier-b    runs, reachable" in out
    finally:
        code, _, err = run_lab("down", "--run", str(run_dir))
    assert (code, err) == (0, "")
    wait_for_nothing(block, run_dir, timeout=0.5)
    assert not run_dir.exists()


@pytest.mark.parametrize("after", [0.25, 0.6, 1.2])
def test_ctrl_c_while_a_lab_comes_up_leaves_nothing(after: float, runtime: Path) -> None:
    process = lab_command("up")
    time.sleep(after)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    runs = runtime / "holdfast-lab"
    if process.returncode == 0:  # it was up before the key came
        run_lab("down")
    assert not runs.exists() or not list(runs.iterdir())
    wait_for_nothing("", runtime)


def test_two_labs_side_by_side_do_not_disturb_each_other(lab: Lab) -> None:
    with Lab.start("22", say=QUIET) as other:
        assert other.facts.block != lab.facts.block
        other.cut("carrier-a")
        other.wait_reachable("carrier-a", False)
        assert lab.reachable()["carrier-a"]
        both = [one.call("13800030003", carrier="b", hangup_after=0.5) for one in (lab, other)]
        assert [call.result().answered for call in both] == [True, True]
        assert sum(call.caller_id == "13800030003" for call in other.agent_log()) == 1
    assert lab.call("13800030004", hangup_after=0.3).result().answered


def test_down_without_a_lab_says_so_in_one_sentence(runtime: Path) -> None:
    code, _, err = run_lab("down")
    assert code == 2
    assert err == "lab: No lab runs: start one with `python -m lab up`.\n"


def test_a_fresh_asterisk_of_the_lab_has_nothing_to_complain_of(tmp_path: Path) -> None:
    (tmp_path / "extensions_fine.conf").write_text(
        "[fine]\nexten => s,1,NoOp(${FILTER(0-9,${CALLERID(num)})})\n"
    )
    report = check(tmp_path, "22", say=QUIET)
    assert report.problems == ()
    assert "NoOp" in report.shown[0]


def test_check_finds_what_asterisk_would_only_tell_in_the_middle_of_a_call(tmp_path: Path) -> None:
    (tmp_path / "extensions_bad.conf").write_text(
        "[bad]\nexten => s,1,Nonsense()\n same => n,Set(A=${NOTHING(1)})\nexten => s,1,NoOp()\n"
    )
    (tmp_path / "manager_bad.conf").write_text("[nobody]\nread = call\n")
    code, out, _ = run_lab("check", str(tmp_path))
    assert code == 1
    assert "problem: the application Nonsense is not known" in out
    assert "problem: the function NOTHING is not known" in out
    assert "already in use" in out


@pytest.mark.root  # only root has something to give up
def test_without_raw_sockets_digits_arrive_too() -> None:
    ungifted = ["setpriv", "--bounding-set", "-net_raw", "--inh-caps", "-net_raw"]
    words = [sys.executable, "-m", "lab", "up", "--json"]
    up = subprocess.run([*ungifted, *words], cwd=ROOT, capture_output=True, text=True, check=True, timeout=90)
    run_dir = Path(json.loads(up.stdout)["run_dir"])
    with Lab.attach(run_dir) as lab:
        lab.call("13800030005", did="9901", keys=[(0.3, "13912345678"), (2.6, "7#")]).result()
        assert "Value: 139123456787" in lab.cli("database get lab digits-13800030005")
        lab.action(
            Action="Originate",
            Channel="Local/13900030001@lab-dial/n",
            Application="Wait",
            Data="5",
            Async="true",
        )
        end = time.monotonic() + 8
        while "Value: 1" not in lab.cli("database get lab pressed-13900030001"):
            assert time.monotonic() < end
            time.sleep(0.1)


@pytest.mark.root  # only root may rename the host, even in a namespace
def test_on_a_host_whose_name_only_dns_could_know_calls_do_not_wait() -> None:
    script = """
import socket, time
from lab import Lab
socket.sethostname("no-such-host")
with Lab.start("22") as lab:
    begun = time.monotonic()
    assert lab.call("13800030006", hangup_after=0.1).result().answered
    print(time.monotonic() - begun)
"""
    words = ["unshare", "--uts", sys.executable, "-c", script]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=90)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 4


def test_an_installed_asterisk_is_used_when_it_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = provide("22", QUIET)
    (tmp_path / "usr/sbin").mkdir(parents=True)
    (tmp_path / "usr/lib").symlink_to(
        made.module_dir.parents[2 if "-linux-gnu" in str(made.module_dir) else 1]
    )
    (tmp_path / "usr/share").symlink_to(made.data_dir.parent)
    for name, command in (("asterisk", made.asterisk), ("sipp", made.sipp)):
        program = tmp_path / "usr/sbin" / name
        program.write_text(f'#!/bin/sh\nexec {" ".join(command)} "$@"\n')
        program.chmod(0o755)
    monkeypatch.setenv("HOLDFAST_LAB_ASTERISK", str(tmp_path / "usr/sbin/asterisk"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'usr/sbin'}:{os.environ['PATH']}")
    said: list[str] = []
    with Lab.start(say=said.append) as lab:
        assert lab.call("13800030007", hangup_after=0.2).result().answered
    assert str(tmp_path) in said[-1]


def test_an_order_that_names_thousands_of_callers_is_taken(lab: Lab) -> None:
    with pytest.raises(LabError) as refused:
        lab.cut("x" * 200_000)
    assert "ended" not in str(refused.value)
    assert lab.status()["running"]
