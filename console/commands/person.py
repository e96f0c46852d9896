"""``holdfast person export|delete``: what there is of one telephone number, for its owner; and its deletion."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from callbacks.values import CLOSED_STATES, PromiseState
from config.settings import Settings, load_settings
from console import intents
from console.commands.shared import Problem, answer_of, err, open_store, policy_now, say
from console.keeping import person as people
from store import Store
from store.errors import StillOpen

app = typer.Typer(help="One person's data: told, or deleted.", no_args_is_help=True)
Number = Annotated[
    str, typer.Argument(metavar="NUMBER", help="The telephone number, as it is dialled or written.")
]
_SHORTEST = 5
_CALLED = frozenset({PromiseState.DIALLING, PromiseState.TALKING})
_CLOSE = "call first, or close it all: --with-open"


@app.callback()
def person() -> None:
    """One person's data."""


@app.command()
def export(
    number: Number,
    to: Annotated[
        Path | None, typer.Option("--out", help="A folder that is made; in this one otherwise.")
    ] = None,
) -> None:
    """Write everything that is known of a number into a folder: JSON, text that can be read, and recorded messages."""
    settings, now = load_settings(), datetime.now(UTC)
    with open_store(settings) as store:
        found = _gathered(store, settings, number)
    folder = to or Path(f"person-{now:%Y%m%dT%H%M%SZ}")
    try:
        people.export(found, folder, now)
    except FileExistsError:
        raise Problem("--out", f"{folder} is there already", "name one that is not") from None
    except OSError as problem:
        raise Problem(
            "--out", f"cannot write {folder}: {problem.strerror}", "choose another folder"
        ) from None
    counts = ", ".join(f"{count} {name}" for name, count in found.rows.counts().items()) or "no rows"
    say(
        "written",
        "green",
        f"{folder}: {counts}, {len(found.lines)} lines in files, {len(found.sounds)} messages",
    )


@app.command()
def delete(
    number: Number,
    why: Annotated[str, typer.Option("--why", help="For the record; without the number.")],
    who: Annotated[str, typer.Option("--who", help="Who answers for it.")],
    with_open: Annotated[
        bool, typer.Option("--with-open", help="Close open promises of this number first: nobody is called.")
    ] = False,
) -> None:
    """Delete the number, and what people wrote about its owner, everywhere; counts stay. Cannot be undone.

    Copies of the store keep it until they go by their age. Whoever calls again afterwards is an ordinary caller.
    """
    if not why.strip() or not who.strip():
        raise Problem("--why" if not why.strip() else "--who", "is empty", "both stand in the record")
    settings, now = load_settings(), datetime.now(UTC)
    with open_store(settings) as store:
        found = _gathered(store, settings, number)
        unless = _CALLED if with_open else frozenset(PromiseState) - CLOSED_STATES
        _refuse([row["id"] for row in found.rows.open if row["state"] in unless], with_open)
        if found.rows.untold:
            _take_on(store, found, who.strip()[:40], now, with_open=with_open)
            found = _gathered(store, settings, number)
        moment, why = datetime.now(UTC), why.strip()[:500]
        try:
            done = people.delete(store, settings, found, moment, who.strip()[:40], why, unless)
        except StillOpen as still:  # a call began, or a promise was opened, after the look
            _refuse(still.promises, with_open)
            raise
    say(
        "deleted",
        "green",
        f"{people.masked(found.number)}: {done.rows} rows, {done.lines} lines, {done.sounds} messages",
    )
    say(
        "still there",
        "yellow",
        "in copies of the store until they go by their age, and in files outside of Holdfast's folders",
    )
    for problem in done.problems:
        err.print(problem, highlight=False, soft_wrap=True, markup=False)
    if done.problems:
        raise typer.Exit(1)


def _gathered(store: Store, settings: Settings, number: str) -> people.Person:
    policy = policy_now()
    asked = people.number_of(number, policy)
    if len(asked.dialled.lstrip("+")) < _SHORTEST:
        raise Problem("NUMBER", "is too short for a person's", "give it whole")
    try:
        found = people.gather(store, settings, policy, asked)
    except OSError as problem:
        raise Problem(
            "data_dir", f"cannot be read: {problem}", "run this as the user of the bridge"
        ) from None
    if not found.is_known:
        raise Problem(
            "NUMBER", f"nothing is known of {people.masked(asked)}", "give it as the caller dialled it"
        )
    return found


def _refuse(ids: Sequence[int], with_open: bool) -> None:
    if ids and with_open:
        what = f"promise #{ids[0]} is being called at this moment"
        raise Problem("NUMBER", what, "wait until the call is over, and try again")
    if ids:
        named = ", ".join(f"#{one}" for one in ids)
        raise Problem("NUMBER", f"has {len(ids)} open promises: {named}", _CLOSE)


def _take_on(store: Store, found: people.Person, who: str, now: datetime, *, with_open: bool) -> None:
    """Reports that nobody took on; refused unless it was asked for."""
    if not with_open:
        raise Problem("NUMBER", "has a report that nobody has taken on", _CLOSE)
    number = intents.write(store, intents.duty_ack(found.rows.untold), who, now)
    state, _ = answer_of(store, number)
    if state == "pending":
        store.duty_ack(found.rows.untold, who, now)
