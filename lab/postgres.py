"""A PostgreSQL in a folder: the machine's own programs, or Debian's unpacked into the cache as the lab's Asterisk is.

It listens on loopback by password and on a unix socket that only its owner may reach, syncs every commit, and ends with the
process that started it, also when that is killed.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from lab.errors import LabError
from lab.provision import MARK, Say, packed, say_on_stderr
from lab.runs import runs_dir, sweep
from lab.serve import hold

SUITE, PACKAGE, SIZE = "bookworm", "postgresql-15", "about 110 MB"
WITHOUT = (
    "No PostgreSQL server is installed and none can be fetched, because apt-get and dpkg-deb are missing: "
    "install PostgreSQL 13 or later, or run this on Debian or Ubuntu."
)
USER = "holdfast"
NOBODY = 65534  # whom the server runs as when we are root, which it refuses to be
START_LIMIT = 30.0  # seconds
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "on",
    "synchronous_commit": "on",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    "restart_after_crash": "on",
}


def programs(say: Say = say_on_stderr) -> Path:
    """The folder with ``initdb`` and ``postgres``: HOLDFAST_LAB_POSTGRES, an installed one, else Debian's. Raises LabError."""
    named = os.environ.get("HOLDFAST_LAB_POSTGRES")
    if named:
        return _whole(Path(named))
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    on_path = shutil.which("initdb")
    if installed or on_path:
        return _whole((installed[-1] if installed else Path(str(on_path)).resolve()).parent)
    root = packed(f"{SUITE}-postgresql", SUITE, (PACKAGE,), SIZE, WITHOUT, say)
    return _whole(next(root.glob("usr/lib/postgresql/*/bin"), root))


def _version(initdb: Path) -> int:
    name = initdb.parent.parent.name
    return int(name) if name.isascii() and name.isdigit() else 0


def _whole(folder: Path) -> Path:
    for name in ("initdb", "postgres"):
        if not (folder / name).exists():
            raise LabError(
                f"There is no {name} in {folder}: install PostgreSQL's server, or name its folder."
            )
    return folder


