"""``holdfast form sheet|blank|import``: the manual form (requirement C2), for when agents work without the systems."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from callbacks.spool import Spool
from config.policy import SitePolicy
from config.settings import Settings, load_settings
from console.commands.papers import Language
from console.commands.shared import Problem, err, make_folders, open_store, policy_now, say
from console.commands.telling import show_whole
from console.forms import blank as blanks
from console.forms import printing
from console.forms.bringing import Brought, bring, dry_run, forgotten_by
from console.forms.reading import MOST_BYTES, Unreadable
from console.forms.rejects import why
from console.forms.site import FormSite, form_site
from console.forms.words import FATES
from console.records.archive import write_whole
from console.records.words import LANGUAGES
from store import StoreProblem

app = typer.Typer(
    help="The manual form: paper and files for when the systems are away.", no_args_is_help=True
)
Out = Annotated[Path | None, typer.Option("--out", help="Write to this file.")]


@app.command()
def sheet(
    language: Language = "",
    rows: Annotated[
        int, typer.Option(help="Callers on a page; as many as fit otherwise.", min=0, max=12)
    ] = 0,
    pages: Annotated[
        int, typer.Option(help="How many pages, each with an id of its own.", min=1, max=200)
    ] = 1,
    to: Out = None,
) -> None:
    """A sheet to print beforehand and to write on by hand: one HTML file of A4 pages that needs nothing else."""
    page = printing.to_page(_site(language), [blanks.sheet_id() for _ in range(pages)], rows)
    if to is None:
        typer.echo(page, nl=False)
    else:
        _write(to, page.encode())


@app.command()
def blank(
    to: Annotated[Path, typer.Option("--out", help="Write to this file: .csv or .xlsx.")],
    language: Language = "",
    rows: Annotated[int, typer.Option(help="Numbered rows.", min=1, max=1000)] = blanks.ROWS,
) -> None:
    """A blank to be filled in with a spreadsheet program, with a sheet id of its own."""
    site, name = _site(language), blanks.sheet_id()
    match to.suffix.lower():
        case ".csv":
            data = blanks.to_csv(site, name, rows)
        case ".xlsx":
            data = blanks.to_xlsx(site, name, datetime.now(UTC), rows)
        case _:
            raise Problem("--out", f"{to} is neither .csv nor .xlsx", "give a name that ends so")
    _write(to, data)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV or XLSX that was filled in.")],
    who: Annotated[
        str, typer.Option("--who", help="Who imports; noted where a row does not name who took it down.")
    ],
    rehearsal: Annotated[
        bool, typer.Option("--dry-run", help="Show what would become of each row; write nothing.")
    ] = False,
    rejects: Annotated[
        Path | None, typer.Option("--rejects", help="Where rows go that are wrong; beside FILE otherwise.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Bring the rows of a form into the book, once each: the same file again changes nothing. Ends with code 1 when a row is
    wrong; the others come in all the same.
    """
    settings, policy = load_settings(), policy_now()
    data = _read(file)
    if not who.strip():
        raise Problem("--who", "who imports?", "give a name")
    try:
        done = _look(data, file, who.strip()[:40], settings, policy)
    except Unreadable as problem:
        what, remedy = problem.told("en")
        raise Problem("FILE", f"{file} {what}", remedy) from None
    if not rehearsal:
        make_folders(settings, "spool_dir")
        with Spool(settings.spool_dir) as spool:
            done = bring(done, spool, rejects or file.with_name(f"{file.stem}.rejects.csv"))
    if as_json:
        typer.echo(json.dumps(_json(done), ensure_ascii=False, default=str))
    else:
        _show(done)
    if done.wrong or done.failed:
        raise typer.Exit(1)


def _look(data: bytes, file: Path, who: str, settings: Settings, policy: SitePolicy) -> Brought:
    """With the store, or without it while it is away."""
    now = datetime.now(UTC)
    try:
        with open_store(settings) as store:
            return dry_run(data, file.name, store, policy, who, now, forgotten_by(store, settings.data_dir))
    except StoreProblem as problem:
        err.print(f"[yellow]store away[/yellow]: {escape(str(problem))}", highlight=False, soft_wrap=True)
        return dry_run(data, file.name, None, policy, who, now)


def _site(language: str) -> FormSite:
    if language and language not in LANGUAGES:
        raise Problem(
            "--language", f"there is no language {language!r}", f"use one of {', '.join(LANGUAGES)}"
        )
    return form_site(policy_now(), language)


def _read(file: Path) -> bytes:
    try:
        size = file.stat().st_size
        if size > MOST_BYTES:
            what = f"{file} has {size // 1024 // 1024} MiB, and at most {MOST_BYTES // 1024 // 1024} are read"
            raise Problem("FILE", what, "split it, and leave pictures out")
        return file.read_bytes()
    except OSError as problem:
        raise Problem(
            "FILE", f"{file} cannot be read: {problem.strerror}", "check its name and rights"
        ) from None


def _write(to: Path, data: bytes) -> None:
    try:
        write_whole(to, data)
    except OSError as problem:
        what = f"cannot write {to}: {problem.strerror}"
        raise Problem("--out", what, "give a file in a folder that exists and may be written") from None
    say("written", "green", str(to))


def _show(done: Brought) -> None:
    table = Table("row", "number", "fate", "promise", "remark", box=None)
    for one in done.rows:
        again = f"row {one.reading.again}" if one.reading.again else ""
        unsure = "not read back" if one.reading.unsure else ""
        remark = " ".join(filter(None, (why(one, "en"), again, unsure)))
        promise = f"#{one.promise}" if one.promise else ""
        table.add_row(str(one.row.line), one.number, FATES[one.fate.value], promise, remark)
    show_whole(table if done.rows else "There is no row that somebody has written into.")
    for name in done.unread:
        say("not read", "yellow", f"the table {name!r}, which has no headings of the form")
    word = "would come in" if done.rehearsal else "are safe in the spool"
    nothing = len(done.rows) - done.coming - done.wrong - len(done.failed)
    say(f"{done.coming} rows {word}, {done.wrong} are wrong, {nothing} change nothing")
    if done.coming and not done.rehearsal:
        say("the bridge brings them into the book; where none runs: holdfast spool import")
    if done.failed:
        say("not kept", "red", f"{len(done.failed)} rows: {done.problem}. Import the same file again.")
    if done.unwritten:
        say("wrong rows", "red", f"{done.unwritten}; they stand in the file itself, or give --rejects")
    if done.rejects:
        say("to be mended", "yellow", f"{done.rejects}: correct it and import it like any other file")


def _json(done: Brought) -> dict[str, object]:
    rows = [
        {
            "row": one.row.line,
            "sheet": one.reading.sheet,
            "fate": one.fate.value,
            "promise": one.promise or None,
            "number": one.number,
            "key": one.reading.capture.key if one.reading.capture else None,
            "again": one.reading.again or None,
            "wrong": [asdict(wrong) for wrong in one.reading.wrong],
        }
        for one in done.rows
    ]
    return {
        "dry_run": done.rehearsal,
        "rows": rows,
        "coming": done.coming,
        "wrong": done.wrong,
        "not_kept": len(done.failed),
        "unread": list(done.unread),
        "rejects": str(done.rejects) if done.rejects else None,
    }
