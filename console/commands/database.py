"""``holdfast db migrate``."""

import typer

from config.settings import load_settings
from store import Store

app = typer.Typer(help="The store.", no_args_is_help=True)


@app.callback()
def database() -> None:
    """The store."""


@app.command()
def migrate() -> None:
    """Bring the tables up to this version; safe to run again."""
    with Store(load_settings().database_url) as store:
        store.migrate()
    typer.echo("The store is up to date.")
