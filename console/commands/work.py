"""``holdfast callbacks next|note|reschedule|assign|pause|resume|cancel|move|adopt|merge|settle|late|gone``: the desk.

The rules are those of ``callbacks.work``, as on the pages. Who sits at a shell of this machine is a leader.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import typer

from callbacks.masking import mask_number
from callbacks.ports import Terms
from callbacks.rules.deadlines import owed
from callbacks.rules.grouping import fault_key
from callbacks.values import Promise, Settled
from callbacks.work import Actor, AgentWork, Bulk, Ground, LeaderWork, MatterWord, NotAllowed, mark_of
from callbacks.work.ground import NO_PROMISE
from config.call_hours import call_calendar
from console import intents, live_rows
from console.commands.shared import Problem, Who, login_name, open_store, policy_now, say
from console.commands.telling import local, on_clocks
from console.summary import is_fresh
from console.words import MATTERS, OWING, SETTLED
from store import Store

One = Annotated[int, typer.Argument(metavar="ID", help="The promise's number in the list.")]
Many = Annotated[list[int], typer.Argument(metavar="ID", help="Numbers of promises, as in the list.")]
Agent = Annotated[str, typer.Option("--agent", help="A telephone, e.g. PJSIP/agent-1.")]
Why = Annotated[str, typer.Option("--why", help="For the history.")]
Note = Annotated[str, typer.Option("--note", help="A remark for the history.")]


@contextmanager
def _at_work(who: str, agent: str = "") -> Iterator[tuple[Store, Ground, Actor, datetime]]:
    """The book on the policy's rules, for the person at this shell; refusals become problems."""
    site, now = policy_now(), datetime.now(UTC)
    days, rules = call_calendar(site, now), site.callbacks
    terms = Terms(
        owed=lambda matter, at: owed(matter, at, rules, days), fault=lambda one: fault_key(one, rules)
    )
    actor = Actor(who.strip()[:40] or login_name(), agent.strip(), leader=True)
    with open_store() as store:
        known = _agents(store, now)
        ground = Ground(store, intents.Wishes(store), rules, ZoneInfo(site.timezone), days, known, terms)
        try:
            yield store, ground, actor, now
        except NotAllowed as refused:
            where = "list" if refused.text == NO_PROMISE else "show ID"
            raise Problem(refused.field, str(refused), f"see: holdfast callbacks {where}") from None


def next_(agent: Agent, who: Who = "") -> None:
    """Take the next one for an agent: what was handed to him first, then whose turn it is."""
    with _at_work(who, agent) as (store, ground, actor, now):
        scopes = _open_scopes(store, now)
        if actor.member:
            ground.known_agent(actor.member)
        taken = AgentWork(ground).next(actor, now, scopes)
        say("Nothing is due." if taken is None else _line(taken, now, ground, whole=True))


def note(promise_id: One, text: Annotated[str, typer.Argument(help="What to write.")], who: Who = "") -> None:
    """Write into the history of a promise."""
    with _at_work(who) as (_, ground, actor, now):
        AgentWork(ground).note(actor, promise_id, text, now)
    say("noted")


def reschedule(
    promise_id: One,
    day: Annotated[str, typer.Argument(metavar="DATE", help="YYYY-MM-DD, in the site's time.")],
    clock: Annotated[str, typer.Argument(metavar="TIME", help="HH:MM, in the site's time.")],
    remark: Note = "",
    who: Who = "",
) -> None:
    """Call at the time that the caller wishes for."""
    with _at_work(who) as (_, ground, actor, now):
        at = AgentWork(ground).reschedule(actor, promise_id, day, clock, now, note=remark)
        say(f"promise {promise_id} is called at {on_clocks(at, '%Y-%m-%d %H:%M')}")


