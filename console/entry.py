"""What ``holdfast`` begins with, before anything else is loaded: a bridge that was killed is back sooner."""

import os
import runpy
import sys
from typing import NoReturn


def main() -> None:
    """Entry point."""
    if sys.argv[1:] == ["bridge"]:
        runpy.run_module("ami_bridge", run_name="__main__", alter_sys=True)
    from console.cli import main as commands  # only here: it takes nearly as long to load as a bridge

    commands()


def become(*arguments: str) -> NoReturn:
    """This Python with these arguments, in this process's place: a supervisor sees the real one."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, *arguments])  # noqa: S606  # no shell; our own interpreter
