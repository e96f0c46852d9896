"""``holdfast callbacks explain``: why a promise is where it is, what is owed, and when it is next."""

import json
from datetime import UTC, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from callbacks.masking import mask_number
from callbacks.rules.explaining import Explanation, explain
from callbacks.values import Touch, Touched
from config.call_hours import call_calendar
from config.policy import SitePolicy
from console.commands.shared import Problem, open_store, policy_now, say
from console.commands.telling import Spoken, distance, language_of
from console.explained import as_json, said
from console.live_rows import read
from console.summary import FRESH_SECONDS
from store import Store


def explain_one(
    promise_id: Annotated[int, typer.Argument(metavar="ID", help="The promise's number in the list.")],
    language: Spoken = "",
    as_values: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Say why a promise is where it is, what is owed until when, and when it is next and why not sooner."""
    spoken = language_of(language)
    site, now = policy_now(), datetime.now(UTC)
    with open_store() as store:
        promise = store.promise(promise_id)
        if promise is None:
            raise Problem("ID", f"there is no promise {promise_id}", "see: holdfast callbacks list")
        found = explanation(store, site, promise_id, now)
    if as_values:
        typer.echo(json.dumps({"id": promise_id} | as_json(found), ensure_ascii=False))
        return
    zone = ZoneInfo(site.timezone)
    clocks = f"{site.timezone}, UTC{distance(now.astimezone(zone))}"
    say(f"#{promise.id}", "bold", f"{mask_number(promise.number)} · {promise.scope} · {clocks}")
    for line in said(found, spoken, zone):
        say(f"  {line}")


def explanation(store: Store, site: SitePolicy, promise_id: int, now: datetime) -> Explanation:
    """The same as a value. Raises LookupError when there is no such promise."""
    promise = store.promise(promise_id)
    if promise is None:
        raise LookupError(promise_id)
    history = store.history(promise_id)
    return explain(
        promise,
        store.captures_of(promise_id),
        store.attempts_of(promise_id),
        store.ahead_of(promise_id, site.callbacks.head_start),
        call_calendar(site, now),
        site.callbacks,
        ready_since(store, promise.scope, now),
        paused_why(history),
        now,
        history,
    )


def ready_since(store: Store, scope: str, now: datetime) -> datetime | None:
    """Since when callbacks of a scope may be made, as the bridge told lately; None: they may not, or nobody can say."""
    row = store.live_rows()
    live = read({key: one.value for key, one in row.items()}, row["bridge"].at if "bridge" in row else None)
    if live.at is None or now - live.at > timedelta(seconds=FRESH_SECONDS):
        return None
    known = next((one for one in live.scopes if one.name == scope and one.callbacks_allowed), None)
    return None if known is None else now - timedelta(seconds=known.stable_for or 0.0)


def paused_why(history: list[Touch]) -> str:
    """What stands beside the last pause."""
    return next((one.detail for one in reversed(history) if one.what is Touched.PAUSED), "")
