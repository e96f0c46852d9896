"""Sixty faults while callers call: nothing lost, nothing twice, nobody wrongly there (design section 2, one way in)."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIMIT = 420.0  # seconds; it takes about 150 on a machine of its own

pytestmark = [pytest.mark.asterisk, pytest.mark.slow]


def chaos(*words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "tests.chaos", *words],
        cwd=ROOT,
        env=os.environ.copy(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def last_words(logs: Path) -> str:
    """The end of the bridge's log, and what Asterisk warned of."""
    bridge = (logs / "bridge.log").read_text(errors="replace").splitlines()
    asterisk = (logs / "full.log").read_text(errors="replace").splitlines()
    warned = [line for line in asterisk if "] WARNING[" in line or "] ERROR[" in line]
    return "\n".join([*bridge[-80:], *warned[-80:], *asterisk[-40:]])


def test_nothing_is_lost_twice_or_wrongly_there_after_sixty_faults(tmp_path: Path) -> None:
    found = tmp_path / "found.json"
    logs = tmp_path / "logs"
    process = chaos("--faults", "60", "--seed", "60", "--json", str(found), "--keep", str(logs))
    try:
        said, _ = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        process.terminate()
        pytest.fail(f"not done in {LIMIT:g} s: {process.communicate(timeout=60)[0]}")
    assert process.returncode == 0, f"{said}\n{last_words(logs)}"
    figures = json.loads(found.read_text())
    assert figures["faults"] == 60
    assert figures["must"] == figures["found"] > 50
    assert (figures["lost"], figures["twice"], figures["wrongly_there"]) == (0, 0, 0)
    assert figures["silence_p99"] < 8.0, "callers stood in silence"


@pytest.mark.nightly
def test_a_store_on_postgresql_that_is_killed_costs_nobody_his_promise(tmp_path: Path) -> None:
    """A9, with the kind postgresql-kill twice among four faults."""
    found = tmp_path / "found.json"
    process = chaos("--faults", "4", "--seed", "271", "--store", "postgresql", "--json", str(found))
    try:
        said, _ = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        process.terminate()
        pytest.fail(f"not done in {LIMIT:g} s: {process.communicate(timeout=60)[0]}")
    assert process.returncode == 0, said
    figures = json.loads(found.read_text())
    assert figures["must"] == figures["found"] > 2
    assert (figures["lost"], figures["twice"], figures["wrongly_there"]) == (0, 0, 0)


def test_ctrl_c_ends_a_run_and_leaves_nothing_behind() -> None:
    process = chaos("--faults", "60", "--seed", "2")
    assert process.stdout is not None
    process.stdout.readline()  # "starting …"
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=90)
    assert process.returncode == 130, said
    assert "interrupted" in said
