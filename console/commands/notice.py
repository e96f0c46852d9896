"""``holdfast notice export``: the public notice as files for a web server (F5)."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from console.commands.shared import Problem, open_store, policy_now, say
from console.records.notice import wording_of
from console.records.notice_files import export as write
from console.records.notice_rows import load_notice

app = typer.Typer(help="The public notice of start, change and end.", no_args_is_help=True)


@app.callback()
def notice() -> None:
    """The public notice of start, change and end."""


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Made when it is missing.")],
) -> None:
    """Write notice.json, notice.atom and notice.html, each as a whole; what would not change is not touched."""
    wording = wording_of(policy_now())
    with open_store() as store:
        found = load_notice(store, wording, datetime.now(UTC))
    try:
        write(found, folder)
    except OSError as problem:
        what = f"cannot write to {folder}: {problem.strerror}"
        raise Problem("DIR", what, "give a folder that may be written") from None
    lasting = ", ".join(f"{one.scope} {one.mode}" for one in found.standing) or "nothing to tell"
    say("written", "green", f"to {folder}: {lasting}")
