"""``holdfast callbacks list|show|seen|let|outcome``: the book in the terminal. What else callers left: ``callers_left``; what
agents and leaders do with it: ``work``.
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.table import Table

from callbacks.masking import mask_number, mask_text
from callbacks.values import (
    Asks,
    Attempt,
    Capture,
    MatterOutcome,
    Outcome,
    Promise,
    PromiseState,
    Touch,
)
from console import intents, summary
from console.commands import callers_left, explain, recordings, work
from console.commands.shared import Problem, Who, ask, login_name, open_store, say
from console.commands.telling import local, show_whole
from console.words import ASKS, MATTERS, OUTCOMES, OWING, REASONS, SOURCES, TOUCHES
from console.words import BY_PERSON as SETTLED
from console.words import SETTLED as MATTER_WORDS
from store import Store
from store.promises import BY_PERSON

app = typer.Typer(help="The promise book.", no_args_is_help=True)
app.add_typer(recordings.app, name="recordings")
app.command("explain")(explain.explain_one)
for command in callers_left.COMMANDS:
    app.command()(command)
for name, command in work.COMMANDS:
    app.command(name)(command)
STATED = ("answered", "voicemail", "busy", "no_answer", "refused", "again")


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option(help="How many, whose turn it is first.", min=1, max=1_000_000)] = 50,
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
        captures = {view.id: store.captures_of(view.id) for view in promises}
        if as_json:
            rows = [
                asdict(view)
                | {"attempts_made": [_attempt(one, full=full) for one in store.attempts_of(view.id)]}
                | {"captures_made": [_capture(one, full=full) for one in captures[view.id]]}
                for view in promises
            ]
            typer.echo(json.dumps(rows, default=str, ensure_ascii=False))
            return
    heads = ("#", "number", "scope", "matter", "state", "attempts", "due", "agent", "left", "remark")
    table = Table(*heads, box=None, padding=(0, 1, 0, 0), pad_edge=False)
    for promise in promises:
        state = "due" if promise.due and promise.state == "open" else promise.state
        table.add_row(
            *(str(promise.id), promise.number, promise.scope, promise.matter, state, str(promise.attempts)),
            *(_due(promise.due_at, now), promise.agent, _left(captures[promise.id]), _remark(promise.reason)),
        )
    show_whole(table if promises else "Nothing to look at." if leader else "No promise is open.")


def _listed(store: Store, limit: int, *, everything: bool, leader: bool) -> list[Promise]:
    if leader:
        return store.for_leader(limit)
    return store.promises(limit, *PromiseState) if everything else store.open_promises(limit)


def _due(at: datetime, now: datetime) -> str:
    """When it may be called; not a date that is years away, for one that somebody must let."""
    return local(at) if at - now < timedelta(days=365) else "held"


def _remark(reason: str) -> str:
    """Why it is as it is, in words; a reason without a word stands as it is."""
    return REASONS.get(reason) or OUTCOMES.get(reason) or reason


def _left(captures: list[Capture]) -> str:
    """What the calls of a promise left besides the number: references, regions, requests, messages."""
    calls = [one for one in captures if not one.asks]
    words = [one.reference for one in calls] + [one.region for one in calls]
    words += [ASKS[one.asks] for one in captures if one.asks]
    words += ["message"] if any(one.recording for one in captures) else []
    return " · ".join(dict.fromkeys(filter(None, words)))


_OF_PERSON = ("number", "caller_id", "owner", "name", "address", "remarks")


def _capture(one: Capture, *, full: bool) -> dict[str, object]:
    """Without what tells who it is, as _attempt."""
    return {name: value for name, value in asdict(one).items() if full or name not in _OF_PERSON}


def _attempt(one: Attempt, *, full: bool) -> dict[str, object]:
    """Without the number, which the promise shows as it was asked for; masked in what an agent wrote, too."""
    facts = {name: value for name, value in asdict(one).items() if name != "number"}
    return facts if full else facts | {"note": mask_text(one.note), "reason": mask_text(one.reason)}


@app.command()
def show(
    promise_id: Annotated[int, typer.Argument(metavar="ID", help="The promise's number in the list.")],
    full: Annotated[bool, typer.Option("--full", help="Show the telephone numbers whole.")] = False,
) -> None:
    """One promise with its calls, requests, messages, every attempt, and what leaders settled."""
    with open_store() as store:
        promise = store.promise(promise_id)
        if promise is None:
            raise Problem("ID", f"there is no promise {promise_id}", "see: holdfast callbacks list")
        captures, attempts = store.captures_of(promise_id), store.attempts_of(promise_id)
        strays = store.unapplied(about={one.reference for one in captures})
        settled = store.changes(kind=BY_PERSON, subject=f"#{promise_id}")
        said = {one.capture: one for one in store.matter_outcomes(promise_id)}
        history = store.history(promise_id)
    number = str if full else mask_number
    look = "look at it: " if promise.attention else ""
    remark = f", {look}{_remark(promise.reason)}" if look or promise.reason else ""
    say(f"promise {promise.id}: {number(promise.number)}, scope {promise.scope}, {promise.state}{remark}")
    view = summary.promise_view(promise, datetime.now(UTC))
    if view.owing:
        say(f"  {'late' if view.late else 'owed soon'}: {OWING[view.owing]} {local(view.owed_by)}")
    for capture in captures:
        say(f"  {_told(capture, number)}")
        if capture.key in said:
            say(f"    {_became(said[capture.key])}")
    for capture in strays:
        say(f"  {_told(capture, number)}, without effect")
    for row in reversed(settled):
        why = f" ({_remark(row.reason)})" if row.reason else ""
        say(f"  {local(row.at)} {row.who or '–'}: {SETTLED.get(row.new, row.new)}{why}")
    for attempt in attempts:
        ended = attempt.outcome or "in flight"
        words = (attempt.trunk, attempt.agent, ended, attempt.reason, attempt.who, attempt.note)
        say(f"  attempt {attempt.key} {local(attempt.started_at)} {' · '.join(filter(None, words))}")
    for touch in history:
        say(f"  {local(touch.at)} {touch.who or '–'}: {TOUCHES[touch.what]} {_detail(touch)}".rstrip())


def _detail(touch: Touch) -> str:
    """What stands beside a touch; the time that a caller wished for as all other times."""
    wished, rest = touch.wish
    return f"{local(wished)} {rest}".rstrip() if wished else _remark(rest)


def _became(said: MatterOutcome) -> str:
    """What became of a matter, in a line."""
    words = [MATTER_WORDS[said.settled], said.order, said.note, f"by {said.who}"]
    words += [f"satisfied {said.satisfied} of 5"] if said.satisfied else []
    words += ["caused by the incident"] if said.caused else []
    return ", ".join(filter(None, words))


def _told(capture: Capture, number: Callable[[str], str]) -> str:
    """One call, or one request, in a line."""
    caller = number(capture.caller_id) or "a withheld number"
    if capture.asks:
        other = f" to {number(capture.number)}" if capture.asks is Asks.CHANGE else ""
        words = [
            f"asked {local(capture.at)} from {caller}: {ASKS[capture.asks]}{other}",
            f"about reference {capture.about or '–'}",
        ]
    else:
        heard = "promised" if capture.promised else "not promised"
        way = f"tier {capture.tier}" if capture.tier else "entered by hand"
        words = [
            f"left {local(capture.at)} from {caller}: {MATTERS[capture.matter]}",
            f"{capture.language}, {SOURCES[capture.source]}, {way}, {heard}",
        ]
    words += [f"reference {capture.reference}"] if capture.reference else []
    words += [f"region {capture.region}"] if capture.region else []
    words += [f"message {capture.recording}"] if capture.recording else []
    return ", ".join(words)


@app.command()
def seen(
    promise_id: Annotated[int, typer.Argument(metavar="ID", help="The promise's number in the list.")],
    who: Who = "",
) -> None:
    """Take a promise off the leader's list: somebody has looked at it. Nothing else about it changes."""
    with open_store() as store:
        if store.seen_by_leader(promise_id, datetime.now(UTC), who.strip()[:40] or login_name()):
            say(f"promise {promise_id} is off the leader's list")
            return
        if store.promise(promise_id) is None:
            raise Problem("ID", f"there is no promise {promise_id}", "see: holdfast callbacks list --leader")
        say(f"promise {promise_id} was not on the leader's list")


@app.command()
def let(
    promise_id: Annotated[int, typer.Argument(metavar="ID", help="The promise's number in the list.")],
    who: Who = "",
) -> None:
    """Let a promise be called that is held because it is above a limit, or could not be called as it stood."""
    with open_store() as store:
        if store.let(promise_id, datetime.now(UTC), who.strip()[:40] or login_name()):
            say(f"promise {promise_id} is called in its turn")
            return
        if store.promise(promise_id) is None:
            raise Problem("ID", f"there is no promise {promise_id}", "see: holdfast callbacks list --leader")
        say(f"promise {promise_id} was not held")


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
