"""``holdfast leave grant``: let somebody sign out during an incident without being reported for it (D2)."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from console import intents
from console.commands.asking import BySocket, ask_anyhow
from console.commands.override import duration
from console.commands.shared import Problem, Who, open_store, policy_now
from store import StoreProblem

app = typer.Typer(help="Leave to sign out during an incident.", no_args_is_help=True)


@app.callback()
def leave() -> None:
    """Leave to sign out during an incident."""


@app.command()
def grant(
    member: Annotated[str, typer.Argument(help="The member as Asterisk names it, e.g. PJSIP/agent-1.")],
    queue: Annotated[str, typer.Option(help="The queue; needed where the site has several.")] = "",
    for_: Annotated[str, typer.Option("--for", help="How long: 30min, 2h.")] = "30min",
    who: Who = "",
    by_socket: BySocket = False,
) -> None:
    """Grant it. It ends by itself."""
    until = datetime.now(UTC) + duration(for_)
    ask_anyhow(intents.leave(_queue(queue), _member(member, by_socket), until), who, by_socket)


def _queue(name: str) -> str:
    known = tuple(dict.fromkeys(pool.queue for pool in policy_now().fallback.pools.values()))
    if not name and len(known) == 1:
        return known[0]
    if name not in known:
        what = f"there is no queue {name!r}" if name else "which queue?"
        raise Problem("--queue", what, f"known: {', '.join(known)}")
    return name


def _member(name: str, by_socket: bool) -> str:
    """The member, if the bridge's row lists it, or lists nobody; not looked up when the store is not asked."""
    if not name.strip():
        raise Problem("MEMBER", "who?", "give the member as Asterisk names it, e.g. PJSIP/agent-1")
    if by_socket:
        return name
    try:
        with open_store() as store:
            row = store.live_row("agents")
    except StoreProblem:
        return name
    said = row.value if row is not None and isinstance(row.value, list) else []
    known = sorted({str(one.get("member")) for one in said if isinstance(one, dict)})
    if known and name not in known:
        raise Problem("MEMBER", f"no queue has a member {name!r}", f"known: {', '.join(known)}")
    return name
