"""``holdfast drill …``: drills made ready, which are overdue, and their records (F4)."""

import json
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from config.explaining import Asked, lines, told
from config.policy import SitePolicy
from console import intents, records
from console.commands.asking import BySocket, ask_anyhow
from console.commands.papers import Format, Key, Language, Out, incident_named, paper, plain
from console.commands.shared import Problem, Who, login_name, open_store, policy_now, say
from console.commands.telling import Spoken, language_of, show_whole, site_zone
from console.records import notes
from console.records.drills import DrillDue, drills_due
from fallback.modes import Mode
from fallback.policy import DrillPlan
from store import StoreProblem

app = typer.Typer(help="Drills: silent unless said otherwise.", no_args_is_help=True)


@app.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """The drills of the policy, when each was last held, and which are overdue."""
    with open_store() as store:
        found = drills_due(policy_now().fallback.drills, store.last_drills(), datetime.now(UTC))
    if as_json:
        listed = [
            {
                "name": one.plan.name,
                "title": one.plan.title,
                "last": one.last,
                "due": one.due,
                "overdue": one.overdue,
            }
            for one in found
        ]
        typer.echo(json.dumps(listed, default=plain, ensure_ascii=False))
        return
    if not found:
        say("The policy has no drills.")
        return
    table = Table("name", "title", "scope", "last held", "next", box=None)
    for one in found:
        table.add_row(one.plan.name, one.plan.title, one.plan.scope or "site", _last(one), _next(one))
    show_whole(table)


def _last(one: DrillDue) -> str:
    return f"{one.last.astimezone(site_zone()):%Y-%m-%d}" if one.last else "never"


def _next(one: DrillDue) -> str:
    if one.overdue:
        return "[bold red]overdue[/bold red]"
    return f"{one.due.astimezone(site_zone()):%Y-%m-%d}" if one.due else "–"


@app.command()
def start(
    name: Annotated[str, typer.Argument(help="Name of the drill: holdfast drill list.")],
    live: Annotated[bool, typer.Option("--live", help="Callers may be affected, as the plan says.")] = False,
    who: Who = "",
    by_socket: BySocket = False,
) -> None:
    """Begin a drill. Silent unless --live: nothing reaches callers; staff are told that it is a drill."""
    site, plan = policy_now(), _plan(name)
    ask_anyhow(intents.drill_start(name, live=live), who, by_socket)
    if not by_socket:
        _keep_rehearsal(site, plan, who)


@app.command()
def rehearse(
    name: Annotated[str, typer.Argument(help="Name of the drill: holdfast drill list.")],
    language: Spoken = "",
) -> None:
    """What would happen, to whom and when, if it were no drill. Nothing is begun and nobody is told."""
    spoken = language_of(language)
    for line in _rehearsed(policy_now(), _plan(name), spoken):
        typer.echo(line)


def _plan(name: str) -> DrillPlan:
    known = policy_now().fallback.drills
    if name not in known:
        raise Problem("NAME", f"there is no drill {name!r}", f"known: {', '.join(known) or 'none'}")
    return known[name]


def _rehearsed(site: SitePolicy, plan: DrillPlan, language: str) -> tuple[str, ...]:
    """Told by the real core on a copy of a site that is well."""
    modes = {plan.scope: Mode(plan.mode)} if plan.mode and not plan.lost else {}
    asked = Asked(datetime.now(UTC), lost=plan.lost, modes=modes, lasts=plan.lasts)
    return tuple(lines(site, told(site, asked), language))


def _keep_rehearsal(site: SitePolicy, plan: DrillPlan, who: str) -> None:
    """The drill's record says what would have been decided, so that those who took part can compare."""
    try:
        with open_store() as store:
            running = [one for one in store.incidents(1000, only_open=True) if one.drill == plan.name]
            if running:
                text = "\n".join(_rehearsed(site, plan, site.languages[0]))[: notes.MOST_SIGNS]
                notes.write_note(
                    store, running[0].key, "content", text, who or login_name(), datetime.now(UTC)
                )
    except StoreProblem as problem:
        say(f"The rehearsal is not in the drill's record: {problem}")


@app.command()
def end(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Its key, or its name.")],
    participants: Annotated[str, typer.Option(help="Who took part.")] = "",
    evaluation: Annotated[str, typer.Option(help="How it went.")] = "",
    who: Who = "",
    by_socket: BySocket = False,
) -> None:
    """End a drill, with who took part and how it went."""
    asked = intents.drill_end(
        _running(key, by_socket), participants.strip()[:1000], evaluation.strip()[:2000]
    )
    ask_anyhow(asked, who, by_socket)


def _running(text: str, by_socket: bool) -> str:
    """The key of the drill that runs under this key or name; as it is when the store cannot say."""
    if by_socket:
        return text
    try:
        with open_store() as store:
            running = [one for one in store.incidents(1000, only_open=True) if one.drill]
    except StoreProblem:
        return text
    for one in running:
        if text in (one.key, one.drill):
            return one.key
    keys = ", ".join(one.key for one in running) or "none"
    raise Problem("KEY", f"no drill {text!r} runs", f"running: {keys}")


@app.command()
def record(key: Key, format_: Format = "md", language: Language = "", to: Out = None) -> None:
    """The record of a drill: time, content, participants, evaluation, what was decided and told."""
    with open_store() as store:
        found = incident_named(store, key)
        drills = ", ".join(one.key for one in store.incidents(200) if one.drill) or "none yet"
    if not found.drill:
        raise Problem("KEY", f"{key} is no drill", f"drills: {drills}")
    paper(key, records.drill_record, format_, language, to)