def assign(ids: Many, agent: Agent = "", who: Who = "") -> None:
    """Hand promises to an agent; without --agent they are everybody's again."""
    with _at_work(who) as (_, ground, actor, now):
        _tell(LeaderWork(ground).assign(actor, ids, agent, now), f"handed to {agent.strip() or 'everybody'}")


def pause(ids: Many, why: Why = "", who: Who = "") -> None:
    """Keep promises from being called until they are resumed."""
    with _at_work(who) as (_, ground, actor, now):
        _tell(LeaderWork(ground).pause(actor, ids, why, now), "paused")


def resume(ids: Many, who: Who = "") -> None:
    """Let paused promises be called again, in their old places."""
    with _at_work(who) as (_, ground, actor, now):
        _tell(LeaderWork(ground).resume(actor, ids, now), "resumed")


def cancel(ids: Many, why: Why = "", who: Who = "") -> None:
    """Close promises: nobody calls. What is being called at this moment is left as it is."""
    with _at_work(who) as (_, ground, actor, now):
        _tell(LeaderWork(ground).cancel(actor, ids, why, now), "cancelled")


def move(
    promise_id: One,
    front: Annotated[
        bool, typer.Option("--front", help="Before everything of its scope but danger.")
    ] = False,
    before: Annotated[int, typer.Option("--before", metavar="ID", help="Directly before this one.")] = 0,
    why: Why = "",
    who: Who = "",
) -> None:
    """Give a promise another place in the queue."""
    if front == bool(before):
        raise Problem("--front", "give one of --front and --before", "holdfast callbacks move 12 --before 7")
    with _at_work(who) as (_, ground, actor, now):
        work = LeaderWork(ground)
        if front:
            work.to_front(actor, promise_id, now, why=why)
        else:
            work.before(actor, promise_id, before, now, why=why)
    say(f"promise {promise_id} is {'in front' if front else f'before {before}'}")


def adopt(promise_id: One, remark: Note = "", who: Who = "") -> None:
    """The caller got through by himself and his matter is dealt with: nobody calls him."""
    with _at_work(who) as (store, ground, actor, now):
        told = {one.capture for one in store.matter_outcomes(promise_id)}
        calls = [one.key for one in store.captures_of(promise_id) if not one.asks]
        said = [MatterWord(key, Settled.DONE) for key in calls if key not in told]
        AgentWork(ground).adopt(actor, promise_id, now, note=remark, said=said)
    say(f"promise {promise_id} is done: its caller got through")


def merge(
    promise_id: One,
    into: Annotated[int, typer.Argument(metavar="INTO", help="The promise in which it goes on.")],
    who: Who = "",
) -> None:
    """One call for two promises of one number, or about the same fault."""
    with _at_work(who) as (_, ground, actor, now):
        LeaderWork(ground).merge(actor, promise_id, into, now)
    say(f"promise {promise_id} goes on in {into}")


def settle(
    promise_id: One,
    word: Annotated[str, typer.Argument(metavar="WORD", help=" | ".join(Settled))],
    matter: Annotated[
        int, typer.Option(help="Which of its matters, from 1 in the order of the calls.", min=1)
    ] = 1,
    order: Annotated[str, typer.Option(help="Number of the fault order or complaint elsewhere.")] = "",
    satisfied: Annotated[int, typer.Option(help="1 (not) to 5; 0: not asked.", min=0, max=5)] = 0,
    caused: Annotated[bool, typer.Option("--caused", help="The incident caused it.")] = False,
    remark: Note = "",
    who: Who = "",
) -> None:
    """Say what became of one matter of a promise."""
    if word not in set(Settled):
        raise Problem("WORD", f"there is no outcome {word!r} of a matter", f"use one of {', '.join(Settled)}")
    with _at_work(who) as (store, ground, actor, now):
        ground.found(promise_id)
        calls = [one for one in store.captures_of(promise_id) if not one.asks]
        if matter > len(calls):
            what = f"promise {promise_id} has {len(calls)} matter{'' if len(calls) == 1 else 's'}"
            raise Problem("--matter", what, f"see: holdfast callbacks show {promise_id}")
        said = MatterWord(calls[matter - 1].key, Settled(word), order, satisfied, remark, caused)
        AgentWork(ground).settle(actor, promise_id, [said], now)
    say(f"matter {matter} of promise {promise_id}: {SETTLED[word]}")


