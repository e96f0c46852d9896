"""``holdfast db migrate``."""

import typer

from console.commands.shared import open_store

app = typer.Typer(help="The store.", no_args_is_help=True)


@app.callback()
def database() -> None:
    """The store."""


@app.command()
def migrate() -> None:
    """Bring the tables up to this version; safe to run again."""
    with open_store(ready=False) as store:
        store.migrate()
    typer.echo("The store is up to date.")
