"""A PostgreSQL of one's own: it listens for its owner only, is killed whole, and ends with whoever started it."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from lab import postgres as room
from lab.errors import LabError
from lab.postgres import Postgres

ROOT = Path(__file__).parents[2]
OWNED = """
import sys
from lab.postgres import Postgres
with Postgres(lambda _: None) as server:
    print(server.folder, server._server.pid, flush=True)
    sys.stdin.read()
"""


def test_it_syncs_every_commit_and_wants_a_password_on_its_port(postgres_server: Postgres) -> None:
    assert postgres_server.execute("SHOW fsync") == [("on",)]
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(postgres_server.url(by="port").replace(postgres_server.password, "guess"))
    with psycopg.connect(postgres_server.url(by="port")) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_it_is_not_run_by_root(postgres_server: Postgres) -> None:
    (pid,) = postgres_server.execute("SELECT pg_backend_pid()")[0]
    assert pid
    main = int((postgres_server.data / "postmaster.pid").read_text().splitlines()[0])
    assert Path(f"/proc/{main}").stat().st_uid != 0 or os.geteuid() != 0


def test_what_was_committed_survives_a_kill(postgres_server: Postgres) -> None:
    postgres_server.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
    postgres_server.execute("INSERT INTO kept VALUES (7)")
    postgres_server.kill()
    assert not postgres_server.alive
    postgres_server.start()
    assert postgres_server.execute("SELECT n FROM kept") == [(7,)]
    postgres_server.execute("DROP TABLE kept")


def test_a_frozen_one_answers_nobody_until_it_is_thawed(postgres_server: Postgres) -> None:
    postgres_server.freeze()
    try:
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(postgres_server.url(), connect_timeout=2)
    finally:
        postgres_server.freeze(False)
    assert postgres_server.execute("SELECT 1") == [(1,)]


@pytest.mark.slow
def test_it_ends_when_its_owner_is_killed() -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNED], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert owner.stdin
    assert owner.stdout
    _, pid = owner.stdout.readline().split()
    owner.kill()
    owner.wait()
    owner.stdin.close()
    owner.stdout.close()
    end = time.monotonic() + 20
    while Path(f"/proc/{pid}/exe").exists() and _state(pid) != "Z":
        assert time.monotonic() < end, "the server lives on"
        time.sleep(0.05)


def _state(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def test_a_folder_without_a_server_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_LAB_POSTGRES", str(tmp_path))
    with pytest.raises(LabError, match="no initdb in"):
        room.programs()


def test_libraries_of_a_folder_are_gathered_without_its_c_library(tmp_path: Path) -> None:
    """Programs of a folder run under this system's loader, which takes no other C library."""
    place = tmp_path / "usr/lib/x86_64-linux-gnu"
    place.mkdir(parents=True)
    for name in ("libpq.so.5", "libicuuc.so.72", "libc.so.6", "ld-linux-x86-64.so.2", "libpthread.so.0"):
        (place / name).touch()
    gathered = room._gather(tmp_path)
    assert sorted(one.name for one in gathered.iterdir()) == ["libicuuc.so.72", "libpq.so.5"]
    assert room._gather(tmp_path) == gathered
