"""Which Asterisk and which SIPp the lab runs, and how they are started."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError

OLDEST_ASTERISK = 16


@dataclass(frozen=True, slots=True)
class Programs:
    """How to start both programs: argument vectors to which options are appended.

    module_dir and data_dir are Asterisk's own folders (modules; documentation and sounds); sounds is the folder
    with its English recordings, or None. origin tells people where the programs came from.
    """

    asterisk: tuple[str, ...]
    asterisk_version: str
    sipp: tuple[str, ...]
    sipp_version: str
    module_dir: Path
    data_dir: Path
    sounds: Path | None
    origin: str


def installed(version: str | None) -> Programs | None:
    """The Asterisk named by HOLDFAST_LAB_ASTERISK or found on PATH, if it and a SIPp can serve; else None.

    version: a major number that is asked for, or None for any from 16 on. Raises LabError only when the setting
    names something that cannot serve, because then somebody wanted exactly that one.
    """
    named = os.environ.get("HOLDFAST_LAB_ASTERISK")
    program = named or shutil.which("asterisk")
    if not program:
        return None
    try:
        return _from_host(Path(program), version)
    except LabError:
        if named:
            raise
        return None


def _from_host(program: Path, version: str | None) -> Programs:
    found = asterisk_version((str(program),))
    major = int(found.split(".")[0])
    if major < OLDEST_ASTERISK or (version and major != int(version)):
        wanted = version or f"{OLDEST_ASTERISK} or later"
        raise LabError(f"{program} is Asterisk {found}, but {wanted} is wanted: set HOLDFAST_LAB_ASTERISK.")
    sipp = shutil.which("sipp")
    if not sipp:
        raise LabError(f"{program} can serve, but there is no sipp on PATH: install the package sip-tester.")
    modules = _first(Path(p) for p in _module_dirs(program))
    own = program.resolve().parent.parent / "share/asterisk"
    data = _first(p for p in (own, Path("/usr/share/asterisk"), Path("/var/lib/asterisk")))
    if not modules or not data:
        raise LabError(
            f"The module or data folder of {program} is nowhere usual: unset HOLDFAST_LAB_ASTERISK."
        )
    return Programs(
        asterisk=(str(program),),
        asterisk_version=found,
        sipp=(sipp,),
        sipp_version=sipp_version((sipp,)),
        module_dir=modules,
        data_dir=data,
        sounds=english_sounds(data),
        origin=str(program),
    )


def _module_dirs(program: Path) -> Iterator[str]:
    prefix = program.resolve().parent.parent
    for lib in sorted(prefix.glob("lib*/*-linux-gnu")):
        yield f"{lib}/asterisk/modules"
    yield from (f"{prefix}/lib64/asterisk/modules", f"{prefix}/lib/asterisk/modules")


def _first(folders: Iterable[Path]) -> Path | None:
    return next((folder for folder in folders if folder.is_dir()), None)


def in_folder(root: Path, sipp_root: Path | None = None) -> Programs:
    """The programs of a provisioned folder, run as ordinary processes through the folder's own loader.

    So no root and no chroot is needed, and paths mean the same to Asterisk as to everybody else. sipp_root: a
    folder whose SIPp is used instead (an old Debian's SIPp sends digits unreliably).
    """
    asterisk = (*_loader(root), str(root / "usr/sbin/asterisk"))
    sipp = (*_loader(sipp_root or root), str((sipp_root or root) / "usr/bin/sipp"))
    data = root / "usr/share/asterisk"
    modules = _first(Path(p) for p in _module_dirs(root / "usr/sbin/asterisk"))
    if not modules:
        raise LabError(f"{root} is damaged (no modules in it): remove the folder and start again.")
    return Programs(
        asterisk=asterisk,
        asterisk_version=asterisk_version(asterisk),
        sipp=sipp,
        sipp_version=sipp_version(sipp),
        module_dir=modules,
        data_dir=data,
        sounds=english_sounds(data),
        origin=str(root),
    )


def _loader(root: Path) -> tuple[str, ...]:
    libraries = [d for lib in ("usr/lib", "lib") for d in sorted((root / lib).glob("*-linux-gnu"))]
    loader = next((f for d in libraries for f in sorted(d.glob("ld-*.so*")) if not f.is_symlink()), None)
    if not loader:
        raise LabError(f"{root} is damaged (no loader in it): remove the folder and start again.")
    return (str(loader), "--library-path", ":".join(map(str, [*libraries, root / "usr/lib"])))


def english_sounds(data: Path) -> Path | None:
    """The folder with Asterisk's English recordings below its data folder."""
    # Debian's own link goes through /etc/alternatives, which does not exist in a provisioned folder
    names = ("en_US_f_Allison", "en")
    return next((data / "sounds" / n for n in names if (data / "sounds" / n / "beep.gsm").exists()), None)


def asterisk_version(program: tuple[str, ...]) -> str:
    """Version such as 22.10.1; raises LabError when the program does not run."""
    return _version((*program, "-V"), r"Asterisk (?:certified/)?(\d+[\d.]*)")


def sipp_version(program: tuple[str, ...]) -> str:
    """Version such as 3.8.0; raises LabError when the program does not run."""
    return _version((*program, "-v"), r"SIPp v(\d[\d.]*)")


def _version(command: tuple[str, ...], pattern: str) -> str:
    try:
        # sipp -v exits with 99; what it prints is what counts
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LabError(f"{command[-2]} does not run ({error}): install it again or name another.") from None
    match = re.search(pattern, done.stdout + done.stderr)
    if not match:
        said = (done.stderr or done.stdout).strip().splitlines()[:1]
        raise LabError(f"{command[-2]} does not tell its version ({said}): install it again or name another.")
    return match[1].rstrip(".")
