"""Asterisk's own user on this host, and what it may do with our files: the usual reason why a part works by hand only."""

import grp
import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

USERS = ("asterisk",)  # names that packages give it
PROCESS = "asterisk"


@dataclass(frozen=True, slots=True)
class User:
    """Somebody files belong to, or do not."""

    name: str
    uid: int
    groups: frozenset[int]

    def may(self, path: Path, rights: int) -> bool:
        """Whether he may do this (``os.R_OK`` and so on) with the path itself, by its owner, group and mode."""
        if self.uid == 0:
            return True
        found = path.stat()
        shift = 6 if found.st_uid == self.uid else 3 if found.st_gid in self.groups else 0
        return (stat.S_IMODE(found.st_mode) >> shift) & rights == rights

    def hindrance(self, path: Path, rights: int) -> str:
        """What keeps him from it: the path or a folder above it, and why; "" nothing does."""
        for folder in reversed(path.absolute().parents):
            if not folder.exists():
                return f"{folder} does not exist"
            if not self.may(folder, os.X_OK):
                return f"{folder} may not be entered by {self.name}"
        if not path.exists():
            return f"{path} does not exist"
        return "" if self.may(path, rights) else f"{path}: {self.name} may not {_words(rights)} it"


def asterisk_user(name: str = "", processes: Path = Path("/proc")) -> User | None:
    """The user of that name; without one, whoever Asterisk runs as now, or the one that packages make. None: nobody such."""
    if not name:
        running = _running(processes)
        if running is not None:
            return running
    for one in (name,) if name else USERS:
        try:
            entry = pwd.getpwnam(one)
        except KeyError:
            continue
        return User(one, entry.pw_uid, frozenset(os.getgrouplist(one, entry.pw_gid)))
    return None


def _running(processes: Path) -> User | None:
    """By the kernel's own word, which also knows groups that were given at the start."""
    for status in sorted(processes.glob("[0-9]*/status")):
        try:
            said = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
        except OSError:
            continue  # it has just ended
        if said.get("Name", "").strip() == PROCESS and "Uid" in said:
            uid, gid = int(said["Uid"].split()[1]), int(said["Gid"].split()[1])
            groups = {gid, *(int(one) for one in said.get("Groups", "").split())}
            return User(_name(uid), uid, frozenset(groups))
    return None


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def owner_words(path: Path) -> str:
    """Owner, group and mode, for a remedy."""
    found = path.stat()
    try:
        group = grp.getgrgid(found.st_gid).gr_name
    except KeyError:
        group = str(found.st_gid)
    return f"{_name(found.st_uid)}:{group} {stat.S_IMODE(found.st_mode):o}"


def _words(rights: int) -> str:
    named = ((os.R_OK, "read"), (os.W_OK, "write"), (os.X_OK, "execute"))
    return " and ".join(word for right, word in named if rights & right)
