"""``holdfast callbacks list|show|outcome|seen|let|requests|duty|ack``: the promise book in the terminal."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Column, Table

from callbacks.masking import mask_number
from callbacks.values import Attempt, Capture, Outcome, Promise, PromiseState
from console import intents, summary
from console.commands import recordings
from console.commands.shared import Problem, Who, ask, local, open_store, out, say
from store import Store

app = typer.Typer(help="The promise book.", no_args_is_help=True)
app.add_typer(recordings.app, name="recordings")
STATED = ("answered", "voicemail", "busy", "no_answer", "refused", "again")


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option(help="How many, whose turn it is first.", min=1, max=10_000)] = 50,
    everything: Annotated[bool, typer.Option("--all", help="Closed promises too.")] = False,
    leader: Annotated[
        bool, typer.Option("--leader", help="Those that somebody should look at, closed ones too.")
    ] = False,
    full: Annotated[bool, typer.Option("--full", help="Show the telephone numbers whole.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs, with every attempt.")] = False,
) -> None:
    """Open promises with masked numbers, in the order of their turn."""
    if everything and leader:
        raise Problem("--leader", "cannot be given together with --all", "use one of the two")
    now = datetime.now(UTC)
    with open_store() as store:
        listed = _listed(store, limit, everything=everything, leader=leader)
        promises = [summary.promise_view(promise, now, full=full) for promise in listed]
        if as_json:
            rows = [
                asdict(view)
                | {"attempts_made": [_attempt(one) for one in store.attempts_of(view.id)]}
                | {"captures_made": [_capture(one) for one in store.captures_of(view.id)]}
                for view in promises
            ]
            typer.echo(json.dumps(rows, default=str, ensure_ascii=False))
            return
    table = Table(
        "#",
        Column("number", no_wrap=True, min_width=11),
        "scope",
        "matter",
        "state",
        "attempts",
        "due",
        "agent",
        "remark",
        box=None,
    )
    for promise in promises:
        state = "due" if promise.due and promise.state == "open" else promise.state
        table.add_row(
            *(str(promise.id), promise.number, promise.scope, promise.matter, state, str(promise.attempts)),
            *(local(promise.due_at), promise.agent, promise.reason),
        )
    out.print(table if promises else "Nothing to look at." if leader else "No promise is open.")


def _listed(store: Store, limit: int, *, everything: bool, leader: bool) -> list[Promise]:
    if leader:
        return store.for_leader(limit)
    return store.promises(limit, *PromiseState) if everything else store.open_promises(limit)


def _capture(one: Capture) -> dict[str, object]:
    """Without numbers, as _attempt."""
    return {name: value for name, value in asdict(one).items() if name not in ("number", "caller_id")}


def _attempt(one: Attempt) -> dict[str, object]:
    """Without the number, which the promise shows as it was asked for."""
    return {name: value for name, value in asdict(one).items() if name != "number"}


@app.command()
def show(
    promise_id: Annotated[int, typer.Argument(metavar="ID", help="The promise's number in the list.")],
    full: Annotated[bool, typer.Option("--full", help="Show the telephone numbers whole.")] = False,
) -> None:
    """One promise with its captures and every attempt."""
    with open_store() as store:
        promise = store.promise(promise_id)
        if promise is None:
            raise Problem("ID", f"there is no promise {promise_id}", "see: holdfast callbacks list")
        captures, attempts = store.captures_of(promise_id), store.attempts_of(promise_id)
    number = str if full else mask_number
    say(f"promise {promise.id}: {number(promise.number)}, scope {promise.scope}, {promise.state}")
    for capture in captures:
        caller = number(capture.caller_id) or "a withheld number"
        heard = "promised" if capture.promised else "not promised"
        say(
            f"  left {local(capture.at)} from {caller}: {capture.matter}, {capture.language},"
            f" {capture.source} number, tier {capture.tier}, {heard}"
        )
    for attempt in attempts:
        ended = attempt.outcome or "in flight"
        words = (attempt.trunk, attempt.agent, ended, attempt.reason, attempt.who, attempt.note)
        say(f"  attempt {attempt.key} {local(attempt.started_at)} {' · '.join(filter(None, words))}")


@app.command()
def seen(
    promise_id: Annotated[int, typer.Argument(metavar="ID", help="The promise's number in the list.")],
) -> None:
    """Take a promise off the leader's list: somebody has looked at it. Nothing else about it changes."""
    with open_store() as store:
        if store.seen_by_leader(promise_id):
            say(f"promise {promise_id} is off the leader's list")
            return
        if store.promise(promise_id) is None:
            raise Problem("ID", f"there is no promise {promise_id}", "see: holdfast callbacks list --leader")
        say(f"promise {promise_id} was not on the leader's list")


