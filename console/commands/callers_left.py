"""``holdfast callbacks requests|missed|notices|duty|ack``: what callers left besides a promise, in the terminal."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any, Final

import typer

from callbacks.masking import mask_number
from callbacks.values import Asks, Capture
from console import intents
from console.commands.asking import BySocket, ask_anyhow
from console.commands.shared import Problem, Who, open_store, say
from console.commands.telling import local
from console.words import ASKS, MATTERS, NOTICE_STATES, NOTICE_WAYS

Newest = Annotated[int, typer.Option("--limit", help="How many, newest first.", min=1, max=10_000)]
Full = Annotated[bool, typer.Option("--full", help="Show the telephone numbers whole.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]
NO_NUMBER, EARLY = "wanted to be called, but left no number", "hung up early"


def requests(limit: Newest = 50, full: Full = False) -> None:
    """What callers asked without effect: a wrong reference, one closed before, above a limit."""
    number = _shown(full)
    with open_store() as store:
        listed = store.unapplied(limit)
    for one in listed:
        caller = number(one.caller_id) or "withheld"
        say(f"{local(one.at)} {ASKS[one.asks]}, {_about(one, number)}, from {caller}")
    if not listed:
        say("Every request had its effect.")


def _about(one: Capture, number: Callable[[str], str]) -> str:
    if one.asks is Asks.NOTICE:
        return f"{number(one.number)} is above a limit" if one.number else "no number"
    return f"about reference {one.about}" if one.about else "about no reference"


def missed(limit: Newest = 50, full: Full = False, as_json: AsJson = False) -> None:
    """Calls that left nothing to call back: pressed nothing and hung up early, or left no number."""
    number = _shown(full)
    with open_store() as store:
        listed = [one.capture for one in store.missed(limit)]
    if as_json:
        masked = ("caller_id", "number", "owner")
        _print([asdict(one) | {name: number(getattr(one, name)) for name in masked} for one in listed])
        return
    for one in listed:
        say(_missed(one, number(one.caller_id) or "withheld"))
    if not listed:
        say("No call was missed.")


def _missed(one: Capture, caller: str) -> str:
    words = [MATTERS[one.matter], one.language, f"tier {one.tier}", NO_NUMBER if one.wanted else EARLY]
    words += [f"reference {one.reference}"] if one.reference else []
    words += [f"region {one.region}"] if one.region else []
    words += [f"message {one.recording}"] if one.recording else []
    return f"{local(one.at)} {one.scope} {caller}: {', '.join(words)}"


def notices(limit: Newest = 50, full: Full = False, as_json: AsJson = False) -> None:
    """Callers who only wanted to hear when it is over, and what became of it."""
    number = _shown(full)
    with open_store() as store:
        listed = store.notices(limit)
    if as_json:
        _print([asdict(one) | {"number": number(one.number)} for one in listed])
        return
    for one in listed:
        words = [NOTICE_STATES[one.state], NOTICE_WAYS.get(one.way, one.way), one.detail]
        changed = f" ({local(one.at)})" if one.at else ""
        say(
            f"{local(one.asked_at)} {one.scope} {number(one.number)}: {', '.join(filter(None, words))}{changed}"
        )
    if not listed:
        say("Nobody asked to be told.")


def duty(full: Full = False) -> None:
    """Danger and fault reports that nobody has taken on yet, oldest first."""
    number = _shown(full)
    with open_store() as store:
        waiting = store.duty_open()
    for one in waiting:
        say(
            f"{local(one.at)} {one.matter} {one.key} {one.scope} {number(one.number) or 'no number'} told {one.rounds} times"
        )
    if not waiting:
        say("Nothing waits for the duty role.")


def ack(
    key: Annotated[
        list[str] | None, typer.Argument(help="Keys as `holdfast callbacks duty` shows them.")
    ] = None,
    matter: Annotated[str, typer.Option(help="danger | fault | all: take all of these on.")] = "",
    who: Who = "",
    socket: BySocket = False,
) -> None:
    """Take danger or fault reports on: the duty role is not told of them any more."""
    keys = key or []
    if matter not in ("", "danger", "fault", "all"):
        raise Problem("--matter", f"{matter!r} is not known", "say danger, fault or all")
    if bool(keys) == bool(matter):
        raise Problem("KEY", "name reports or give --matter, one of the two", "see: holdfast callbacks duty")
    ask_anyhow(intents.duty_ack(keys, matter), who, socket)


COMMANDS: Final[tuple[Callable[..., None], ...]] = (requests, missed, notices, duty, ack)


def _shown(full: bool) -> Callable[[str], str]:
    return str if full else mask_number


def _print(rows: list[dict[str, Any]]) -> None:
    typer.echo(json.dumps(rows, default=str, ensure_ascii=False))
