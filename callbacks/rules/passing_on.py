"""When the duty role is told of danger and faults, which do not wait for recovery (requirements E0, E3). Pure.

The theory. Danger: each report is a message of its own, at once, and again every ``danger_repeat`` until somebody has taken it
on; nothing gathers or limits it. Faults: in a storm they come by the hundred, so the first waits ``fault_gather`` for others,
and one message names all that nobody has taken on; it is said again every ``fault_repeat``. Whoever takes a message on takes
on all that it named.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from callbacks.policy import DutyPolicy
from callbacks.values import Asks, Capture, Matter


@dataclass(frozen=True, slots=True)
class Report:
    """A danger or fault report that nobody has taken on. key: of its capture. at, told_at: aware UTC.

    number: "" when none was left. rounds: how often it was told; told_at: when last, None never.
    """

    key: str
    scope: str
    matter: Matter
    at: datetime
    number: str = ""
    region: str = ""
    rounds: int = 0
    told_at: datetime | None = None

    def told(self, at: datetime) -> "Report":
        """The same, told once more."""
        return replace(self, rounds=self.rounds + 1, told_at=at)


@dataclass(frozen=True, slots=True)
class Telling:
    """One message that is due: danger with one report, or faults together, oldest first."""

    matter: Matter
    reports: tuple[Report, ...]


def report_of(capture: Capture) -> Report | None:
    """What the duty role must hear of a capture; None for what can wait. A request about a promise is no new report."""
    if capture.matter is Matter.DANGER or (capture.matter is Matter.FAULT and capture.asks is Asks.CALL):
        return Report(capture.key, capture.scope, capture.matter, capture.at, capture.number, capture.region)
    return None


def completed(known: Report, line: Report) -> Report:
    """A further line of the same call: danger stands, and what was missing is filled in."""
    return replace(
        known,
        matter=Matter.DANGER if Matter.DANGER in (known.matter, line.matter) else known.matter,
        scope=known.scope or line.scope,
        number=line.number or known.number,
        region=line.region or known.region,
    )


def due(reports: Iterable[Report], policy: DutyPolicy, now: datetime) -> tuple[Telling, ...]:
    """What is to be told now. reports: all that nobody has taken on. now: aware UTC.

    A time in the future is what a clock that was set back leaves behind: it counts as long ago.
    """
    ordered = sorted(reports, key=lambda one: (one.at, one.key))
    dangers = [one for one in ordered if one.matter is Matter.DANGER]
    faults = [one for one in ordered if one.matter is not Matter.DANGER]
    tellings = [Telling(Matter.DANGER, (one,)) for one in dangers if _danger_at(one, policy, now) <= now]
    if any(_fault_at(one, policy, now) <= now for one in faults):
        tellings.append(Telling(Matter.FAULT, tuple(faults)))
    return tuple(tellings)


def next_due(reports: Iterable[Report], policy: DutyPolicy, now: datetime) -> datetime | None:
    """When to look again; None when nothing is open."""
    times = [
        _danger_at(one, policy, now) if one.matter is Matter.DANGER else _fault_at(one, policy, now)
        for one in reports
    ]
    return min(times, default=None)


def _danger_at(one: Report, policy: DutyPolicy, now: datetime) -> datetime:
    if one.told_at is None:
        return now
    return _after(one.told_at, policy.danger_repeat, now)


def _fault_at(one: Report, policy: DutyPolicy, now: datetime) -> datetime:
    if one.told_at is None:
        return _after(one.at, policy.fault_gather, now)
    return _after(one.told_at, policy.fault_repeat, now)


def _after(since: datetime, seconds: float, now: datetime) -> datetime:
    return now if since > now else since + timedelta(seconds=seconds)
