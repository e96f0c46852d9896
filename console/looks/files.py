"""Files that Asterisk's user must reach: the script of tier 2, what it reads, and the folders that Asterisk writes."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from config.asterisk import LOCAL
from console.looks.host import User, asterisk_user, owner_words
from console.looks.values import NotWell, Place, Warned
from ivr import book_file
from ivr.book_file import BadBook

STALE = timedelta(minutes=30)  # the bridge writes it every ten
RENDER = "render the files again, with HOLDFAST_LOCAL_AGI=true, into the folder that Asterisk reads"


def dialogue(place: Place) -> str:
    """What tiers without a bridge know of the site."""
    path = _book(place)
    try:
        book = book_file.read(path)
    except BadBook as problem:
        what, _, remedy = str(problem).rpartition(": ")
        raise NotWell("dialogue.json", what, remedy) from None
    age = datetime.now(UTC) - book.written_at if book.written_at else None
    if age is None or age > STALE:
        old = f"{age.total_seconds() / 60:.0f} minutes ago" if age else "nobody knows when"
        what = f"{path} was written {old}; the bridge writes it every 10 minutes"
        raise NotWell("dialogue.json", what, "start the bridge, or look into its log")
    if book.pbx_id != place.policy.pbx_id:
        what = f"{path} is of {book.pbx_id!r}, the policy of {place.policy.pbx_id!r}"
        raise NotWell("dialogue.json", what, "restart the bridge with this policy")
    return f"{path} is fresh"


def tier2(place: Place) -> str:
    """The script that Asterisk starts when there is no bridge."""
    if not place.settings.local_agi:
        return "tier 2 is off (HOLDFAST_LOCAL_AGI); without a bridge callers get tier 3"
    script = place.files / LOCAL
    if not script.exists():
        raise NotWell("local_agi", f"there is no {script}", RENDER)
    program, book = _named(script)
    if book != _book(place):
        raise NotWell("local_agi", f"{script} reads {book}, the bridge writes {_book(place)}", RENDER)
    user = _user(place, "local_agi")
    for path, rights in ((script, os.R_OK | os.X_OK), (program, os.R_OK | os.X_OK), (book, os.R_OK)):
        _reached(user, "local_agi", path, rights)
    return f"{script} can be started by {user.name}"


def recordings(place: Place) -> str:
    """Where callers' messages go."""
    return _written(place, "recordings_dir", place.settings.recordings_dir)


def lines(place: Place) -> str:
    """Where the dial plan leaves its lines."""
    return _written(place, "tier3_dir", place.settings.tier3_dir)


def _written(place: Place, field: str, folder: Path) -> str:
    if not folder.exists():
        raise NotWell(field, f"there is no {folder}", "make it, and give it to Asterisk's user: mkdir, chown")
    user = _user(place, field)
    _reached(user, field, folder, os.W_OK | os.X_OK)
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        what = f"{folder} ({owner_words(folder)}) cannot be read and tidied by this user"
        raise NotWell(field, what, "put both users into its group and make it 2770")
    return f"{field} {folder} can be written by {user.name}"


def _reached(user: User, field: str, path: Path, rights: int) -> None:
    hindrance = user.hindrance(path, rights)
    if hindrance:
        seen = f" ({owner_words(path)})" if path.exists() else ""
        raise NotWell(field, f"{hindrance}{seen}", f"give {user.name} the right, by its group or its mode")


def _user(place: Place, field: str) -> User:
    user = asterisk_user(place.user)
    if user is None and place.user:
        raise NotWell("--user", f"this host has no user {place.user!r}", "name the one Asterisk runs as")
    if user is None:
        what = "no Asterisk runs on this host and it has no user 'asterisk', so rights were not looked at"
        raise Warned(
            field, what, "name the user with --user; for another host see docs/how-to/remote-asterisk.md"
        )
    return user


def _named(script: Path) -> tuple[Path, Path]:
    """Program and book of a rendered script."""
    try:
        words = [
            line.split()
            for line in script.read_text(encoding="utf-8").splitlines()
            if line.startswith("exec ")
        ]
    except (OSError, UnicodeDecodeError) as problem:
        raise NotWell(
            "local_agi", f"{script} cannot be read by this user: {problem}", "run the doctor as root"
        ) from None
    if len(words) != 1 or len(words[0]) != 3:
        raise NotWell("local_agi", f"{script} is not as it was rendered", RENDER)
    return Path(words[0][1]), Path(words[0][2])


def _book(place: Place) -> Path:
    return place.settings.data_dir / "ivr" / "dialogue.json"