def gone(
    pbx: Annotated[
        str, typer.Argument(metavar="PBX", help="Its site.pbx_id. Left out: which ones nobody holds.")
    ] = "",
    why: Why = "",
    who: Who = "",
) -> None:
    """This Asterisk does not come back: its calls that nobody saw end are unknown for good."""
    with _at_work(who) as (_, ground, actor, now):
        work = LeaderWork(ground)
        if pbx.strip():
            ended = work.gone(actor, pbx, why, now).done
            say(f"unknown for good, and on the leader's list: {', '.join(map(str, ended))}")
            return
        rows = work.silent(actor)
        for one in rows:
            since = f"since {local(one.held_until)}" if one.held_until else "by any bridge"
            say(f"{one.pbx}: {one.calls} in flight, not held {since}")
        if not rows:
            say("Every Asterisk on which calls are in flight is held by a bridge.")


def late(
    limit: Annotated[int, typer.Option(help="How many of either.", min=1, max=10_000)] = 50,
    full: Annotated[bool, typer.Option("--full", help="Show the telephone numbers whole.")] = False,
    who: Who = "",
) -> None:
    """What was owed and is late, then what is owed soon."""
    with _at_work(who) as (_, ground, actor, now):
        work = LeaderWork(ground)
        rows = [*work.late(actor, now, limit), *work.soon(actor, now, limit)]
        for one in rows:
            say(_line(one, now, ground, whole=full))
        if not rows:
            say("Nothing is late, and nothing is owed soon.")


def _line(one: Promise, now: datetime, ground: Ground, *, whole: bool) -> str:
    number = one.number if whole else mask_number(one.number)
    words = [f"#{one.id}", number, one.scope, MATTERS[one.matter]]
    mark = mark_of(one, now, ground.policy.warn_before)
    if mark is not None:
        words.append(f"{'late' if mark.late else 'owed soon'}: {OWING[mark.owing.value]} {local(mark.at)}")
    return " ".join(words)


def _tell(done: Bulk, what: str) -> None:
    say(f"{what}: {', '.join(map(str, done.done)) or 'none'}")
    if done.left:
        say(f"left as they were, being called or closed: {', '.join(map(str, done.left))}")


def _open_scopes(store: Store, now: datetime) -> list[str]:
    """Where callbacks go out, as the bridge says at this moment."""
    live = _live(store, now)
    if live is None:
        what = "the bridge does not answer, so nobody can say where callbacks may go out"
        raise Problem("bridge", what, "see: holdfast status")
    return [one.name for one in live.scopes if one.callbacks_allowed]


def _agents(store: Store, now: datetime) -> Collection[str] | None:
    """The telephones that the bridge knows; None, any name, where it cannot say: a leader is not held up by that."""
    live = _live(store, now)
    return {one.member for one in live.agents} or None if live else None


def _live(store: Store, now: datetime) -> live_rows.Live | None:
    rows = store.live_rows()
    at = rows["bridge"].at if "bridge" in rows else None
    return live_rows.read({key: row.value for key, row in rows.items()}, at) if is_fresh(at, now) else None


COMMANDS: Final[tuple[tuple[str, Callable[..., None]], ...]] = (
    ("next", next_),
    ("note", note),
    ("reschedule", reschedule),
    ("assign", assign),
    ("pause", pause),
    ("resume", resume),
    ("cancel", cancel),
    ("move", move),
    ("adopt", adopt),
    ("merge", merge),
    ("settle", settle),
    ("late", late),
    ("gone", gone),
)
