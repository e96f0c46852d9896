"""Makes an Asterisk and a SIPp out of Debian's packages, in a folder, once per machine.

The packages are fetched by apt with a state of its own and unpacked by dpkg-deb: no root, no chroot, nothing
installed. The folder appears under its name only when it is whole; two runs wait for each other on a lock.
"""

import contextlib
import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from lab.caches import cache
from lab.children import dying_with_us
from lab.errors import LabError
from lab.programs import Programs, in_folder, installed

PACKAGES = ("asterisk", "asterisk-core-sounds-en-gsm", "sip-tester")
SIZE = "about 90 MB"
DEFAULT_MIRROR = "http://deb.debian.org/debian"
ARCHIVE_MIRROR = "http://archive.debian.org/debian"  # where old releases go when they leave the mirrors
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
MARK = ".holdfast-lab"  # in a folder that is whole

Say = Callable[[str], None]


def say_on_stderr(text: str) -> None:
    """Shows one line of progress."""
    print(f"lab: {text}", file=sys.stderr, flush=True)


def cache_dir() -> Path:
    """Where provisioned folders are kept, outside every clone: $XDG_CACHE_HOME/holdfast/lab."""
    return cache("lab")


def provide(version: str | None = None, say: Say = say_on_stderr) -> Programs:
    """The programs to run, made if need be.

    version: "16" takes Debian bullseye's Asterisk, "22" (or None) the newest, which Debian sid has. Without a
    version any installed Asterisk from 16 on will do. Raises LabError with the remedy.
    """
    if version not in (None, "16", "22"):
        raise LabError(f"There is no Asterisk {version} to be had for the lab: ask for 16 or 22.")
    programs = installed(version) or _from_debian(version, say)
    say(f"Asterisk {programs.asterisk_version} and SIPp {programs.sipp_version} from {programs.origin}")
    return programs


def _from_debian(version: str | None, say: Say) -> Programs:
    if version == "16":
        return in_folder(folder("bullseye", say), _newer_sipp(say))
    try:
        return in_folder(folder("sid", say))
    except LabError as error:
        if not _can_fetch():
            raise
        say(f"Debian sid cannot be had ({error}) – taking bullseye with Asterisk 16 instead")
        return in_folder(folder("bullseye", say))


def _newer_sipp(say: Say) -> Path | None:
    """Sid's folder for its SIPp, or None: bullseye's 3.6 then serves, with digits that are less reliable."""
    try:
        return folder("sid", say)
    except LabError as error:
        say(f"SIPp of Debian sid cannot be had ({error}) – bullseye's older one sends digits less reliably")
        return None


def folder(suite: str, say: Say) -> Path:
    """The whole folder of a Debian suite with Asterisk; made when it is not there. Raises LabError."""
    without = (
        "No Asterisk is installed and none can be fetched, because apt-get and dpkg-deb are missing: "
        "install Asterisk 16 or later and SIPp, or run the lab on Debian or Ubuntu."
    )
    return packed(suite, suite, PACKAGES, SIZE, without, say)


def packed(name: str, suite: str, packages: Sequence[str], size: str, without: str, say: Say) -> Path:
    """A folder of this name in the cache with these packages of a Debian suite and all that they need.

    size: of the packages, in words. without: what to tell where nothing can be fetched. Raises LabError.
    """
    ready = cache_dir() / name
    if (ready / MARK).exists():
        return ready
    if not _can_fetch():
        raise LabError(without)
    with _only_one(name, say):
        if not (ready / MARK).exists():
            _make(ready, suite, packages, size, say)
    return ready


def _can_fetch() -> bool:
    return bool(shutil.which("apt-get") and shutil.which("dpkg-deb"))


