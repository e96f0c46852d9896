"""Silence where the same hour of the week normally brings calls (D1, ``Evidence.SILENCE``): the test. Pure.

**The model.** Each of the 168 hours of a week has a rate of calls, learned from the latest weeks. A day as a whole is busier
or quieter than its like by a factor that is gamma distributed with shape k and mean 1, and calls come in clumps (people
dial again) of F calls on average. The time since the last call is measured not in minutes but in *expected calls* L, so
that a quiet night and a busy morning are the same thing. Then the chance that a pause between two calls is longer
than L is

    (1 + L ÷ (F · k)) ^ −(k + 1)

**The budget.** A pause begins with every clump, so a week holds (calls a week ÷ F) trials, whatever the hour. Silence is told
when trials × chance ≤ the false alarms that the policy allows in a week. Each pause alarms at most once, when it has grown
long enough; looking at it every minute adds no trials, so nothing has to be corrected for looking often.

**What is not known counts against the test.** A rate that was learned from n calls has the relative variance 1 ÷ n, which
widens the factor (1 ÷ k grows by it). At the edges of hours the lower of the hour's rate and the line between neighbouring
hours holds. An hour with less than ``least_weeks`` weeks expects nothing. Of its weeks the busiest is left out: a storm is no
custom. So a trunk that is hardly called, or newly watched, is never silent; it is merely quiet.

What it cannot know: that today is a holiday (give the caller's weekday for it), or that the custom has changed for good
(told as silence until the next call, and learned within the weeks kept).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from config.sources import SilenceRule

HOURS = 168
WEEK = HOURS * 60  # minutes
WHOLE = 45.0  # minutes watched that make an hour worth keeping
FADE = 0.999  # of what is known about clumps, an hour: about six weeks
STEADIEST = 8.0  # k is never believed to be higher: few calls a day cannot show how unsteady days are
DOUBT = 2.0  # by which the measured unsteadiness 1/k is multiplied: eight weeks without their busiest are a tame sample
VERSION = 1


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of one week: calls that came in, and minutes in which we watched."""

    calls: int
    minutes: float


