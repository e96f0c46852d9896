"""``holdfast …`` in a process of its own without the seconds that Python takes to load it: one process has loaded everything, and
forks for each command. What runs is the same, with the environment, folder and streams that it is given.

Started as a program it is that process: it reads one request a line, and writes the exit code when the command is over.
"""

import atexit
import json
import os
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

from lab.children import dying_with_us
from lab.site import run_program


class QuickCommands:
    """Satisfies ``lab.site.Runner``. Its process is started for the first command; as a context manager it ends on leaving."""

    def __init__(self) -> None:
        self._one = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.communicate()  # the end of its input is its end

    def __call__(
        self, command: Sequence[str], environment: Mapping[str, str], folder: Path
    ) -> "subprocess.CompletedProcess[str]":
        """One at a time, and for one thread; everybody else is served by a program that is really started."""
        mine = threading.current_thread() is threading.main_thread()
        if not mine or not self._one.acquire(blocking=False):
            return run_program(command, environment, folder)
        try:
            with tempfile.TemporaryDirectory() as streams:
                out, err = Path(streams, "out"), Path(streams, "err")
                request = {
                    "command": list(command),
                    "environment": dict(environment),
                    "folder": str(folder),
                    "out": str(out),
                    "err": str(err),
                }
                code = self._ask(request)
                said, complained = out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8")
        finally:
            self._one.release()
        return subprocess.CompletedProcess(list(command), code, said, complained)

    def _ask(self, request: Mapping[str, Any]) -> int:
        if self._process is None:
            self._process = subprocess.Popen(
                dying_with_us([sys.executable, __file__]),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{json.dumps(request)}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


# -- the process


def serve() -> None:
    """Until its standard input ends."""
    from console.cli import PLACES, main  # in this process only

    for place in PLACES.values():
        import_module(f"console.commands.{place.partition('.')[0]}")
    for line in sys.stdin:
        request = json.loads(line)
        if not (pid := os.fork()):
            _become(request, main)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201  # it is what is asked for


def _become(request: Mapping[str, Any], main: Any) -> NoReturn:
    """The command, in the child."""
    for number, file, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, request["out"], os.O_WRONLY | os.O_CREAT),
        (2, request["err"], os.O_WRONLY | os.O_CREAT),
    ):
        there = os.open(file, flags, 0o600)
        os.dup2(there, number)
        os.close(there)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    sys.argv = request["command"]
    code = 0
    try:
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    serve()
