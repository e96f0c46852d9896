"""``holdfast status``: what is wrong, for whom, and who waits to be called."""

import time
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.live import Live as LiveScreen
from rich.table import Column, Table
from rich.text import Text

from config.settings import load_settings
from console import bridge_socket, summary
from console.commands.asking import BySocket, from_either
from console.commands.shared import known_now, out
from console.commands.telling import local, show_whole
from console.live_rows import ScopeView
from console.summary import Known, Summary

_COLOURS = {
    "NORMAL": "green",
    "RECOVERING": "cyan",
    "DEGRADED": "yellow",
    "OUTAGE": "bold white on red",
    "EVACUATED": "bold white on magenta",
    "UP": "green",
    "SUSPECT": "yellow",
    "MENDING": "yellow",
    "DOWN": "bold red",
    "free": "green",
    "busy": "cyan",
    "ringing": "cyan",
    "paused": "yellow",
    "unreachable": "red",
}


def status(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, numbers masked.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Show it again every second until Ctrl-C.")] = False,
    by_socket: BySocket = False,
) -> None:
    """Modes, trunks, agents, incident line and open promises. Without --json, ends with 1 when the bridge does not answer."""
    known = known_now()
    if watch and not as_json:
        _watch(known, by_socket)
        return
    picture = _look(known, by_socket)
    if as_json:
        typer.echo(summary.to_json(picture))
        return
    show_whole(render(picture))
    raise typer.Exit(0 if picture.bridge.fresh else 1)


def _look(known: Known, by_socket: bool) -> Summary:
    """From the store, or from the bridge's memory when the store is away."""
    path = bridge_socket.socket_path(load_settings().data_dir)
    return from_either(
        lambda store: summary.build(store, datetime.now(UTC), known),
        lambda: summary.from_bridge(bridge_socket.status(path), datetime.now(UTC)),
        by_socket,
    )


def _watch(known: Known, by_socket: bool) -> None:
    """Each look opens the store anew, so that it is shown again as soon as it is back."""
    first = render(_look(known, by_socket))
    with LiveScreen(first, console=out, screen=True, auto_refresh=False) as screen:
        while True:
            time.sleep(1)
            screen.update(render(_look(known, by_socket)), refresh=True)


def render(picture: Summary) -> RenderableType:
    """The summary for a terminal; readable without colour too."""
    parts: list[RenderableType] = [_bridge(picture)]
    if picture.live.duty.open:
        parts.append(_duty(picture))
    observing = picture.live.bridge.armed is False
    parts += [_scope(scope, observing) for scope in picture.live.scopes]
    parts += [_trunks(picture), _agents(picture), _figures(picture)]
    if picture.promises:
        parts.append(_promises(picture))
    if picture.changes:
        parts.append(_changes(picture))
    return Group(*parts)


def _bridge(picture: Summary) -> Text:
    said = picture.live.bridge
    if picture.bridge.never:
        return Text("The bridge has never written to this store. Start it with: holdfast bridge", "bold red")
    if not picture.bridge.fresh:
        text = f"The bridge does not answer; what follows is as of {local(picture.live.at)}."
        return Text(text, "bold red")
    words = f"bridge {said.version} · link {said.link}"
    words += f" ({said.link_detail})" if said.link_detail else ""
    words += " · OBSERVING ONLY (armed: false)" if said.armed is False else ""
    words += " · from the bridge's memory, without the book" if picture.from_memory else ""
    words += f" · {said.spool_backlog} captures wait in the spool" if said.spool_backlog else ""
    used = f" ({said.lines_used:.0%} of the lines in use)" if said.lines_used is not None else ""
    words += f" · dialogue {said.length}{used}" if said.length else ""
    return Text(words, "" if said.link == "up" and not picture.from_memory else "yellow")


def _duty(picture: Summary) -> Text:
    """What the duty role has not taken on yet (E0)."""
    duty = picture.live.duty
    words = f"{duty.open} reports wait for the duty role, {duty.danger} of danger, since {local(duty.oldest)}"
    words += f"; nobody can be told: {duty.trouble}" if duty.trouble else ""
    return Text(words, "bold red" if duty.danger or duty.trouble else "yellow")


def _scope(scope: ScopeView, observing: bool) -> Text:
    line = Text.assemble(
        "\n",
        (scope.name, "bold"),
        "  ",
        (f" {scope.effective} ", _COLOURS.get(scope.effective, "dim")),
        f"  since {local(scope.since)}  callers: {'pass' if observing else scope.action}",
        f"  lines {_known(scope.lines_left)}/{_known(scope.lines_total)}  waiting {_known(scope.waiting)}",
    )
    if scope.flag_written is False and not observing:
        line.append("  not yet confirmed by Asterisk", "yellow")
    if scope.partial:
        line.append(f"\n  in part: {scope.partial}", "yellow")
    if scope.incident:
        line.append(f"\n  incident {scope.incident.key} {scope.incident.detail}")
    if scope.override:
        ends = f"until {local(scope.override.until)}" if scope.override.until else "until ended"
        line.append(
            f"\n  by hand: {scope.override.mode} by {scope.override.who}, {scope.override.why}, {ends}"
        )
    if scope.recovery_at:
        line.append(f"\n  works again {local(scope.recovery_at)}")
    return line


def _trunks(picture: Summary) -> Text:
    line = Text("\ntrunks  ")
    for trunk in picture.live.trunks:
        line.append(f"{trunk.name} ")
        line.append(trunk.health, _COLOURS.get(trunk.health, "dim"))
        line.append(f" {_known(trunk.in_use)}/{_known(trunk.channels)}   ")
    return line


def _agents(picture: Summary) -> Text:
    line = Text("agents  ")
    for agent in picture.live.agents:
        line.append(f"{agent.name} ")
        line.append(agent.presence, _COLOURS.get(agent.presence, "dim"))
        line.append("   ")
    return line


def _figures(picture: Summary) -> Text:
    figures = picture.figures
    return Text(
        f"promises  open {_known(figures.open)}  due {_known(figures.due)}  talking {_known(figures.talking)}"
        f"  done today {_known(figures.done_today)}  missed {_known(figures.missed)}\n"
    )


def _promises(picture: Summary) -> Table:
    table = Table(
        "#",
        Column("number", no_wrap=True, min_width=11),
        "matter",
        "state",
        "attempts",
        "due",
        "agent",
        "remark",
        box=None,
    )
    for promise in picture.promises:
        state = "due" if promise.due and promise.state == "open" else promise.state
        table.add_row(
            *(str(promise.id), promise.number, promise.matter, state, str(promise.attempts)),
            *(local(promise.due_at), promise.agent, promise.reason),
        )
    return table


def _changes(picture: Summary) -> Table:
    table = Table("when", "what", "", "from", "to", "why", box=None, title_justify="left")
    for change in picture.changes:
        why = f"{change.reason} ({change.who})" if change.who else change.reason
        table.add_row(local(change.at), change.subject, change.kind, change.old, change.new, Text(why))
    return table


def _known(value: int | None) -> str:
    return "–" if value is None else str(value)
