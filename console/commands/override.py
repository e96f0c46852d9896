"""``holdfast override set|end``: a mode by hand, with who, why and until when."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from console import intents
from console.commands.asking import BySocket, ask_anyhow
from console.commands.shared import Problem, Scope, Who, scope_named
from fallback.modes import Mode

app = typer.Typer(help="Set a mode by hand, or end it.", no_args_is_help=True)
_UNITS = {"": 60, "s": 1, "sec": 1, "min": 60, "m": 60, "h": 3600}
_DURATION = re.compile(r"(\d{1,4})\s*(s|sec|min|m|h|)", re.ASCII)


@app.command("set")
def set_(
    scope: Scope,
    mode: Annotated[str, typer.Argument(help=" | ".join(Mode))],
    why: Annotated[str, typer.Option(help="The reason; it goes into the record.")],
    for_: Annotated[str, typer.Option("--for", help="How long: 90s, 30min, 2h. Not for EVACUATED.")] = "",
    who: Who = "",
    by_socket: BySocket = False,
) -> None:
    """Set the mode of a scope. Every one but EVACUATED ends by itself."""
    name, wanted = scope_named(scope), _mode(mode)
    now = datetime.now(UTC)
    ask_anyhow(intents.override_set(name, wanted, _reason(why), _until(wanted, for_, now)), who, by_socket)


@app.command()
def end(
    scope: Scope,
    why: Annotated[str, typer.Option(help="The reason; it goes into the record.")] = "",
    who: Who = "",
    by_socket: BySocket = False,
) -> None:
    """End the mode that was set by hand."""
    name = scope_named(scope)
    ask_anyhow(intents.override_end(name, why.strip()[:200]), who, by_socket)


def _mode(text: str) -> Mode:
    try:
        return Mode(text.upper())
    except ValueError:
        raise Problem("mode", f"there is no mode {text!r}", f"use one of {', '.join(Mode)}") from None


def _reason(why: str) -> str:
    if not why.strip() or len(why) > 200:
        raise Problem("--why", "a reason of 1 to 200 characters is wanted", "say why, e.g. --why 'cable cut'")
    return why.strip()


def _until(mode: Mode, text: str, now: datetime) -> datetime | None:
    if mode is Mode.EVACUATED and not text:
        return None
    return now + duration(text or "30min")


def duration(text: str) -> timedelta:
    """``90s``, ``30min``, ``2h``; a bare number is minutes. Raises Problem for anything else, and for 0."""
    found = _DURATION.fullmatch(text.strip().lower())
    if not found or int(found[1]) == 0:
        raise Problem("--for", f"{text!r} is no length of time", "write 90s, 30min or 2h")
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]])
