"""How every command tells things: times on the site's clocks, one rule for the language, and tables of which nothing is cut."""

import os
from collections.abc import Mapping
from datetime import datetime, tzinfo
from functools import cache
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import typer
from rich.console import Console, Group, RenderableType
from rich.measure import Measurement
from rich.table import Column, Table

from config.errors import ConfigErrors
from console.commands.shared import Problem, out, policy_now
from console.words import LANGUAGES

Spoken = Annotated[
    str, typer.Option("--language", help="zh-CN or en; otherwise Chinese where the locale (LC_ALL, LANG) is.")
]
_LOCALE: Final = ("LC_ALL", "LC_MESSAGES", "LANG")  # the first that is set says it, as everywhere
_WIDEST: Final = 100_000  # columns


@cache
def site_zone() -> tzinfo | None:
    """The zone of the policy, found out once in a command. None, this machine's, where the policy cannot be read: a list is
    wanted most when something is wrong, and every time says its distance from UTC.
    """
    try:
        return ZoneInfo(policy_now().timezone)
    except ConfigErrors:
        return None


def local(moment: datetime | None) -> str:
    """A time on the site's clocks with its distance from UTC: "11-22 20:55:04 +08"; "–" for None."""
    return on_clocks(moment, "%m-%d %H:%M:%S")


def on_clocks(moment: datetime | None, form: str) -> str:
    """As ``local``, in a form of ``strftime``."""
    if moment is None:
        return "–"
    there = moment.astimezone(site_zone())
    return f"{there:{form}} {distance(there)}"


def distance(there: datetime) -> str:
    """Of an aware time from UTC: "+08", "+05:30"."""
    hours, minutes = f"{there:%z}"[:3], f"{there:%z}"[3:5]
    return hours if minutes == "00" else f"{hours}:{minutes}"


def language_of(asked: str, environment: Mapping[str, str] = os.environ) -> str:
    """In which language a command tells something: what was asked for; else Chinese where the locale is, else English.

    Raises Problem for one without words. What a command makes for others, papers and files, is in the site's first language.
    """
    if asked and asked not in LANGUAGES:
        raise Problem("--language", f"there are no words in {asked!r}", f"use one of {', '.join(LANGUAGES)}")
    said = next((environment[name] for name in _LOCALE if environment.get(name)), "")
    return asked or ("zh-CN" if said.lower().startswith("zh") else "en")


def show_whole(*told: RenderableType) -> None:
    """On standard output, with nothing cut: a program or a file gets every line whole; on a narrow terminal a table's cells break
    between words, and where there is no room for the longest words either, the terminal breaks the lines.
    """
    for one in (
        part for whole in told for part in (whole.renderables if isinstance(whole, Group) else (whole,))
    ):
        width = max(1, _measure(one).maximum)
        if out.is_terminal and out.width < width:
            width = _fit(one, out.width) if isinstance(one, Table) else out.width
        Console(width=width).print(one, crop=False)


def _fit(table: Table, room: int) -> int:
    """Columns get their longest word, and what is left over as much of what they could use as there is. Returns the width."""
    widths = [_widths(column) for column in table.columns]
    least, most = [one[0] for one in widths], [one[1] for one in widths]
    taken = table.padding[1] + table.padding[3]
    spare = max(0, room - sum(least) - taken * len(least))
    for index, column in enumerate(table.columns):
        wish, wishes = most[index] - least[index], sum(most[index:]) - sum(least[index:])
        more = min(wish, spare * wish // wishes) if wishes else 0
        column.width, spare = least[index] + more, spare - more
    return max(room, sum(least) + taken * len(least))


def _widths(column: Column) -> tuple[int, int]:
    """The longest word and the longest cell."""
    found = [_measure(cell) for cell in (column.header, *column.cells)]
    return max(one.minimum for one in found), max(one.maximum for one in found)


def _measure(told: RenderableType) -> Measurement:
    return Measurement.get(out, out.options.update(width=_WIDEST, max_width=_WIDEST), told)
