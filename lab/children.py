"""Programs that the supervisor owns. Each dies with it, however it ends."""

import asyncio
import contextlib
import ctypes
import os
import shutil
import signal
from collections.abc import Sequence
from pathlib import Path

from lab.errors import LabError

_LIBC = ctypes.CDLL(None)  # looked up before a fork: in the child nothing may be imported
_PR_SET_PDEATHSIG = 1
GRACE = 3.0  # seconds between a polite end and a hard one


class Child:
    """One program. It must be started from the supervisor's main thread: the kernel watches the thread."""

    def __init__(self, name: str, process: asyncio.subprocess.Process) -> None:
        self.name = name
        self.process = process

    @property
    def alive(self) -> bool:
        return self.process.returncode is None

    @property
    def pid(self) -> int:
        return self.process.pid

    async def kill(self) -> None:
        """Ends it as a power cut would."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()

    async def end(self) -> None:
        """Asks it to end and waits; kills it after a grace."""
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        try:
            await asyncio.wait_for(self.process.wait(), GRACE)
        except TimeoutError:
            await self.kill()


def dying_with_us(command: Sequence[str]) -> list[str]:
    """The command, so that the kernel kills it when the thread that started it ends."""
    setpriv = shutil.which("setpriv")
    if not setpriv:
        raise LabError("There is no setpriv: install the package util-linux.")
    return [setpriv, "--pdeathsig", "KILL", "--", *command]


def dying_with_parent() -> None:
    """The same as a preexec_fn, for programs that are started with subprocess.Popen: one system call, no lock."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


async def start(name: str, command: Sequence[str], folder: Path) -> Child:
    """Starts a program whose output goes to NAME.out in `folder`, where it runs. Raises LabError when it cannot be started."""
    with (folder / f"{name}.out").open("ab") as out:
        process = await asyncio.create_subprocess_exec(
            *dying_with_us(command),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd=folder,
            env={
                "PATH": os.environ.get("PATH", ""),
                "HOME": str(folder),
                "TZ": "UTC",
                "LC_ALL": "C.UTF-8",
                "TERM": "dumb",
            },
        )
    return Child(name, process)
