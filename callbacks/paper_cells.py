"""What stands in one cell of a manual form, as people and spreadsheets write it. Pure."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from unicodedata import normalize

Cell = str | int | float | bool | datetime | date | time | timedelta | None


class Wrongness(StrEnum):
    """What can be wrong with a cell; ``console.forms.words`` says it to people, with its remedy."""

    MISSING = "missing"
    NO_NUMBER = "no_number"
    NOT_A_DATE = "not_a_date"
    NOT_A_TIME = "not_a_time"
    FUTURE = "future"
    LONG_AGO = "long_ago"
    SHORTENED = "shortened"  # a spreadsheet has cut the digits off
    REFUSED = "refused"  # a number that may not be called
    NOT_KNOWN = "not_known"  # a word that is none of those that the site has
    NOT_YES_OR_NO = "not_yes_or_no"
    TOO_LONG = "too_long"
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class Wrong:
    """field: of the form. said: what stands there, or a limit or reason; never a telephone number. known: what may stand
    there.
    """

    field: str
    kind: Wrongness
    said: str = ""
    known: tuple[str, ...] = ()


class WrongCell(ValueError):
    """A cell that cannot be read. field: "" the one that is being read."""

    def __init__(
        self, kind: Wrongness, said: str = "", known: tuple[str, ...] = (), *, field: str = ""
    ) -> None:
        super().__init__(kind.value)
        self.kind, self.said, self.known, self.field = kind, said[:60], known, field


_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?")
_WHOLE = re.compile(_DATE.pattern + r"[T ]+" + _CLOCK.pattern)
_SHORTENED = re.compile(r"\d(\.\d+)?E\+?\d+", re.IGNORECASE)
_FLOAT = re.compile(r"(\d+)\.0+")
_SPREAD = re.compile(r"\d{1,6}(\.\d+)?|\d*\.\d+")
_APART = str.maketrans("", "", " -()./\t")
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  # a spreadsheet's day 0 has no zone
_SERIALS = range(36_526, 73_051)  # days of 2000 to 2099, as a spreadsheet counts them
_DIGITS_KEPT = 15  # of a number in a spreadsheet
_YES = frozenset({"yes", "y", "true", "1", "x", "v", "✓", "✔", "√", "☑", "☒", "是", "对", "要", "有"})
_NO = frozenset({"no", "n", "false", "0", "-", "–", "☐", "□", "否", "不", "不要", "无", "没有"})


def text_of(cell: Cell) -> str:
    """Plain text on one line: full-width letters and digits made plain, what cannot be printed left out."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 10**_DIGITS_KEPT:
        cell = int(cell)
    text = " ".join(normalize("NFKC", str(cell)).split())
    text = (
        text[1:] if text[:1] == "'" and text[1:2] in "=+-@" else text
    )  # as we write what looks like a formula
    return "".join(one for one in text if one.isprintable())


def yes_or_no(cell: Cell, *, usual: bool) -> bool:
    """A tick, in whatever way people tick. Raises WrongCell."""
    text = text_of(cell).casefold()
    if not text:
        return usual
    if text not in _YES | _NO:
        raise WrongCell(Wrongness.NOT_YES_OR_NO, text)
    return text in _YES


def number_text(cell: Cell) -> str:
    """The digits of a telephone number, with a plus that stands before them. Raises WrongCell where digits were lost."""
    if isinstance(cell, float) and abs(cell) >= 10**_DIGITS_KEPT:
        raise WrongCell(Wrongness.SHORTENED)
    text = text_of(cell)
    if _SHORTENED.fullmatch(text):
        raise WrongCell(Wrongness.SHORTENED)
    if whole := _FLOAT.fullmatch(text):
        text = whole[1]
    return text.translate(_APART)


def moment(day: Cell, clock: Cell, zone: tzinfo) -> datetime:
    """The time of a row, aware, out of its two cells; either may hold all of it. Raises WrongCell."""
    day, clock = _spread(day), _spread(clock)
    whole = _whole(clock) or (_whole(day) if clock in (None, "") else None)
    if whole:
        return whole.replace(tzinfo=zone)
    return datetime.combine(_day(day), _clock(clock), tzinfo=zone)


def _spread(cell: Cell) -> Cell:
    """A spreadsheet's count of days in place of a date or a time; text without the signs that people put between."""
    if isinstance(cell, timedelta):
        cell = cell / timedelta(days=1)
    if isinstance(cell, str):
        text = _plain(cell)
        if not _SPREAD.fullmatch(text):
            return text
        cell = float(text)
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _of_serial(float(cell))
    return cell


def _of_serial(days: float) -> Cell:
    if int(days) in _SERIALS:
        at = _EPOCH + timedelta(seconds=round(days * 86_400))
        return at if days % 1 else at.date()
    if 0 <= days < 1:
        return (_EPOCH + timedelta(seconds=round(days * 86_400) % 86_400)).time()
    return str(days)


def _plain(text: str) -> str:
    text = normalize("NFKC", text).strip()
    for signs, plain in (("年月/.", "-"), ("日号", " "), ("时点", ":"), ("分秒", "")):
        for sign in signs:
            if not (sign == "." and _SPREAD.fullmatch(text)):
                text = text.replace(sign, plain)
    return text.strip()


def _whole(cell: Cell) -> datetime | None:
    """A date with its time of day."""
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=None) if cell.time() != time() else None
    found = _WHOLE.fullmatch(cell) if isinstance(cell, str) else None
    if found is None:
        return None
    try:
        return datetime(*(int(one or 0) for one in found.groups()))  # type: ignore[arg-type]  # noqa: DTZ001  # six figures; its zone is put by whoever asks
    except ValueError:
        raise WrongCell(Wrongness.NOT_A_TIME, str(cell)) from None


def _day(cell: Cell) -> date:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if cell in (None, ""):
        raise WrongCell(Wrongness.MISSING, field="date")
    found = _DATE.fullmatch(str(cell)) or _WHOLE.fullmatch(str(cell))
    try:
        if found:
            return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        pass
    raise WrongCell(Wrongness.NOT_A_DATE, str(cell), field="date")


def _clock(cell: Cell) -> time:
    if isinstance(cell, datetime):
        return cell.time()
    if isinstance(cell, time):
        return cell.replace(tzinfo=None)
    if cell in (None, ""):
        raise WrongCell(Wrongness.MISSING)
    found = _CLOCK.fullmatch(str(cell))
    try:
        if found:
            return time(int(found[1]), int(found[2]), int(found[3] or 0))
    except ValueError:
        pass
    raise WrongCell(Wrongness.NOT_A_TIME, str(cell))
