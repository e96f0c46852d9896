"""``holdfast policy check``: every error of a policy file at once."""

from pathlib import Path
from typing import Annotated

import typer

from config.policy import load_policy
from console.commands.shared import out

app = typer.Typer(help="The policy file.", no_args_is_help=True)


@app.callback()
def policy() -> None:
    """The policy file."""


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="The YAML file.")],
) -> None:
    """Check a policy file; says what it means for the site, or everything that is wrong with it."""
    site = load_policy(file)
    known = site.fallback
    out.print(f"[green]{file} is right.[/green]", highlight=False)
    out.print(f"scopes  {', '.join(known.scopes)}", markup=False, highlight=False)
    out.print(f"trunks  {', '.join(known.trunks)}", markup=False, highlight=False)
    out.print(f"pools   {', '.join(known.pools)}", markup=False, highlight=False)
    armed = "armed: callers are switched" if known.armed else "observing: nothing is switched (armed: false)"
    out.print(armed, markup=False, highlight=False)
