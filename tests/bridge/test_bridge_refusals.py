"""What keeps the bridge from starting is said in one go, with exit code 2 and the remedy."""

import os
import socket
import sqlite3
import subprocess
from pathlib import Path

import pytest
from bridge_site import policy

from config.policy import DEFAULT_POLICY
from lab.site import holdfast
from store import migrate


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Settings of a bridge that could start, were it not for what a test breaks."""
    for name in ("data", "prompts", "spool", "tier3"):
        (tmp_path / name).mkdir()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HOLDFAST_")}
    with socket.create_server(("127.0.0.1", 0)) as probe:
        free = probe.getsockname()[1]
    return clean | {
        "HOLDFAST_DATA_DIR": str(tmp_path / "data"),
        "HOLDFAST_SPOOL_DIR": str(tmp_path / "spool"),
        "HOLDFAST_TIER3_DIR": str(tmp_path / "tier3"),
        "HOLDFAST_PROMPTS_DIR": str(tmp_path / "prompts"),
        "HOLDFAST_POLICY_FILE": str(DEFAULT_POLICY),
        "HOLDFAST_AMI_SECRET": "nobody-listens",
        "HOLDFAST_AMI_PORT": "1",
        "HOLDFAST_AGI_PORT": str(free),
    }


def refused(environment: dict[str, str], *before: str) -> str:
    """What the bridge says when it cannot start."""
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


def test_a_wrong_policy_is_told_with_every_error_at_once(environment: dict[str, str], tmp_path: Path) -> None:
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
    said = refused(environment | {"HOLDFAST_POLICY_FILE": str(file)})
    for place in ("minimum", "recovery_hold", "max_atempts"):
        assert place in said
    assert "Did you mean 'max_attempts'?" in said
    assert len([line for line in said.splitlines() if "policy.yaml:" in line]) == 3


def test_every_wrong_setting_is_told_at_once(environment: dict[str, str]) -> None:
    said = refused(environment | {"HOLDFAST_AGI_PORT": "ninety", "HOLDFAST_BEAT_EVERY": "-1"})
    assert "agi_port" in said
    assert "beat_every" in said


def test_a_missing_policy_file_is_named(environment: dict[str, str], tmp_path: Path) -> None:
    gone = str(tmp_path / "gone.yaml")
    assert gone in refused(environment | {"HOLDFAST_POLICY_FILE": gone})


def test_a_database_of_a_newer_version_is_left_alone(environment: dict[str, str]) -> None:
    path = Path(environment["HOLDFAST_DATA_DIR"]) / "holdfast.db"
    migrate(f"sqlite:///{path}")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    said = refused(environment)
    assert "holdfast.db" in said
    assert "newer Holdfast" in said


def test_a_file_that_is_no_database_is_named(environment: dict[str, str]) -> None:
    path = Path(environment["HOLDFAST_DATA_DIR"]) / "holdfast.db"
    path.write_bytes(b"this is a letter, not a database\n" * 100)
    said = refused(environment)
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


def test_a_folder_that_cannot_be_made_is_named(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    wrong = {
        "HOLDFAST_SPOOL_DIR": str(tmp_path / "file/spool"),
        "HOLDFAST_TIER3_DIR": str(tmp_path / "file/t3"),
    }
    said = refused(environment | wrong)
    assert "spool_dir" in said
    assert "tier3_dir" in said
