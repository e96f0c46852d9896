"""Health of one component: what it is, what moves it, and when.

The theory. A component is judged by *kinds of evidence* (requirement D1). Each kind keeps its latest word,
good or bad, since when, and how often in a row (``Standing``). Three natures of evidence exist:

- a **level** (contact, registration, members, alert …) is told by its source only when it changes. Asterisk sends
  one ContactStatus when a contact becomes unreachable and then nothing. So one word stands until the source says
  otherwise, and time alone makes it convincing: bad for ``down_after`` seconds without a break.
- a **sample** (calls, test call, probe, latency) is one trial. It speaks only for its own moment: it needs
  ``suspect_count`` in a row besides the same ``down_after`` seconds, and is forgotten after ``sample_life``
  seconds without another one.
- a **word** (a person's report, one of our own parts about itself) is a level that convinces at once, both ways.

Two kinds that are bad at once convince after the shorter ``two_kinds_after``; kinds that are read from the same
thing (``ROOT``) count as one. One good word of the same kind ends a suspicion, so a contact that flips for one
reading now and then never leads to DOWN.

The way back is as strict: no kind may be bad, samples must be good ``good_count`` times in a row, and all
this for ``up_after`` seconds without a break, lengthened by ``flap_penalty`` for every return within the last
``flap_window``.

From evidence and time follows one ``Sign``; the table below maps (health, sign) to the next health. A
component that was DOWN owes this way back even if our link is lost in between: ``ComponentState.owes``
remembers it, so that a link that comes and goes is no short cut. While ``grace_until`` has not passed
(Asterisk has just booted and its phones have not registered yet) nothing bad is evidence.
"""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from math import inf
from types import MappingProxyType

from fallback.events import Evidence
from fallback.modes import TransitionError
from fallback.policy import HealthTimes
from fallback.state import ComponentState, Health, Standing
from fallback.time import Now

SAMPLES = frozenset({Evidence.CALLS, Evidence.TESTCALL, Evidence.PROBE, Evidence.LATENCY})
WORDS = frozenset({Evidence.REPORT, Evidence.OWN})
ROOT: Mapping[Evidence, Evidence] = MappingProxyType(
    {
        Evidence.SIGNOUT: Evidence.MEMBERS,
        Evidence.SHARE: Evidence.CALLS,
        Evidence.LATENCY: Evidence.PROBE,
    }
)
"""Kinds that are read from the same thing as another: both at once are no more than one."""
MOST_RETURNS = 32  # remembered for the flap penalty; far beyond what any sane penalty_max can use
DETAIL_LENGTH = 200


class Sign(StrEnum):
    """What evidence and time say together."""

    LOST = "our link is lost"
    BAD = "bad"
    CONFIRMED_BAD = "bad for long enough"
    GOOD = "good"
    CONFIRMED_GOOD = "good for long enough"


HEALTH: Mapping[Health, Mapping[Sign, Health]] = MappingProxyType(
    {
        Health.UNKNOWN: {
            Sign.LOST: Health.UNKNOWN,
            Sign.BAD: Health.SUSPECT,
            Sign.CONFIRMED_BAD: Health.DOWN,
            Sign.GOOD: Health.MENDING,
            Sign.CONFIRMED_GOOD: Health.UP,
        },
        Health.UP: {
            Sign.LOST: Health.UNKNOWN,
            Sign.BAD: Health.SUSPECT,
            Sign.CONFIRMED_BAD: Health.DOWN,
            Sign.GOOD: Health.UP,
        },
        Health.SUSPECT: {
            Sign.LOST: Health.UNKNOWN,
            Sign.BAD: Health.SUSPECT,
            Sign.CONFIRMED_BAD: Health.DOWN,
            Sign.GOOD: Health.UP,
        },
        Health.DOWN: {
            Sign.LOST: Health.UNKNOWN,
            Sign.BAD: Health.DOWN,
            Sign.CONFIRMED_BAD: Health.DOWN,
            Sign.GOOD: Health.MENDING,
        },
        Health.MENDING: {
            Sign.LOST: Health.UNKNOWN,
            Sign.BAD: Health.DOWN,
            Sign.CONFIRMED_BAD: Health.DOWN,
            Sign.GOOD: Health.MENDING,
            Sign.CONFIRMED_GOOD: Health.UP,
        },
    }
)


def next_health(health: Health, sign: Sign) -> Health:
    """The health that follows. Raises TransitionError for a pair that the table does not hold."""
    try:
        return HEALTH[health][sign]
    except KeyError:
        raise TransitionError(f"no transition from health {health} on sign {sign.name}") from None


def hear(component: ComponentState, kind: Evidence, good: bool, detail: str, mono: float) -> ComponentState:
    """The component with one reading noted; its health is left to ``settle``. The same object if it is no
    news.
    """
    said = component.evidence.get(kind)
    if said is not None and said.good == good:
        if good and component.health is Health.UP:
            return component
        standing = Standing(good, said.since, mono, said.count + 1)
    else:
        standing = Standing(good, mono, mono)
    detail = component.detail if good else detail[:DETAIL_LENGTH]
    return replace(component, evidence={**component.evidence, kind: standing}, detail=detail)


