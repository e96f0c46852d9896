"""``holdfast keep``: what is kept for how long, and what of it is over."""

import json
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Column, Table

from console.commands.shared import open_store, policy_now, say
from console.commands.telling import on_clocks, show_whole
from store.keeping import BATCH, Kind, cuts

WHAT = {
    Kind.PROMISES: "closed promises, with calls, attempts and history",
    Kind.MISSED: "calls and requests without a promise",
    Kind.CALLS: "raw records of the queues",
    Kind.HALF_HOURS: "half hours of the measures",
    Kind.INCIDENTS: "closed incidents, with messages and notes",
    Kind.CHANGES: "the record of decisions and wishes",
}


def keep(
    rehearsal: Annotated[
        bool, typer.Option("--dry-run", help="Say how much would go; delete nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Delete what is over for longer than the policy keeps it, as the bridge does once a day. Open promises never go."""
    policy, now = policy_now().keep, datetime.now(UTC)
    ends = cuts(policy, now)
    with open_store() as store:
        if rehearsal:
            counts = {kind: store.count_old(kind, before) for kind, before in ends.items()}
        else:
            counts = dict.fromkeys(ends, 0)
            for kind, before in ends.items():
                while gone := store.forget_old(kind, before, BATCH):
                    counts[kind] += gone
    if as_json:
        rows = {kind.value: {"before": ends[kind].isoformat(), "rows": counts[kind]} for kind in ends}
        typer.echo(json.dumps({"dry_run": rehearsal, "kinds": rows}))
        return
    table = Table(
        "kind",
        "kept",
        "over before",
        Column("would go" if rehearsal else "deleted", justify="right"),
        box=None,
    )
    for kind in Kind:
        days = f"{getattr(policy, kind.value) / 86_400:g} days" if kind in ends else "for ever"
        # It is years back: without its year it would read as if today's went.
        until = on_clocks(ends.get(kind), "%Y-%m-%d %H:%M")
        table.add_row(WHAT[kind], days, until, str(counts.get(kind, 0)))
    show_whole(table)
    if rehearsal:
        say("Nothing was deleted.")
