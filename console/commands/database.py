"""``holdfast db migrate|backup|verify|restore``: the store, and copies of it (requirement A9)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from config.settings import Settings, load_settings
from console.bridge_socket import socket_path
from console.commands.shared import gone, make_folders, say
from console.commands.telling import local
from console.keeping.again import forget_again
from console.keeping.running import running_bridges
from store import Store, StoreProblem
from store.backups import KEEP, Backup, good, make, thin, verify
from store.backups import restore as put_back

app = typer.Typer(help="The store, and copies of it.", no_args_is_help=True)
BACKUPS = "backups"  # in the data folder
FOLDERS = ("data_dir", "spool_dir", "tier3_dir", "recordings_dir")  # a site has them before its first call
File = Annotated[Path, typer.Argument(metavar="FILE", help="A copy, with its .json beside it.")]


@app.callback()
def database() -> None:
    """The store."""


@app.command()
def migrate(
    anew: Annotated[
        bool,
        typer.Option("--anew", help="Begin with an empty book where the database of a site in use is gone."),
    ] = False,
) -> None:
    """Make the site's folders and bring the tables up to this version; safe to run again."""
    settings = load_settings()
    if not anew and (why := gone(settings)):
        raise StoreProblem(why)
    make_folders(settings, *FOLDERS)
    with Store(settings.database_url) as store:
        store.migrate()
    typer.echo("The store is up to date.")


@app.command()
def backup(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="Where to; data_dir/backups otherwise.")
    ] = None,
    keep: Annotated[int, typer.Option(help="Good copies that stay in the folder.", min=1, max=1000)] = KEEP,
    listed: Annotated[
        bool, typer.Option("--list", help="Show the copies that there are; make none.")
    ] = False,
) -> None:
    """Copy the store while everybody works. A copy that was not finished never looks like one."""
    settings = load_settings()
    place = folder or settings.data_dir / BACKUPS
    if listed:
        _show(good(place))
        return
    made = make(settings.database_url, place, datetime.now(UTC))
    thin(place, keep)
    say("copied", "green", f"{made.path}: {_told(made)}")


@app.command("verify")
def verify_(file: File) -> None:
    """Put a copy into a scratch database and compare what comes back with what was copied. Changes nothing."""
    whole = verify(file.absolute(), load_settings().database_url)
    say("whole", "green", f"{file}: {_told(whole)}")


@app.command()
def restore(file: File) -> None:
    """Put a copy in the store's place, after trying it out. What was there is kept beside it. Refused while a bridge runs.

    Afterwards the bridge reads the kept spool again, so that what was left since the copy comes in once more.
    """
    settings = load_settings()
    kept = put_back(file.absolute(), settings.database_url, datetime.now(UTC), lambda: _in_use(settings))
    say("restored", "green", str(file))
    if kept:
        say("kept", "", f"what was there: {kept}")
    with Store(settings.database_url) as store:
        people = forget_again(store, settings, datetime.now(UTC))
    if people:
        say("forgotten", "", f"{people} people who had been deleted since the copy are deleted again")
    say("next", "", "start the bridge, or: holdfast spool import --again")


def _in_use(settings: Settings) -> str:
    return running_bridges(settings.database_url, socket_path(settings.data_dir))


def _show(copies: Sequence[Backup]) -> None:
    for one in copies:
        say(str(one.path), "", f"{local(one.at)} {_told(one)}")
    if not copies:
        say("There is no copy.")


def _told(one: Backup) -> str:
    return (
        f"{one.rows} rows, {max(1, one.size // 1024)} KiB, tables {one.revision}, SHA-256 {one.digest[:16]}…"
    )