class Postgres:
    """A running server. As a context manager it ends on leaving. Start it from the main thread: the kernel watches that one.

    folder: of this server alone, made when it is not given. port: on 127.0.0.1. log: what it says.
    """

    def __init__(self, say: Say = say_on_stderr) -> None:
        self._stack = ExitStack()
        self._bin = programs(say)
        base = runs_dir()
        sweep(base)
        self.folder = base / f"pg-{secrets.token_hex(4)}"
        self.folder.mkdir(mode=0o700)
        self.data, self.log = self.folder / "data", self.folder / "postgres.log"
        self.password = secrets.token_hex(12)
        self.port = _free_port()
        self._server: subprocess.Popen[bytes] | None = None
        try:
            self._stack.enter_context(hold(self.folder))
            self._make()
            self.start()
        except BaseException:
            self.close()
            raise

    def url(self, name: str = "postgres", *, by: str = "socket", port: int | None = None) -> str:
        """The address of a database. by: "socket", which asks for no password, or "port"; port: of a proxy before it."""
        if by == "socket":
            return f"postgresql://{USER}@/{name}?host={self.folder}&port={self.port}"
        return f"postgresql://{USER}:{self.password}@127.0.0.1:{port or self.port}/{name}"

    def create(self, name: str, template: str = "template0") -> str:
        """Makes a database; returns its address by the socket."""
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def execute(self, statement: str, name: str = "postgres") -> list[tuple[object, ...]]:
        """One statement outside any transaction, by a connection of its own; the rows that it gives."""
        import psycopg  # only whoever runs a server needs the driver

        with psycopg.connect(
            host=str(self.folder), port=self.port, user=USER, dbname=name, autocommit=True, connect_timeout=10
        ) as connection:
            done = connection.execute(statement.encode())
            return list(done.fetchall()) if done.description else []

    # -- its life

    @property
    def alive(self) -> bool:
        return self._server is not None and self._server.poll() is None

    def start(self) -> None:
        """Starts it again after an end; returns when it takes connections. Raises LabError."""
        with self.log.open("ab") as log:
            self._server = subprocess.Popen(
                # QUIT, not KILL: then it takes its shared memory along
                _as_nobody([str(self._bin / "postgres"), "-D", str(self.data)], "--pdeathsig", "QUIT"),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=self._environment(),
                start_new_session=True,
            )
        end = time.monotonic() + START_LIMIT
        while not self._answers():
            if self._server.poll() is not None or time.monotonic() > end:
                raise LabError(f"PostgreSQL did not start: {self.last_words()}")
            time.sleep(0.05)

    def kill(self) -> None:
        """kill -9 of the whole server, as a power cut would: nothing of it runs another line."""
        if self._server is not None and self._server.poll() is None:
            family = self._family()
            _signal(family, signal.SIGKILL)
            self._server.wait()
            _all_gone(family)

    def freeze(self, frozen: bool = True) -> None:
        """Stops every process of it, or lets them go on: connections stand and nobody answers."""
        if self._server is not None and self._server.poll() is None:
            _signal(self._family(), signal.SIGSTOP if frozen else signal.SIGCONT)

    def stop(self) -> None:
        """Ends it at once but tidily; it can be started again."""
        if self._server is not None and self._server.poll() is None:
            self.freeze(False)
            self._server.send_signal(signal.SIGQUIT)
            with suppress(subprocess.TimeoutExpired):
                self._server.wait(10)
            self.kill()

    def close(self) -> None:
        """Ends it and removes its folder."""
        self.stop()
        self._stack.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def last_words(self) -> str:
        """The last lines of its log."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return " / ".join(text.strip().splitlines()[-3:]) or "it said nothing"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- how it is made

    def _make(self) -> None:
        secret = self.folder / "password"
        secret.write_text(self.password + "\n")
        if os.geteuid() == 0:
            for path in (self.folder, secret):
                os.chown(path, NOBODY, NOBODY)
        options = ["--locale=C", "--encoding=UTF8", "--auth-local=trust", "--auth-host=scram-sha-256"]
        made = subprocess.run(
            _as_nobody(
                [
                    str(self._bin / "initdb"),
                    "-D",
                    str(self.data),
                    "-U",
                    USER,
                    f"--pwfile={secret}",
                    "--no-instructions",
                    *options,
                ],
                "--pdeathsig",
                "KILL",
            ),
            capture_output=True,
            text=True,
            env=self._environment(),
            cwd=self.folder,
            check=False,
        )
        if made.returncode:
            raise LabError(f"PostgreSQL's initdb failed: {(made.stderr or made.stdout).strip()[-300:]}")
        settings = {**SETTINGS, "port": str(self.port), "unix_socket_directories": str(self.folder)}
        with (self.data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())

    def _environment(self) -> dict[str, str]:
        """Debian's libraries where the programs come out of a folder; the system's own C library stays the system's."""
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "LC_ALL": "C",
            "TZ": "UTC",
            "HOME": str(self.folder),
        }
        root = next((one for one in self._bin.parents if (one / MARK).exists()), None)
        if root is not None:
            environment["LD_LIBRARY_PATH"] = str(_gather(root))
        return environment

    def _answers(self) -> bool:
        import psycopg

        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _family(self) -> list[int]:
        """The server's pid, then those of its children, which are no group of processes."""
        pid = self._server.pid if self._server is not None else 0
        return [pid, *(child for child in _pids() if _parent(child) == pid)]


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _signal(pids: Sequence[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _all_gone(pids: Sequence[int]) -> None:
    """A server cannot be started while a process of the old one still has its memory."""
    end = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in pids) and time.monotonic() < end:
        time.sleep(0.02)


OF_THE_SYSTEM = (
    "ld-linux",
    "libc.so",
    "libm.so",
    "libpthread.so",
    "libdl.so",
    "librt.so",
    "libresolv.so",
    "libutil.so",
    "libnss_",
    "libanl.so",
    "libmvec.so",
    "libthread_db",
    "libnsl.so.1",
    "libBrokenLocale",
    "libSegFault",
    "libpcprofile",
    "libmemusage",
    "libc_malloc_debug",
)


def _gather(root: Path) -> Path:
    """A folder of links to a folder's libraries without its C library, which only its own loader could load."""
    folder = root / "holdfast-lib"
    if folder.exists():
        return folder
    draft = folder.with_name(f".{folder.name}-{os.getpid()}")
    draft.mkdir(exist_ok=True)
    places = [*root.glob("usr/lib/*-linux-gnu"), *root.glob("lib/*-linux-gnu")]
    for file in (one for place in places for one in place.glob("*.so*")):
        if not file.name.startswith(OF_THE_SYSTEM) and not (draft / file.name).is_symlink():
            (draft / file.name).symlink_to(file)
    with suppress(OSError):  # another run was first
        draft.rename(folder)
    shutil.rmtree(draft, ignore_errors=True)
    return folder


def _as_nobody(command: Sequence[str], *more: str) -> list[str]:
    """The command, under a user that it takes; as root's nobody it still reads what is in root's folders."""
    setpriv = shutil.which("setpriv")
    if not setpriv:
        raise LabError("There is no setpriv: install the package util-linux.")
    who = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    may = ["--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override"]
    return [setpriv, *more, *([*who, *may] if os.geteuid() == 0 else []), "--", *command]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
