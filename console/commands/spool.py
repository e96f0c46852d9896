"""``holdfast spool check|import``: what callers left, as it lies on the disk."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from callbacks.checking import check as check_files
from callbacks.folders import Feed, feeds_of, remote_feeds
from callbacks.forgotten import Forgetting
from callbacks.importer import Importer, ImportReport
from config.policy import SitePolicy
from config.settings import Settings, load_settings
from console.commands.shared import Problem, err, make_folders, open_store, policy_now, say
from ivr.numbers import check as check_number

app = typer.Typer(help="What callers left, as it lies on the disk.", no_args_is_help=True)
SHOWN = 20  # damaged lines of one file
REMOTE = "remote"
ABSENT = "of a new site, the bridge or `holdfast db migrate` makes it; else find out where it went"
Folder = Annotated[
    Path | None,
    typer.Argument(
        metavar="[DIR]",
        help="A folder with spool and tier 3 files, or with spool/, tier3/ and remote/ in it; the site's own otherwise.",
    ),
]
Pbx = Annotated[
    str,
    typer.Option(
        "--pbx", help="Id of the Asterisk that wrote DIR's tier 3 files; the policy's own otherwise."
    ),
]


@app.command()
def check(folder: Folder = None, pbx: Pbx = "") -> None:
    """Read every line and say what is damaged, and where. Changes nothing. Ends with code 1 when something is."""
    spool, tier3, remote = _places(folder, load_settings())
    feeds = [*feeds_of(pbx or "pbx", spool, tier3), *_remote(remote)]
    files = whole = damaged = troubles = 0
    for one in check_files(feeds):
        files, whole, damaged = files + 1, whole + one.whole, damaged + len(one.damaged)
        troubles += bool(one.trouble)
        if one.trouble:
            say(one.path, "red", one.trouble + ("" if Path(one.path).exists() else f"; {ABSENT}"))
        for number, why in one.damaged[:SHOWN]:
            say(f"{one.path}:{number}", "red", why)
        if len(one.damaged) > SHOWN:
            say(one.path, "red", f"and {len(one.damaged) - SHOWN} damaged lines more")
    say(f"{files} files, {whole} lines whole, {damaged} damaged", "red" if damaged or troubles else "green")
    if damaged or troubles:
        raise typer.Exit(1)


@app.command("import")
def import_(
    folder: Folder = None,
    pbx: Pbx = "",
    again: Annotated[
        bool,
        typer.Option(
            "--again", help="From the start of every kept file: after the book lost its newest rows."
        ),
    ] = False,
) -> None:
    """Bring lines into the book, once each by their key. What the book knows changes nothing, so this may be repeated, and
    may run beside the bridge. No file is deleted.
    """
    settings, policy = load_settings(), policy_now()
    if folder is None:
        make_folders(settings, "spool_dir", "tier3_dir")
    spool, tier3, remote = _places(folder, settings)
    with open_store(settings) as store:
        importer = Importer(
            Forgetting(store, settings.data_dir),
            spool,
            tier3,
            pbx or policy.pbx_id,
            keep=timedelta.max,
            dialled=_dialled(policy),
            limits=lambda: policy.limits,
            remote=remote,
            label="" if folder is None else "import:",  # files of other folders may have the names of ours
        )
        if again or folder is not None:
            importer.read_again()
        _run(importer)
        if folder is not None:
            importer.read_again()  # nobody goes on from there


def _run(importer: Importer) -> None:
    reports: list[ImportReport] = []
    with err.status("reading") as shown:
        while not reports or reports[-1].more:
            reports.append(importer.run_once(datetime.now(UTC)))
            shown.update(f"{sum(one.lines for one in reports)} lines")
    lines, new, completed, known, damaged, held = (
        sum(getattr(one, name) for one in reports)
        for name in ("lines", "new", "completed", "known", "damaged", "held")
    )
    for problem in dict.fromkeys(problem for one in reports for problem in one.problems):
        say("problem", "red", problem)
    say(
        f"{lines} lines read: {new} new, {completed} completed, {known} known, {damaged} damaged, {held} above a limit"
    )
    if any(one.problems for one in reports):
        raise typer.Exit(1)


def _places(folder: Path | None, settings: Settings) -> tuple[Path, Path, Path]:
    """Where spool, tier 3 and other Asterisks' files are."""
    if folder is None:
        return settings.spool_dir, settings.tier3_dir, settings.data_dir / REMOTE
    if not folder.is_dir():
        raise Problem("DIR", f"{folder} is no folder", "name one that holds spool and tier 3 files")
    spool, tier3 = (one if (one := folder / name).is_dir() else folder for name in ("spool", "tier3"))
    return spool, tier3, folder / REMOTE


def _remote(folder: Path) -> list[Feed]:
    try:
        return remote_feeds(folder)
    except OSError as error:
        raise Problem(
            "DIR", f"cannot list {folder}: {error.strerror}", "check its owner and rights"
        ) from error


def _dialled(policy: SitePolicy) -> Callable[[str], str]:
    return lambda number: check_number(number, policy.caller).number or number