@contextlib.contextmanager
def _only_one(name: str, say: Say) -> Iterator[None]:
    cache_dir().mkdir(parents=True, exist_ok=True)
    with (cache_dir() / f"{name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"another run is making {name}; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(ready: Path, suite: str, packages: Sequence[str], size: str, say: Say) -> None:
    """Makes the folder beside its place and renames it. Whatever a run left that was killed is cleared first."""
    work = ready.with_name(f".{ready.name}-making")
    shutil.rmtree(work, ignore_errors=True)
    shutil.rmtree(ready, ignore_errors=True)
    try:
        root = work / "root"
        root.mkdir(parents=True)
        archives = _fetch(suite, packages, size, work, say)
        say(f"unpacking {len(archives)} packages")
        for archive in archives:
            _run(["dpkg-deb", "-x", str(archive), str(root)], "unpacking")
        (root / MARK).write_text(f"{suite}: {' '.join(packages)}\n")
        root.rename(ready)
        say(f"{ready} is ready and will be used again")
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _fetch(suite: str, packages: Sequence[str], size: str, work: Path, say: Say) -> list[Path]:
    """Downloads the packages with everything that they need; returns the archives. Raises LabError."""
    mirrors = dict.fromkeys([_mirror(), ARCHIVE_MIRROR] if suite != "sid" else [_mirror()])
    for mirror in mirrors:
        apt = _apt_with_own_state(suite, mirror, work)
        say(f"fetching {', '.join(packages)} of Debian {suite} from {mirror} ({size}, once)")
        try:
            _run([*apt, "update"], f"reading the package list of {suite} at {mirror}")
            break
        except LabError as error:
            failure = error
    else:
        raise failure
    install = ["install", "-y", "--no-install-recommends", "--download-only", *packages]
    _run([*apt, *install], f"fetching the packages of {suite}", _Counter(say))
    return sorted((work / "cache/archives").glob("*.deb"))


def _apt_with_own_state(suite: str, mirror: str, work: Path) -> list[str]:
    """apt-get that takes proxies from the host's configuration but sources, state and cache from `work`."""
    for name in ("state/lists/partial", "cache/archives/partial"):
        (work / name).mkdir(parents=True, exist_ok=True)
    (work / "status").touch()
    signed = f"[signed-by={KEYRING}] " if KEYRING.exists() else ""
    (work / "sources.list").write_text(f"deb {signed}{mirror} {suite} main\n")
    options = {
        "Dir::Etc::sourcelist": work / "sources.list",
        "Dir::Etc::sourceparts": "-",
        "Dir::State": work / "state",
        "Dir::State::status": work / "status",
        "Dir::Cache": work / "cache",
        "Acquire::Check-Valid-Until": "false",  # an archived release stays as it was signed
        "Acquire::Retries": 1,
        "Acquire::http::Timeout": 30,
        "Debug::NoLocking": 1,
    }
    if os.geteuid() == 0:
        options["APT::Sandbox::User"] = "root"  # the user _apt may not enter a private cache folder
    return ["apt-get", "-q", *(f"-o{name}={value}" for name, value in options.items())]


def _mirror() -> str:
    """HOLDFAST_LAB_MIRROR, else the Debian mirror in apt's configuration, else deb.debian.org."""
    named = os.environ.get("HOLDFAST_LAB_MIRROR")
    if named:
        return named.rstrip("/")
    sources = [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))]
    words = [word for path in sources if path.is_file() for word in path.read_text(errors="replace").split()]
    mirrors = [word.rstrip("/") for word in words if word.startswith(("http://", "https://"))]
    usable = (m for m in mirrors if m.endswith("/debian") and "packages." not in m and "snapshot." not in m)
    return next(usable, DEFAULT_MIRROR)


def _run(command: list[str], doing: str, heard: Say = lambda line: None) -> None:
    """Runs one step and shows each of its lines to `heard`; raises LabError with the step's own first error line."""
    environment = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    lines = []
    with subprocess.Popen(
        dying_with_us(command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        text=True,
        errors="replace",
    ) as step:
        try:
            for line in step.stdout or ():
                lines.append(line.strip())
                heard(line)
        except BaseException:
            step.kill()
            raise
    # apt-get update ends with 0 even when it could read nothing
    wrong = [line for line in lines if line.startswith(("E:", "Err:", "dpkg-deb: error"))]
    if step.returncode or wrong:
        reason = (wrong or lines or ["no reason given"])[0]
        raise LabError(f"{doing} failed ({reason}): look at the network, or set HOLDFAST_LAB_MIRROR.")


class _Counter:
    """Says now and then how many packages have come; apt tells the number of all of them first."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._all = "?"
        self._said = 0

    def __call__(self, line: str) -> None:
        if match := re.search(r"(\d+) newly installed", line):
            self._all = match[1]
        if (match := re.match(r"Get:(\d+) ", line)) and int(match[1]) >= self._said + 40:
            self._said = int(match[1])
            self._say(f"{self._said} of {self._all} packages")
