"""``holdfast policy check|explain|apply|diff``: what a policy file says, would do, and puts in force."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from config.calendar import years_not_confirmed
from config.differences import differences
from config.durations import EXAMPLES, seconds
from config.explaining import Asked, Unknown, as_json, lines, told
from config.policy import SitePolicy, load_policy, parse_policy
from config.settings import load_settings
from config.site_prompts import site_prompts
from console import intents
from console.commands.shared import Problem, Who, ask, login_name, open_store, policy_now, say
from console.commands.telling import Spoken, language_of
from fallback.modes import Mode

app = typer.Typer(help="The policy file.", no_args_is_help=True)
LONGEST_STORY = 7 * 86400.0
MOST_CALLERS = 1000


@app.callback()
def policy() -> None:
    """The policy file."""


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="The YAML file.")],
) -> None:
    """Check a policy file; says what it means for the site, or everything that is wrong with it."""
    site = load_policy(file)
    known = site.fallback
    say("right", "green", str(file))
    say(f"scopes  {', '.join(known.scopes)}")
    say(f"trunks  {', '.join(known.trunks)}")
    say(f"pools   {', '.join(known.pools)}")
    say(f"parts   {', '.join(name for name, part in known.parts.items() if part.kind != 'own') or '–'}")
    say(f"watched {', '.join(_watched(site)) or 'the telephone itself only'}")
    say(f"people  {len(site.alerts.people)}")
    for year in years_not_confirmed(site, datetime.now(UTC)):
        say(
            "note",
            "yellow",
            f"the working days of {year} are not announced: a guess until hours.workdays.confirmed",
        )
    for text in _not_yet(site):
        say("note", "yellow", text)
    say("armed: callers are switched" if known.armed else "observing: nothing is switched (armed: false)")
    say("alerts: staff are told" if site.alerts_on else "no alerts: staff are told by the console only")


@app.command()
def explain(
    file: Annotated[Path | None, typer.Argument(help="The YAML file; the site's own otherwise.")] = None,
    at: Annotated[
        str,
        typer.Option(help='When it begins, in the site\'s time: "2026-12-31 22:00" or HH:MM; now otherwise.'),
    ] = "",
    lost: Annotated[
        list[str] | None, typer.Option(help="A trunk, pool or part that is lost; may be given again.")
    ] = None,
    mode: Annotated[
        list[str] | None, typer.Option(help="A mode set by hand: OUTAGE, or power=OUTAGE for one scope.")
    ] = None,
    waiting: Annotated[
        list[str] | None, typer.Option(help="Callers who wait: 20, or power=20 for one scope.")
    ] = None,
    declare: Annotated[list[str] | None, typer.Option(help="A kind that a leader reports: A7.")] = None,
    hurt: Annotated[int, typer.Option(min=0, help="People hurt, for A7.")] = 0,
    lasts: Annotated[str, typer.Option(help="How long it lasts: 90min, 2h.")] = "90min",
    language: Spoken = "",
    as_values: Annotated[bool, typer.Option("--json", help="For a program.")] = False,
) -> None:
    """Say what would happen, to whom and when, if this were lost now. Nothing is changed and nobody is told."""
    site, spoken = load_policy(file) if file else policy_now(), language_of(language)
    asked = Asked(
        at=_moment(at, site, datetime.now(UTC)),
        lost=tuple(dict.fromkeys(lost or ())),
        modes={scope: _mode(word) for scope, word in _by_scope(mode, site)},
        waiting={scope: _count(word) for scope, word in _by_scope(waiting, site)},
        declared=tuple(dict.fromkeys(kind.upper() for kind in declare or ())),
        hurt=hurt,
        lasts=_lasts(lasts),
    )
    try:
        story = told(site, asked)
    except Unknown as error:
        raise Problem(
            f"--{error.what}",
            f"the policy holds no {error.name!r}",
            f"known: {', '.join(sorted(error.known))}",
        ) from None
    if as_values:
        typer.echo(json.dumps(as_json(site, story), ensure_ascii=False))
    else:
        for line in lines(site, story, spoken):
            typer.echo(line)


@app.command()
def apply(
    file: Annotated[Path, typer.Argument(help="The YAML file.")],
    who: Who = "",
) -> None:
    """Check a policy file and put it in force without a restart; the record keeps it."""
    load_policy(file)
    settings = load_settings()
    text = file.read_bytes().decode()
    site = parse_policy(text, str(file), settings.policy_file.parent)  # as the bridge will read it
    with open_store(settings) as store:
        store.put_policy(site.digest, text, who.strip()[:40] or login_name(), datetime.now(UTC))
        ask(store, intents.Asked("policy-apply", {"digest": site.digest, "pbx": site.pbx_id}), who)
    if file.absolute() != settings.policy_file and _differs(settings.policy_file, text):
        say("note", "yellow", f"at its next start the bridge reads {settings.policy_file}: put it there too")


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(help="The YAML file that was.")],
    new: Annotated[Path, typer.Argument(help="The YAML file that is to be.")],
) -> None:
    """Say what differs between two policy files, defaults filled in. Ends with code 1 if anything does."""
    found = differences(load_policy(old), load_policy(new))
    for one in found:
        typer.echo(one.place)
        if one.old is not None:
            typer.echo(f"  - {one.old}")
        if one.new is not None:
            typer.echo(f"  + {one.new}")
    if found:
        raise typer.Exit(1)
    say("the same", "green")


def _not_yet(site: SitePolicy) -> Iterator[str]:
    """What is no error, but what callers or staff would miss."""
    wordless = [
        f"{p.id} ({p.language})"
        for p in site_prompts(site).values()
        if not p.text and p.language in site.languages
    ]
    if wordless:
        yield f"nobody has written {', '.join(wordless)}: write them under prompts, or import recordings"
    if not site.danger.oncall:
        yield "nobody is on call for danger (danger.oncall): it is taken down, and told to the duty role [B6]"
    if not site.alerts.roles.get(site.duty.role):
        yield f"nobody holds the role {site.duty.role}: danger and faults are told to nobody at the time of the call [E0]"
    if not site.alerts.roles.get(site.callbacks.warn_role):
        yield f"nobody holds the role {site.callbacks.warn_role}: nobody is told before a callback is late [E2, E3]"


def _watched(site: SitePolicy) -> list[str]:
    sources = site.sources
    probes, ups = [one.name for one in sources.probes], [one.name for one in sources.nut]
    return probes + ups + [one.name for one in sources.trunks.test_calls]


def _differs(path: Path, text: str) -> bool:
    try:
        return path.read_bytes() != text.encode()
    except OSError:
        return True


def _moment(text: str, site: SitePolicy, now: datetime) -> datetime:
    """Aware UTC of a time in the site's zone."""
    zone = ZoneInfo(site.timezone)
    if not text:
        return now
    try:
        if len(text) == len("HH:MM"):
            return intents.next_time_of_day(text, now, zone)
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Problem("--at", f"{text!r} is no time", 'write "2026-12-31 22:00" or 22:00') from None


def _by_scope(words: list[str] | None, site: SitePolicy) -> list[tuple[str, str]]:
    """``power=X`` is for one scope, ``X`` for all."""
    found = []
    for word in words or ():
        scope, equals, value = word.partition("=")
        found += [(scope, value)] if equals else [(name, word) for name in site.fallback.scopes]
    return found


def _mode(word: str) -> Mode:
    try:
        return Mode(word.upper())
    except ValueError:
        raise Problem("--mode", f"there is no mode {word!r}", f"use one of {', '.join(Mode)}") from None


def _count(word: str) -> int:
    if not (word.isascii() and word.isdigit() and int(word) <= MOST_CALLERS):
        raise Problem("--waiting", f"{word!r} is no number of callers", f"give 0 to {MOST_CALLERS}")
    return int(word)


def _lasts(word: str) -> float:
    try:
        found = seconds(float(word) if word.replace(".", "", 1).isdigit() else word)
    except ValueError as error:
        raise Problem("--lasts", str(error), f"write {EXAMPLES}") from None
    if not 0 < found <= LONGEST_STORY:
        raise Problem("--lasts", f"{word} is too short or too long", "give more than 0s and at most 7d")
    return found
