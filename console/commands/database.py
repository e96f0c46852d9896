"""``holdfast db migrate``."""

import typer

from config.settings import load_settings
from console.commands.shared import Problem
from store import Store

app = typer.Typer(help="The store.", no_args_is_help=True)


@app.callback()
def database() -> None:
    """The store."""


@app.command()
def migrate() -> None:
    """Bring the tables up to this version; safe to run again."""
    settings = load_settings()
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        what = f"{settings.data_dir} cannot be made: {problem.strerror}"
        raise Problem("data_dir", what, "create it, or give this user the right to") from None
    with Store(settings.database_url) as store:
        store.migrate()
    typer.echo("The store is up to date.")
