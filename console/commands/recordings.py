"""``holdfast callbacks recordings list|delete``: the messages that callers recorded."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Column, Table

from callbacks.recordings import Recorded, Recordings, listen
from config.settings import load_settings
from console.commands.shared import Problem, open_store, policy_now, say
from console.commands.telling import local, show_whole
from store import Store

app = typer.Typer(help="The messages that callers recorded.", no_args_is_help=True)


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option(help="How many, the oldest first.", min=1, max=10_000)] = 100,
    orphans: Annotated[
        bool, typer.Option("--orphans", help="Files that belong to no call that is in the book.")
    ] = False,
) -> None:
    """Recordings with their calls, how long they are, and what is wrong with them."""
    with open_store() as store:
        shelf = shelf_of(store)
        if orphans:
            found = [str(path) for path in shelf.orphans(datetime.now(UTC))]
            say("\n".join(found) if found else "Every recording has its call.")
            return
        listed = store.recordings(limit)
        table = Table("call", "left", Column("seconds", justify="right"), "file", "remark", box=None)
        for one in listed:
            table.add_row(one.key, local(one.at), *_heard(shelf, one))
    show_whole(table if listed else "There is no recording.")


@app.command()
def delete(key: Annotated[str, typer.Argument(metavar="CALL", help="As in the list.")]) -> None:
    """Delete one recording: the file, and its name in the call's record. The call stays."""
    with open_store() as store:
        one = store.capture(key)
        if one is None or not one.recording:
            raise Problem("CALL", f"{key} has no recording", "see: holdfast callbacks recordings list")
        problem = shelf_of(store).delete(Recorded(one.key, one.at, one.recording))
    if problem:
        raise Problem("CALL", problem, "then delete it again")
    say(f"the recording of {key} is deleted")


def shelf_of(store: Store) -> Recordings:
    """The site's recordings."""
    settings = load_settings()
    return Recordings(store, settings.recordings_dir, policy_now().pbx_id, settings.data_dir / "remote")


def _heard(shelf: Recordings, one: Recorded) -> tuple[str, str, str]:
    path = shelf.path(one)
    if path is None:
        return "", one.recording, "the file is not there"
    sound = listen(path)
    return f"{sound.seconds:g}" if not sound.problem else "", str(path), sound.problem
