"""``holdfast measures``: what the telephone system can tell of a hotline's work (requirement G), each figure with its formula."""

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

import typer
from rich.table import Column, Table

from callbacks.measures import GROUPS, NOT_OURS, Figure
from callbacks.measures.imports import WrongLine, read_carrier_counts, read_roster
from callbacks.measures.words import COUNTER_WORDS
from config.policy import SitePolicy
from console.commands.shared import Problem, Problems, open_store, policy_now, say
from console.commands.telling import Spoken, language_of, show_whole
from console.forms.csv_file import decoded
from console.forms.reading import Unreadable
from console.measures import BY, Asked, Report, Wrong, asked_for, build, is_counted
from console.measures.files import to_csv, to_xlsx
from console.measures.texts import TEXTS, value_text
from console.records.archive import write_whole
from store import Store

app = typer.Typer(help="Measures of the hotline's work, each with its formula.", invoke_without_command=True)
T = TypeVar("T")
BOOK = b"PK\x03\x04"  # an .xlsx is a ZIP, whatever its name says
AS_CSV = "in the spreadsheet program: save as, CSV (UTF-8), with a header and commas"
COUNT_AT_ONCE = 100  # half hours
From = Annotated[str, typer.Option("--from", help="A day or a time on the site's clocks; today otherwise.")]
Until = Annotated[str, typer.Option(help="The last day, or the time of the end.")]
Csv = Annotated[
    Path, typer.Argument(metavar="FILE", help="A CSV file with a header: UTF-8, UTF-16 or GB18030.")
]
ENGLISH = "en"


@app.callback()
def measures(
    context: typer.Context,
    since: From = "",
    until: Until = "",
    by: Annotated[str, typer.Option(help=" | ".join(BY))] = "",
    formula: Annotated[
        bool, typer.Option("--formula", help="Show each formula, and the numbers in it.")
    ] = False,
    level: Annotated[
        str, typer.Option("--service-level", help="Its formula; the policy's otherwise. See the reference.")
    ] = "",
    language: Spoken = "",
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    to_csv_file: Annotated[Path | None, typer.Option("--csv", help="Write a CSV file.")] = None,
    to_xlsx_file: Annotated[Path | None, typer.Option("--xlsx", help="Write an XLSX file.")] = None,
) -> None:
    """Calls, lines, agents and callbacks of a time, by queue, agent, incident, carrier, day, month or half hour."""
    if context.invoked_subcommand is not None:
        return
    site, spoken = policy_now(), language_of(language)
    with open_store() as store:
        report = _report(store, site, (since, until, by), level)
    if as_json:
        typer.echo(json.dumps(_plain(report), ensure_ascii=False))
    for file, make, option in ((to_csv_file, to_csv, "--csv"), (to_xlsx_file, to_xlsx, "--xlsx")):
        if file is not None:
            _write(file, make(report, language or site.languages[0]), option)
    if not (as_json or to_csv_file or to_xlsx_file):
        if not is_counted(report):
            _show_nothing(report, spoken)
            return
        _show(report, spoken, formula)


@app.command()
def roster(file: Csv) -> None:
    """Import who is to work when, for adherence: columns agent, from, until. Again is harmless."""
    zone = ZoneInfo(policy_now().timezone)
    shifts = _read(file, lambda text: read_roster(text, zone))
    with open_store() as store:
        say("imported", "green", f"{store.put_roster(shifts)} shifts")


@app.command()
def carrier(file: Csv) -> None:
    """Import what carriers counted, for percent busies: columns carrier, from, until, offered, refused. Again is harmless."""
    zone = ZoneInfo(policy_now().timezone)
    counts = _read(file, lambda text: read_carrier_counts(text, zone))
    with open_store() as store:
        say("imported", "green", f"{store.put_carrier_counts(counts)} counts")


@app.command()
def count(since: From = "", until: Until = "") -> None:
    """Count a time again from its raw records, where there still are any."""
    zone = ZoneInfo(policy_now().timezone)
    asked = _asked(since, until, "", zone)
    with open_store() as store:
        marked = store.count_again(asked.since, asked.until, zone)
        _count_due(store, zone)
    say("counted", "green", f"{marked} half hours")


def _report(store: Store, site: SitePolicy, what: tuple[str, str, str], level: str) -> Report:
    zone, now = ZoneInfo(site.timezone), datetime.now(UTC)
    asked = _asked(*what, zone)
    _count_due(store, zone)
    policy = replace(site.measures, formula=level) if level else site.measures
    queues = {name: scope.queue for name, scope in site.fallback.scopes.items()}
    return _told(lambda: build(store, asked, policy, zone, now, queues))


