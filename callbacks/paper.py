"""Rows of a manual form (requirement C2) become captures, or say what is wrong with them. Pure.

A row is known by what it says: sheet, row, time and number. So the same file twice brings nothing twice, and two desks that
filled in copies of one blank lose nobody.
"""

from base64 import b32encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from hashlib import sha256

from callbacks.paper_cells import Cell, Wrong, WrongCell, Wrongness, moment, number_text, text_of, yes_or_no
from callbacks.rules.merging import BROUGHT_BY
from callbacks.spool_line import FORM_LIMITS
from callbacks.values import Capture, Matter, NumberSource

__all__ = ["FIELDS", "Cell", "PaperSite", "Reading", "Row", "Wrong", "Wrongness", "read"]

FIELDS = (
    *("sheet", "row", "date", "time", "number", "read_back", "call", "scope", "matter"),
    *("region", "language", "name", "address", "agent", "remarks"),
)
"""The columns of the form, in their order."""
BY_HAND = 0  # the tier of what a person took down
SOURCE = "form"  # stands before the colon of a key, where others have the id of their Asterisk
_AHEAD = timedelta(minutes=10)  # clocks of people and machines differ by so much
_BACK = timedelta(days=366)
_MARKS = ("sheet", "row")


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is not empty. line: where it stands, from 1, for people. extra: cells of columns that are none of ours, by
    their heading. merged: fields whose cell is one with that of another row, so that nobody knows whose it is.
    """

    line: int
    cells: Mapping[str, Cell]
    extra: Mapping[str, str] = field(default_factory=dict)
    merged: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PaperSite:
    """What a site knows. scopes, matters, regions, languages: what people write, in lower case, → what is meant.

    zone: of the times on the form. dialled: a number as it is dialled, and why it is refused ("" it is not). incident: the
    key of the incident that a scope had then, "" none. who: brings the rows; noted, as such, where a row names no agent.
    """

    zone: tzinfo
    scopes: Mapping[str, str]
    matters: Mapping[str, Matter]
    regions: Mapping[str, str]
    languages: Mapping[str, str]
    usual_language: str
    dialled: Callable[[str], tuple[str, str]]
    incident: Callable[[str, datetime], str] = lambda _scope, _at: ""
    who: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a row says. capture: None when something is wrong with it. again: the line of the same file that says the same.
    unsure: its number was not read back to the caller (C5). sheet: id of its sheet with its row, "" none.
    """

    line: int
    capture: Capture | None = None
    wrong: tuple[Wrong, ...] = ()
    again: int = 0
    unsure: bool = False
    sheet: str = ""


def read(rows: Iterable[Row], site: PaperSite, now: datetime) -> list[Reading]:
    """Every row's reading, in their order. now: aware UTC."""
    readings: list[Reading] = []
    first: dict[str, int] = {}
    for row in rows:
        one = _read(row, site, now)
        if one.capture is not None and first.setdefault(one.capture.key, row.line) != row.line:
            one = replace(one, again=first[one.capture.key])
        readings.append(one)
    return readings


