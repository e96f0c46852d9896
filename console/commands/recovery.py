"""``holdfast recovery set``: the recovery time that callers hear (requirement B2)."""

from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from console import intents
from console.commands.asking import BySocket, ask_anyhow
from console.commands.shared import Problem, Scope, Who, policy_now, scope_named

app = typer.Typer(help="State when a scope will work again.", no_args_is_help=True)


@app.command("set")
def set_(
    scope: Scope,
    at: Annotated[str, typer.Argument(help="HH:MM on the site's clocks, or clear.")],
    who: Who = "",
    by_socket: BySocket = False,
) -> None:
    """State the recovery time of a scope: HH:MM (the next such time), or ``clear`` when it is not known."""
    name = scope_named(scope)
    moment = None if at == "clear" else _moment(at)
    ask_anyhow(intents.recovery_set(name, moment), who, by_socket)


def _moment(text: str) -> datetime:
    try:
        return intents.next_time_of_day(text, datetime.now(UTC), ZoneInfo(policy_now().timezone))
    except ValueError:
        raise Problem("time", f"{text!r} is no time of day", "write HH:MM, e.g. 16:30, or clear") from None