def _asked(since: str, until: str, by: str, zone: ZoneInfo) -> Asked:
    return _told(lambda: asked_for(since, until, by, datetime.now(UTC), zone))


def _told(work: Callable[[], T]) -> T:
    try:
        return work()
    except Wrong as wrong:
        option = {"formula": "--service-level"}.get(wrong.field, f"--{wrong.field}")
        raise Problem(option, wrong.what, wrong.remedy) from None


def _count_due(store: Store, zone: ZoneInfo) -> None:
    """What the bridges have not come to yet."""
    while store.count_half_hours(zone, COUNT_AT_ONCE):
        pass


def _read(file: Path, read: Callable[[str], tuple[list[T], list[WrongLine]]]) -> list[T]:
    """All of the file's rows, or nothing of it and every line that is wrong."""
    try:
        data = file.read_bytes()
    except OSError as problem:
        raise Problem(
            "FILE", f"cannot read {file}: {problem.strerror}", "give a file that may be read"
        ) from None
    if data.startswith(BOOK):
        raise Problem("FILE", f"{file} is a workbook (.xlsx), and a CSV is read here", AS_CSV)
    try:
        text = decoded(data)
    except Unreadable as problem:
        raise Problem("FILE", f"{file} {problem.told(ENGLISH)[0]}", AS_CSV) from None
    rows, wrong = read(text)
    if wrong:
        raise Problems(Problem(f"{file}:{one.line} {one.field}", one.what, "") for one in wrong)
    return rows


def _write(file: Path, content: bytes, option: str) -> None:
    try:
        write_whole(file, content)
    except OSError as problem:
        what = f"cannot write {file}: {problem.strerror}"
        raise Problem(option, what, "give a file in a folder that exists and may be written") from None
    say("written", "green", f"{file}")


def _show_nothing(report: Report, language: str) -> None:
    """A table of zeros would read as if nobody had called."""
    since, until = (
        f"{at.astimezone(report.zone):%Y-%m-%d %H:%M}" for at in (report.asked.since, report.asked.until)
    )
    say(TEXTS["no records"](language).format(since=since, until=until, zone=report.zone.key))
    if report.first_record:
        first = f"{report.first_record.astimezone(report.zone):%Y-%m-%d %H:%M}"
        say(TEXTS["records since"](language).format(first=first))


def _show(report: Report, language: str, formula: bool) -> None:
    heads = ("measure", "value", "formula", "worked", "note") if formula else ("measure", "value", "note")
    table = Table(*(Column(TEXTS[head](language)) for head in heads), box=None)
    for group, words in GROUPS.items():
        table.add_row(f"[bold]{words(language)}[/bold]")
        for one in report.whole.figures:
            measure = one.measure
            if measure.group != group:
                continue
            said = [measure.formula(language, report.policy), measure.worked(one.sums)] if formula else []
            note = measure.note(language) if measure.note else ""
            table.add_row(f"  {measure.words(language)}", value_text(one), *said, note)
    show_whole(table)
    if report.lines:
        show_whole(_lines(report, language))
    say(f"{TEXTS['not ours'](language)}: " + ", ".join(words(language) for words in NOT_OURS))


def _lines(report: Report, language: str) -> Table:
    """The measures that can be told by this, in short: the files hold all of them."""
    shown = (
        "total",
        "answered",
        "answered_share",
        "service_level",
        "abandonment",
        "asa",
        "talk",
        "handling",
        "occupancy",
    )
    there = [one.measure for one in report.lines[0].figures if one.measure.id in shown]
    heads = (TEXTS[report.asked.by](language), *(one.words(language) for one in there))
    table = Table(*(Column(head) for head in heads), box=None)
    for line in report.lines:
        known = {one.measure.id: one for one in line.figures}
        table.add_row(line.name, *(value_text(known[one.id]) for one in there))
    return table


def _plain(report: Report) -> dict[str, object]:
    def line(figures: Iterable[Figure]) -> dict[str, object]:
        return {one.measure.id: one.value for one in figures}

    return {
        "from": report.asked.since.isoformat(),
        "until": report.asked.until.isoformat(),
        "by": report.asked.by,
        "service_level": report.policy.formula,
        "whole": line(report.whole.figures),
        "lines": {one.name: line(one.figures) for one in report.lines},
        "formulas": {
            one.measure.id: {
                "over": one.measure.over,
                "under": one.measure.under,
                "times": one.measure.times,
                "estimate": one.measure.estimate,
                "en": one.measure.formula("en", report.policy),
                "zh-CN": one.measure.formula("zh-CN", report.policy),
            }
            for one in report.whole.figures
        },
        "sums": {
            name: value for name, value in report.whole.figures[0].sums.items() if name in COUNTER_WORDS
        },
        "not_ours": [words("en") for words in NOT_OURS],
    }