def _read(row: Row, site: PaperSite, now: datetime) -> Reading:
    wrong: list[Wrong] = [Wrong(name, Wrongness.MERGED) for name in sorted(row.merged)]

    def told(name: str, value: Callable[[], str | datetime | bool | None]) -> str | datetime | bool | None:
        try:
            return value()
        except WrongCell as problem:
            wrong.append(Wrong(problem.field or name, problem.kind, problem.said, problem.known))
            return None

    cells = row.cells
    name, address = (_text(one, cells, wrong) for one in ("name", "address"))
    remarks = _remarks(row, wrong)
    limit = FORM_LIMITS["taken_by"]
    taken_by = _text("agent", cells, wrong, limit) or (site.who and f"{BROUGHT_BY}{site.who}"[:limit])
    at = told("time", lambda: _time(cells, site, now))
    call = told("call", lambda: yes_or_no(cells.get("call"), usual=True))
    read_back = told("read_back", lambda: yes_or_no(cells.get("read_back"), usual=False))
    number = told("number", lambda: _number(cells.get("number"), bool(call), site))
    scope = told("scope", lambda: _one_of(cells.get("scope"), site.scopes, _only(site.scopes)))
    matter = told("matter", lambda: _one_of(cells.get("matter"), site.matters, Matter.UNSTATED))
    region = told("region", lambda: _one_of(cells.get("region"), site.regions, ""))
    language = told("language", lambda: _one_of(cells.get("language"), site.languages, site.usual_language))
    mark = ".".join(filter(None, (text_of(cells.get(name)) for name in _MARKS)))[:40]
    if wrong or not isinstance(at, datetime):
        return Reading(row.line, wrong=tuple(wrong), sheet=mark)
    capture = Capture(
        key=_key(mark, at, str(number), (str(scope), str(matter), name, address, remarks)),
        at=at,
        scope=str(scope),
        caller_id="",
        number=str(number),
        source=NumberSource.KEYED if number else NumberSource.NONE,
        matter=Matter(str(matter)),
        language=str(language),
        tier=BY_HAND,
        wanted=bool(call),
        promised=bool(call),
        incident=site.incident(str(scope), at),
        region=str(region),
        name=name,
        address=address,
        remarks=remarks,
        taken_by=taken_by,
    )
    return Reading(row.line, capture, unsure=bool(number) and not read_back, sheet=mark)


def _key(mark: str, at: datetime, number: str, rest: Sequence[str]) -> str:
    """Of a row without sheet and number of its own, all that it says counts."""
    facts = (mark, at.isoformat(), number) if mark else ("", at.isoformat(), number, *rest)
    digest = b32encode(sha256("\0".join(facts).encode()).digest()).decode().lower()[:16]
    plain = "".join(one for one in mark if one.isascii() and (one.isalnum() or one in ".-_"))
    return f"{SOURCE}:{plain}-{digest}" if plain else f"{SOURCE}:{digest}"


def _time(cells: Mapping[str, Cell], site: PaperSite, now: datetime) -> datetime:
    at = moment(cells.get("date"), cells.get("time"), site.zone).astimezone(UTC)
    if at > now + _AHEAD:
        raise WrongCell(Wrongness.FUTURE, f"{at.astimezone(site.zone):%Y-%m-%d %H:%M}")
    if at < now - _BACK:
        raise WrongCell(Wrongness.LONG_AGO, f"{at.astimezone(site.zone):%Y-%m-%d %H:%M}", field="date")
    return at


def _number(cell: Cell, call: bool, site: PaperSite) -> str:
    """As it is dialled. A row that asks for no call may do without one."""
    text = number_text(cell)
    if not text:
        if call:
            raise WrongCell(Wrongness.NO_NUMBER)
        return ""
    number, refusal = site.dialled(text)
    if refusal:
        raise WrongCell(Wrongness.REFUSED, refusal)
    return number


def _one_of(cell: Cell, known: Mapping[str, str], usual: str | None) -> str:
    text = text_of(cell)
    if not text and usual is not None:
        return usual
    if not text:
        raise WrongCell(Wrongness.MISSING, known=_choices(known))
    found = known.get(text.casefold())
    if found is None:
        raise WrongCell(Wrongness.NOT_KNOWN, text, _choices(known))
    return found


def _choices(known: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(value) for value in known.values()))


def _only(known: Mapping[str, str]) -> str | None:
    """The one that there is; None where there are several."""
    values = set(known.values())
    return values.pop() if len(values) == 1 else None


def _text(name: str, cells: Mapping[str, Cell], wrong: list[Wrong], limit: int = 0) -> str:
    text, limit = text_of(cells.get(name)), limit or FORM_LIMITS[name]
    if len(text) > limit:
        wrong.append(Wrong(name, Wrongness.TOO_LONG, str(limit)))
    return text


def _remarks(row: Row, wrong: list[Wrong]) -> str:
    """With what stands in columns of which we know nothing: nobody's words are dropped."""
    more = (f"{heading}: {text}" for heading, text in row.extra.items())
    text = "; ".join(filter(None, (text_of(row.cells.get("remarks")), *more)))
    if len(text) > FORM_LIMITS["remarks"]:
        wrong.append(Wrong("remarks", Wrongness.TOO_LONG, str(FORM_LIMITS["remarks"])))
    return text
