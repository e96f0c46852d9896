"""What keeps the bridge from starting is said in one go, with exit code 2 and the remedy."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bridge_site import policy

from config.policy import DEFAULT_POLICY
from lab.site import holdfast
from store import migrate

pytestmark = pytest.mark.slow  # each starts a process


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Settings of a bridge that could start, were it not for what a test breaks."""
    for name in ("data", "prompts", "spool", "tier3", "recordings"):
        (tmp_path / name).mkdir()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HOLDFAST_")}
    with socket.create_server(("127.0.0.1", 0)) as probe:
        free = probe.getsockname()[1]
    return clean | {
        "HOLDFAST_DATA_DIR": str(tmp_path / "data"),
        "HOLDFAST_SPOOL_DIR": str(tmp_path / "spool"),
        "HOLDFAST_TIER3_DIR": str(tmp_path / "tier3"),
        "HOLDFAST_RECORDINGS_DIR": str(tmp_path / "recordings"),
        "HOLDFAST_PROMPTS_DIR": str(tmp_path / "prompts"),
        "HOLDFAST_POLICY_FILE": str(DEFAULT_POLICY),
        "HOLDFAST_AMI_SECRET": "nobody-listens",
        "HOLDFAST_AMI_PORT": "1",
        "HOLDFAST_AGI_PORT": str(free),
    }


Refuse = Callable[[dict[str, str]], str]

STARTS = """
import json, os, sys
from ami_bridge.start import main
for line in sys.stdin:
    given = json.loads(line)
    child = os.fork()
    if not child:
        os.environ.clear()
        os.environ.update(given["environment"])
        said = os.open(given["said"], os.O_WRONLY | os.O_CREAT)
        os.dup2(said, 1)
        os.dup2(said, 2)
        sys.exit(main())
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture(scope="module")
def starts() -> Iterator["subprocess.Popen[str]"]:
    """A process that has read our code once and starts a bridge for each line: reading it takes seconds each time."""
    command = [sys.executable, "-c", STARTS]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=os.environ) as process:
        yield process


@pytest.fixture
def refuse(starts: "subprocess.Popen[str]", tmp_path: Path) -> Refuse:
    """What the bridge says when it cannot start."""

    def start(environment: dict[str, str]) -> str:
        file = tmp_path / "said.txt"
        assert starts.stdin
        assert starts.stdout
        starts.stdin.write(json.dumps({"environment": environment, "said": str(file)}) + "\n")
        starts.stdin.flush()
        code, said = starts.stdout.readline(), file.read_text()
        assert code == "2\n", said
        assert "Traceback" not in said
        return said

    return start


def refused(environment: dict[str, str], *before: str) -> str:
    """The same of the command, as a person starts it."""
    done = subprocess.run(
        [*before, holdfast(), "bridge"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_port_that_is_taken_is_named_with_the_setting(environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refused(environment | {"HOLDFAST_AGI_PORT": str(port)})
    assert f"127.0.0.1:{port}" in said
    assert "HOLDFAST_AGI_PORT" in said


def test_a_wrong_policy_is_told_with_every_error_at_once(
    environment: dict[str, str], refuse: Refuse, tmp_path: Path
) -> None:
    wrong = policy()
    for old, new in (
        ("minimum: 1", "minimum: none"),
        ("recovery_hold: 1s", "recovery_hold: soon"),
        ("max_attempts:", "max_atempts:"),
    ):
        assert old in wrong
        wrong = wrong.replace(old, new)
    file = tmp_path / "policy.yaml"
    file.write_text(wrong)
    said = refuse(environment | {"HOLDFAST_POLICY_FILE": str(file)})
    for place in ("minimum", "recovery_hold", "max_atempts"):
        assert place in said
    assert "Did you mean 'max_attempts'?" in said
    assert len([line for line in said.splitlines() if "policy.yaml:" in line]) == 3


def test_every_wrong_setting_is_told_at_once(environment: dict[str, str], refuse: Refuse) -> None:
    said = refuse(environment | {"HOLDFAST_AGI_PORT": "ninety", "HOLDFAST_BEAT_EVERY": "-1"})
    assert "agi_port" in said
    assert "beat_every" in said


def test_a_missing_policy_file_is_named(environment: dict[str, str], refuse: Refuse, tmp_path: Path) -> None:
    gone = str(tmp_path / "gone.yaml")
    assert gone in refuse(environment | {"HOLDFAST_POLICY_FILE": gone})


def test_a_database_of_a_newer_version_is_left_alone(environment: dict[str, str], refuse: Refuse) -> None:
    path = Path(environment["HOLDFAST_DATA_DIR"]) / "holdfast.db"
    migrate(f"sqlite:///{path}")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    said = refuse(environment)
    assert "holdfast.db" in said
    assert "newer Holdfast" in said


def test_a_file_that_is_no_database_is_named(environment: dict[str, str], refuse: Refuse) -> None:
    path = Path(environment["HOLDFAST_DATA_DIR"]) / "holdfast.db"
    path.write_bytes(b"this is a letter, not a database\n" * 100)
    said = refuse(environment)
    assert "holdfast.db" in said
    assert "restore a backup" in said


def test_a_database_that_cannot_be_written_is_named_with_the_remedy(environment: dict[str, str]) -> None:
    folder = Path(environment["HOLDFAST_DATA_DIR"])
    migrate(f"sqlite:///{folder / 'holdfast.db'}")
    (folder / "holdfast.db").chmod(0o444)
    folder.chmod(0o555)
    mortal = ["setpriv", "--bounding-set=-dac_override", "--"] if os.geteuid() == 0 else []
    try:
        said = refused(environment, *mortal)
    finally:
        folder.chmod(0o755)
    assert "holdfast.db" in said
    assert "give this user the right" in said


def test_a_folder_that_cannot_be_made_is_named(
    environment: dict[str, str], refuse: Refuse, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    wrong = {
        "HOLDFAST_SPOOL_DIR": str(tmp_path / "file/spool"),
        "HOLDFAST_TIER3_DIR": str(tmp_path / "file/t3"),
    }
    said = refuse(environment | wrong)
    assert "spool_dir" in said
    assert "tier3_dir" in said
