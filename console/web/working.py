"""The work of agents and leaders for the person at this browser: who he is, and what it stands on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Final, ParamSpec, TypeVar, cast

from flask import g, session

from callbacks.ports import Terms
from callbacks.rules.deadlines import owed
from callbacks.rules.grouping import fault_key
from callbacks.work import Actor, AgentWork, Ground, LeaderWork
from console import intents, live_rows
from console.live_rows import Live
from console.summary import is_fresh
from console.web.auth import is_leader, who
from console.web.site import now, site, store

P = ParamSpec("P")
T = TypeVar("T")
NAMED: Final = 10  # promises of which this browser remembers that their reference was told


@dataclass(frozen=True, slots=True)
class Floor:
    """What the bridge says at this moment, without asking the book. fresh: it says so now."""

    live: Live
    fresh: bool

    @property
    def members(self) -> tuple[str, ...]:
        """Every telephone, once."""
        return tuple(sorted({agent.member for agent in self.live.agents}))

    @property
    def open_scopes(self) -> list[str]:
        """Where callbacks go out."""
        return [scope.name for scope in self.live.scopes if scope.callbacks_allowed] if self.fresh else []


def floor() -> Floor:
    """Read once for a request."""
    if "floor" not in g:
        rows = store().live_rows()
        at = rows["bridge"].at if "bridge" in rows else None
        live = live_rows.read({key: row.value for key, row in rows.items()}, at)
        g.floor = Floor(live, is_fresh(at, now()))
    return cast(Floor, g.floor)


def at_one_moment(view: Callable[P, T]) -> Callable[P, T]:
    """What the view reads of the store is of one moment, and asked for over one connection; it must write nothing."""

    @wraps(view)
    def seen(*args: P.args, **named: P.kwargs) -> T:
        with store().moment():
            return view(*args, **named)

    return seen


def member() -> str:
    """The telephone before this person; "" none."""
    return str(session.get("member", ""))


def actor() -> Actor:
    """The person at this browser, with whoever is on his line."""
    mine = member()
    speaking = [talk for talk in floor().live.talking if talk.member == mine] if mine else []
    on_line = {promise for talk in speaking for promise in talk.promises}
    return Actor(who(), mine, is_leader(), frozenset({*on_line, *named()}))


def named() -> Sequence[int]:
    """Promises whose reference was told at this browser lately."""
    return [one for one in session.get("named", []) if isinstance(one, int)]


def remember_named(promise_id: int) -> None:
    """Whoever tells a reference speaks for its caller."""
    session["named"] = [promise_id, *(one for one in named() if one != promise_id)][:NAMED]


def ground() -> Ground:
    """The book, the bridge's ear and the policy, as of this moment."""
    moment = now()
    policy, calendar = site().calls, site().calendar
    days = calendar(moment) if calendar is not None else None
    terms = Terms(
        owed=None if days is None else lambda matter, at: owed(matter, at, policy, days),
        fault=lambda capture: fault_key(capture, policy),
    )
    return Ground(store(), intents.Wishes(store()), policy, site().known.zone, days, floor().members, terms)


def agent_work() -> AgentWork:
    """His work."""
    return AgentWork(ground())


def leader_work() -> LeaderWork:
    """A leader's work; it refuses everybody else by itself."""
    return LeaderWork(ground())
