"""``holdfast policy check``: every error of a policy file at once."""

from pathlib import Path
from typing import Annotated

import typer

from config.policy import load_policy
from console.commands.shared import say

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
    say("right", "green", str(file))
    say(f"scopes  {', '.join(known.scopes)}")
    say(f"trunks  {', '.join(known.trunks)}")
    say(f"pools   {', '.join(known.pools)}")
    say("armed: callers are switched" if known.armed else "observing: nothing is switched (armed: false)")