@dataclass(frozen=True, slots=True)
class Counts:
    """What is learned, and kept over restarts. hours: Monday 0 h local time first; of each the latest weeks, oldest first.

    spread: squared differences of quarters of an hour from their hour's mean, over that mean; freedom: their number.
    """

    hours: tuple[tuple[Hour, ...], ...] = ((),) * HOURS
    spread: float = 0.0
    freedom: float = 0.0

    def with_hour(self, slot: int, hour: Hour, quarters: Sequence[int], weeks: int) -> "Counts":
        """These with one more hour. quarters: its calls by quarters; weeks: how many are kept."""
        kept = (*self.hours[slot], hour)[-weeks:]
        mean = sum(quarters) / 4
        more = sum((calls - mean) ** 2 for calls in quarters) / mean if mean else 0.0
        return replace(
            self,
            hours=(*self.hours[:slot], kept, *self.hours[slot + 1 :]),
            spread=self.spread * FADE + more,
            freedom=self.freedom * FADE + (3 if mean else 0),
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        hours = [[[hour.calls, round(hour.minutes, 2)] for hour in weeks] for weeks in self.hours]
        return {"version": VERSION, "hours": hours, "spread": self.spread, "freedom": self.freedom}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> "Counts":
        """The reverse. Raises ValueError for anything that to_json does not write."""
        try:
            if found["version"] != VERSION:
                raise ValueError(f"counts of version {found['version']!r}, not {VERSION}")
            hours = tuple(tuple(_hour(*pair) for pair in weeks) for weeks in found["hours"])
            spread, freedom = float(found["spread"]), float(found["freedom"])
        except (KeyError, TypeError) as problem:
            raise ValueError(f"not a table of counts: {problem!r}") from None
        if len(hours) != HOURS or not (spread >= 0 and freedom >= 0):
            raise ValueError(f"not a table of counts: {len(hours)} hours of the week")
        return cls(hours, spread, freedom)


def _hour(calls: int, minutes: float) -> Hour:
    if not (calls >= 0 and 0 < minutes <= 120):
        raise ValueError(f"not a count of an hour: {calls!r} calls in {minutes!r} minutes")
    return Hour(int(calls), float(minutes))


@dataclass(frozen=True, slots=True)
class Custom:
    """What the counts say is normal. rates: calls a minute by hour of the week; 0: nothing is expected. seen: calls
    behind each rate. week: calls expected in a week. clump: F, at least 1. steady: k.
    """

    rates: tuple[float, ...]
    seen: tuple[int, ...]
    week: float
    clump: float
    steady: float

    def rate(self, minute: int) -> float:
        """Calls expected in this minute of the week."""
        slot, past = divmod(minute, 60)
        own = self.rates[slot]
        if not own:
            return 0.0
        away = (past - 29.5) / 60  # from the middle of the hour, −0.5 to 0.5
        beside = self.rates[(slot + (1 if away > 0 else -1)) % HOURS]
        return own if beside >= own else own + (beside - own) * abs(away)


def custom(counts: Counts, rule: SilenceRule) -> Custom:
    """What the counts say is normal, with all caution named above."""
    known = [weeks if len(weeks) >= rule.least_weeks else () for weeks in counts.hours]
    usual = [_without_busiest(weeks) for weeks in known]
    rates = tuple(_rate(weeks) for weeks in usual)
    clump = max(1.0, counts.spread / counts.freedom) if counts.freedom else 1.0
    return Custom(
        rates=rates,
        seen=tuple(sum(hour.calls for hour in weeks) for weeks in usual),
        week=sum(rates) * 60,
        clump=clump,
        steady=_steadiness(known, clump),
    )


def _rate(weeks: Sequence[Hour]) -> float:
    minutes = sum(hour.minutes for hour in weeks)
    return sum(hour.calls for hour in weeks) / minutes if minutes else 0.0


def _without_busiest(weeks: Sequence[Hour]) -> Sequence[Hour]:
    if not weeks:
        return weeks
    busiest = max(range(len(weeks)), key=lambda place: weeks[place].calls / weeks[place].minutes)
    return [hour for place, hour in enumerate(weeks) if place != busiest]


def _steadiness(known: Sequence[Sequence[Hour]], clump: float) -> float:
    """k: by hours, and by whole days, which show it also where an hour has few calls; the less steady one holds."""
    hours = [[hour.calls * 60 / hour.minutes for hour in weeks] for weeks in known]
    most = max(_unsteadiness(hours, clump), _unsteadiness(_days(hours), clump))
    return 1 / max(1 / STEADIEST, DOUBT * most)


def _days(hours: Sequence[Sequence[float]]) -> list[list[float]]:
    """Calls of the same day of the latest weeks. Of a day with gaps in its hours the weeks may be shifted a little."""
    days = []
    for first in range(0, HOURS, 24):
        known = [weeks for weeks in hours[first : first + 24] if weeks]
        count = min((len(weeks) for weeks in known), default=0)
        days.append([sum(weeks[-place] for weeks in known) for place in range(1, count + 1)])
    return days


def _unsteadiness(known: Sequence[Sequence[float]], clump: float) -> float:
    """1 ÷ k by the method of moments: how far the quieter weeks lie below the mean, beyond chance and clumps.

    Only the quieter side counts, because only a quiet day is taken for silence; a storm says nothing about it.
    """
    more = square = 0.0
    for counts in known:
        calls = sorted(counts)[:-1]
        mean = sum(calls) / len(calls) if calls else 0.0
        below = [(mean - one) ** 2 for one in calls if one < mean]
        if below:
            more += sum(below) / len(below) - clump * mean
            square += mean * mean
    return more / square if square else 0.0


class SilenceTest:
    """The test of one trunk, or of a group that is watched as one. Learns while it watches.

    minutes are those of the week in local time, 0 is Monday 0:00. counts: to be kept by the caller; changes hourly.
    silent: whether silence is told now. expected: calls that this pause should have brought.
    """

    def __init__(self, rule: SilenceRule, counts: Counts | None = None) -> None:
        self._rule = rule
        self.counts = counts or Counts()
        self.custom = custom(self.counts, rule)
        self.silent = False
        self.expected = 0.0
        self.pause = 0.0  # minutes watched since the last call
        self._by_slot: dict[int, float] = {}
        self._slot = -1
        self._begin_hour(-1)

    def call(self, minute: int) -> bool:
        """A call came in; True when it ends a silence."""
        self._roll(minute)
        self._calls += 1
        self._quarters[minute % 60 // 15] += 1
        ended, self.silent = self.silent, False
        self._forget_pause()
        return ended

    def minute(self, minute: int, watched: float = 1.0) -> bool:
        """Time has passed, ``watched`` minutes of it under watch, about one; True when a silence begins now."""
        self._roll(minute)
        self._watched += watched
        self.pause += watched
        calls = self.custom.rate(minute) * watched
        if not calls:
            return False
        self.expected += calls
        self._by_slot[self._slot] = self._by_slot.get(self._slot, 0.0) + calls
        if self.silent or self.pause * 60 < self._rule.least or not self._too_long():
            return False
        self.silent = True
        self._kept = False  # what this hour brings is no custom
        return True

    def begin_anew(self) -> None:
        """Calls could not be seen: nothing is known of the pause, nor whether a silence still lasts."""
        self.silent = False
        self._forget_pause()

    def false_alarms(self) -> float:
        """How many pauses as long as this one a week of normal traffic would hold."""
        usual = self.custom
        doubt = (
            sum(part * part / max(1, usual.seen[slot]) for slot, part in self._by_slot.items())
            / self.expected**2
        )
        steady = 1 / (1 / usual.steady + doubt)
        clumps = self.expected / usual.clump
        return usual.week / usual.clump * float((1 + clumps / steady) ** -(steady + 1))

    def _too_long(self) -> bool:
        return self.expected > self.custom.clump and self.false_alarms() <= self._rule.false_alarms

    def _forget_pause(self) -> None:
        self.expected = self.pause = 0.0
        self._by_slot.clear()

    def _roll(self, minute: int) -> None:
        """Closes the hour that is over; what is normal is learned anew once a day."""
        slot = minute // 60
        if slot == self._slot:
            return
        if self._slot >= 0 and self._kept and self._watched >= WHOLE:
            hour = Hour(self._calls, min(self._watched, 120.0))
            self.counts = self.counts.with_hour(self._slot, hour, self._quarters, self._rule.weeks)
        if slot // 24 != self._slot // 24:
            self.custom = custom(self.counts, self._rule)
        self._begin_hour(slot)

    def _begin_hour(self, slot: int) -> None:
        self._slot = slot
        self._calls, self._watched, self._quarters = 0, 0.0, [0, 0, 0, 0]
        self._kept = not self.silent
