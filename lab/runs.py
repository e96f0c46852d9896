"""The run folders of this user's labs, and which of them are alive."""

import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path

from lab import facts as known
from lab.errors import LabError

ALIVE = "alive"  # a file that the supervisor keeps locked: a lab whose file is not locked is dead
END_LIMIT = 60.0  # seconds


def runs_dir() -> Path:
    """Where run folders are: $XDG_RUNTIME_DIR/holdfast-lab, or a folder of this user's in the temporary one."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    base = (
        Path(runtime) / "holdfast-lab"
        if runtime
        else Path(tempfile.gettempdir()) / f"holdfast-lab-{os.getuid()}"
    )
    if len(str(base)) > 70:  # a unix socket's path may have 107 bytes
        base = Path("/tmp") / f"holdfast-lab-{os.getuid()}"  # noqa: S108 - made for this user only, below
    base.mkdir(parents=True, exist_ok=True, mode=0o700)
    if base.stat().st_uid != os.getuid():
        raise LabError(f"{base} belongs to somebody else: remove it or set XDG_RUNTIME_DIR.")
    return base


def running() -> list[Path]:
    """The run folders of this user's living labs."""
    return [run for run in sorted(runs_dir().iterdir()) if (run / known.FILE).exists() and alive(run)]


def sweep(base: Path) -> None:
    """Removes run folders of labs that died without clearing up."""
    for run in base.iterdir():
        young = time.time() - run.stat().st_mtime < 60  # its supervisor may be just about to lock it
        if not young and not alive(run):
            shutil.rmtree(run, ignore_errors=True)


def alive(run_dir: Path) -> bool:
    """True when the lab's supervisor lives."""
    try:
        with (run_dir / ALIVE).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def wait_gone(run_dir: Path) -> None:
    """Waits until the supervisor has ended; raises LabError when it does not."""
    end = time.monotonic() + END_LIMIT
    while run_dir.exists() and alive(run_dir):
        if time.monotonic() > end:
            raise LabError(f"The lab in {run_dir} does not end: kill its supervisor.")
        time.sleep(0.02)


def last_error(run_dir: Path) -> str:
    """What a supervisor that ended at once left as its reason."""
    errors = run_dir / "supervisor.err"
    text = errors.read_text().strip() if errors.exists() else ""
    return f"The lab's supervisor ended at once: {text.splitlines()[-1] if text else 'no reason given'}"