def lose(component: ComponentState, now: Now) -> ComponentState:
    """The component when nothing can be known of it: UNKNOWN, without evidence, still owing what it owed."""
    health = next_health(component.health, Sign.LOST)
    if health is not component.health:
        return replace(component, health=health, since=now.wall, since_mono=now.mono, evidence={})
    return replace(component, evidence={}) if component.evidence else component


def forgive(component: ComponentState) -> ComponentState:
    """The component without what speaks against it; the same object if nothing does."""
    if all(said.good for said in component.evidence.values()):
        return component
    return replace(component, evidence={kind: said for kind, said in component.evidence.items() if said.good})


def settle(component: ComponentState, times: HealthTimes, now: Now, grace_until: float) -> ComponentState:
    """The component one step on, as evidence and time allow; the same object if nothing changes.

    At most one transition: call again until nothing changes.
    """
    component = _without_stale_samples(component, times, now.mono)
    sign = sign_of(component, times, now.mono, grace_until)
    if sign is None:
        return component
    health = next_health(component.health, sign)
    if health is component.health:
        return component
    return _enter(component, health, times, now)


def sign_of(component: ComponentState, times: HealthTimes, mono: float, grace_until: float) -> Sign | None:
    """What evidence and time say at ``mono``; None: nothing."""
    if any(not said.good for said in component.evidence.values()):
        if mono < grace_until:
            return None
        return Sign.CONFIRMED_BAD if mono >= bad_due(component, times, grace_until) else Sign.BAD
    if not component.evidence:
        # The only thing that spoke against it is forgotten.
        return Sign.GOOD if component.health is Health.SUSPECT else None
    if component.health is Health.UNKNOWN:
        return Sign.GOOD if component.owes else Sign.CONFIRMED_GOOD
    if component.health is Health.MENDING and mono >= good_due(component, times):
        return Sign.CONFIRMED_GOOD
    return Sign.GOOD


def bad_due(component: ComponentState, times: HealthTimes, grace_until: float) -> float:
    """Mono time at which the bad evidence convinces if it stands until then; inf: time alone will not do."""
    if component.owes:
        return -inf
    alone = inf
    starts: dict[Evidence, float] = {}
    for kind, said in component.evidence.items():
        if said.good:
            continue
        if kind in WORDS:
            return -inf
        start, root = max(said.since, grace_until), ROOT.get(kind, kind)
        starts[root] = min(start, starts.get(root, inf))
        if kind not in SAMPLES or said.count >= times.suspect_count:
            alone = min(alone, start + times.down_after)
    if len(starts) < 2:
        return alone
    return min(alone, sorted(starts.values())[1] + times.two_kinds_after)


def good_due(component: ComponentState, times: HealthTimes) -> float:
    """Mono time at which a MENDING component is UP if nothing bad is heard; inf: it wants more samples,
    or any word at all.
    """
    if not component.evidence:
        return inf
    for kind, said in component.evidence.items():
        if kind in WORDS and said.last >= component.since_mono:
            return -inf  # said since it began to mend: no word of before it broke
    for kind, said in component.evidence.items():
        if kind in SAMPLES and said.count < times.good_count:
            return inf
    return component.since_mono + times.up_after + penalty(component, times)


def penalty(component: ComponentState, times: HealthTimes) -> float:
    """Seconds by which earlier returns lengthen the way back."""
    return min(len(component.returns) * times.flap_penalty, times.flap_penalty_max)


def deadline(component: ComponentState, times: HealthTimes, grace_until: float) -> float:
    """Mono time of the next step that time alone can bring, or at which a sample is forgotten; inf: none."""
    due, any_bad = inf, False
    for kind, said in component.evidence.items():
        any_bad = any_bad or not said.good
        if kind in SAMPLES and not (said.good and component.health is Health.UP):
            due = min(due, said.last + times.sample_life)
    if component.health is Health.MENDING:
        return min(due, grace_until if any_bad else good_due(component, times))
    if component.health is Health.DOWN or not any_bad:
        return due
    if component.health is Health.SUSPECT:
        return min(due, bad_due(component, times, grace_until))
    return min(due, grace_until)


def _without_stale_samples(component: ComponentState, times: HealthTimes, mono: float) -> ComponentState:
    stale = [kind for kind in SAMPLES & component.evidence.keys() if _is_stale(component, kind, times, mono)]
    if not stale:
        return component
    return replace(component, evidence={k: s for k, s in component.evidence.items() if k not in stale})


def _is_stale(component: ComponentState, kind: Evidence, times: HealthTimes, mono: float) -> bool:
    said = component.evidence[kind]
    if said.good and component.health is Health.UP:
        return False  # nothing hangs on it, and forgetting it would cost a copy
    return mono >= said.last + times.sample_life


def _enter(component: ComponentState, health: Health, times: HealthTimes, now: Now) -> ComponentState:
    returns = component.returns
    if health is Health.MENDING:
        returns = tuple(at for at in returns if at > now.mono - times.flap_window)
    elif health is Health.UP and component.health is Health.MENDING:
        returns = (*returns, now.mono)[-MOST_RETURNS:]
    owes = health is Health.DOWN or (component.owes and health is not Health.UP)
    return replace(component, health=health, since=now.wall, since_mono=now.mono, owes=owes, returns=returns)
