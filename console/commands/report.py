"""``holdfast component report``: a person's word about a trunk, a pool or a part; it convinces at once, both ways."""

from typing import Annotated

import typer

from console import intents
from console.commands.asking import BySocket, ask_anyhow
from console.commands.shared import Problem, Who, policy_now

app = typer.Typer(help="Trunks, pools and parts of the policy.", no_args_is_help=True)


@app.callback()
def component() -> None:
    """Trunks, pools and parts of the policy."""


@app.command()
def report(
    name: Annotated[str, typer.Argument(help="Name of the component, as in the policy file.")],
    why: Annotated[str, typer.Option(help="What was seen; it goes into the record.")],
    down: Annotated[
        bool | None, typer.Option("--down/--up", help="Whether it works no more, or works again.")
    ] = None,
    who: Who = "",
    by_socket: BySocket = False,
) -> None:
    """Say that a component is down, or works again."""
    if down is None:
        raise Problem("--down", "down, or up again?", "give --down or --up")
    if not why.strip() or len(why) > 200:
        raise Problem("--why", "a reason of 1 to 200 characters is wanted", "say what was seen")
    ask_anyhow(intents.report(_component(name), good=not down, why=why.strip()), who, by_socket)


def _component(name: str) -> str:
    policy = policy_now().fallback
    known = (*policy.trunks, *policy.pools, *policy.parts)
    if name not in known:
        raise Problem("NAME", f"there is no component {name!r}", f"known: {', '.join(known)}")
    return name