@app.command()
def let(
    promise_id: Annotated[int, typer.Argument(metavar="ID", help="The promise's number in the list.")],
) -> None:
    """Let a promise be called that is held because it is above a limit, or could not be called as it stood."""
    with open_store() as store:
        if store.let(promise_id, datetime.now(UTC)):
            say(f"promise {promise_id} is called in its turn")
            return
        if store.promise(promise_id) is None:
            raise Problem("ID", f"there is no promise {promise_id}", "see: holdfast callbacks list --leader")
        say(f"promise {promise_id} was not held")


@app.command()
def requests(
    limit: Annotated[int, typer.Option(help="How many, newest first.", min=1, max=10_000)] = 50,
    full: Annotated[bool, typer.Option("--full", help="Show the telephone numbers whole.")] = False,
) -> None:
    """What callers asked about a promise without effect: a wrong reference, or one that was closed before."""
    number = str if full else mask_number
    with open_store() as store:
        listed = store.unapplied(limit)
    for one in listed:
        say(
            f"{local(one.at)} {one.asks} of {one.about or 'no reference'}, from {number(one.caller_id) or 'withheld'}"
        )
    if not listed:
        say("Every request had its effect.")


@app.command()
def duty(
    full: Annotated[bool, typer.Option("--full", help="Show the telephone numbers whole.")] = False,
) -> None:
    """Danger and fault reports that nobody has taken on yet, oldest first."""
    number = str if full else mask_number
    with open_store() as store:
        waiting = store.duty_open()
    for one in waiting:
        say(
            f"{local(one.at)} {one.matter} {one.key} {one.scope} {number(one.number) or 'no number'} told {one.rounds} times"
        )
    if not waiting:
        say("Nothing waits for the duty role.")


@app.command()
def ack(
    key: Annotated[
        list[str] | None, typer.Argument(help="Keys as `holdfast callbacks duty` shows them.")
    ] = None,
    matter: Annotated[str, typer.Option(help="danger | fault | all: take all of these on.")] = "",
    who: Who = "",
) -> None:
    """Take danger or fault reports on: the duty role is not told of them any more."""
    keys = key or []
    if matter not in ("", "danger", "fault", "all"):
        raise Problem("--matter", f"{matter!r} is not known", "say danger, fault or all")
    if bool(keys) == bool(matter):
        raise Problem("KEY", "name reports or give --matter, one of the two", "see: holdfast callbacks duty")
    with open_store() as store:
        ask(store, intents.duty_ack(keys, matter), who)


@app.command()
def outcome(
    promise_id: Annotated[int, typer.Argument(metavar="ID", help="The promise's number in the list.")],
    result: Annotated[str, typer.Argument(metavar="OUTCOME", help=" | ".join(STATED))],
    agent: Annotated[
        str, typer.Option(help="Member, e.g. PJSIP/agent-1; whoever took the call otherwise.")
    ] = "",
    note: Annotated[str, typer.Option(help="A remark for the record.")] = "",
    who: Who = "",
) -> None:
    """State how the newest attempt ended: the agent's word stands over the line's."""
    if result not in STATED:
        raise Problem("OUTCOME", f"there is no outcome {result!r}", f"use one of {', '.join(STATED)}")
    with open_store() as store:
        promise = store.promise(promise_id)
        if promise is None:
            raise Problem("ID", f"there is no promise {promise_id}", "see: holdfast callbacks list")
        if not promise.attempt:
            raise Problem("ID", f"promise {promise_id} was not called yet", "see: holdfast callbacks show ID")
        member = agent or promise.agent
        ask(store, intents.outcome(promise_id, promise.attempt, Outcome(result), member, note[:200]), who)
