"""The story: a site that is well, what is lost, and later all of it back; ``fallback.decide`` makes the decisions.

There is no second copy of the rules here: holds, kinds, ladders and modes come out of the core, which is told
events and is ticked at its own deadlines.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alerts.roster import on_duty
from config.calendar import calendar_for, years_not_confirmed
from config.explaining.evidence import Round, Unknown, blows, callers, mends, probed, snapshot
from config.policy import SitePolicy
from fallback.decide import callbacks_allowed, decide, initial, next_deadline
from fallback.decision import Action, Change, RaiseRung, TellEnd
from fallback.events import CalendarTold, Closed, Declared, Event, OverrideEnded, OverrideSet, Tick
from fallback.modes import Mode
from fallback.state import ScopeState, State
from fallback.time import Now

__all__ = ["Asked", "Happening", "Story", "Unknown", "told"]

WHO = "policy explain"
BEFORE = timedelta(hours=2)  # how long the site has been well when the story begins
LONGEST_BACK = 86400.0  # seconds within which everything is expected to be over
MOST_STEPS = 20_000
LEAST_STEP = 0.001  # seconds; a Tick that is due now is told a little later, so that time always passes


@dataclass(frozen=True, slots=True)
class Asked:
    """at: aware UTC. lost: components. modes: scope → mode set by hand. waiting: scope → callers in its queue.

    declared: kinds that a leader reports, for the whole site. lasts: seconds until all of it is well again.
    """

    at: datetime
    lost: tuple[str, ...] = ()
    modes: Mapping[str, Mode] = field(default_factory=dict)
    waiting: Mapping[str, int] = field(default_factory=dict)
    declared: tuple[str, ...] = ()
    hurt: int = 0
    lasts: float = 5400.0


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that the core decided. after: seconds from the beginning; back: after all was well again.

    kind: mode, component, incident, rung, callbacks, plan, partial, refused or end. facts: plain words and numbers, the
    same keys for a kind always.
    """

    after: float
    kind: str
    facts: Mapping[str, str]
    back: bool = False


@dataclass(frozen=True, slots=True)
class Story:
    """before: how scopes stood when it began; after ``lasts`` seconds all was well again.

    unconfirmed: years whose working days are a guess. over: whether every scope was NORMAL, or as before, at the end.
    """

    asked: Asked
    before: Mapping[str, ScopeState]
    happenings: tuple[Happening, ...]
    unconfirmed: tuple[int, ...]
    over: bool


def told(site: SitePolicy, asked: Asked) -> Story:
    """What would happen. Raises Unknown for a name that the policy does not hold."""
    teller = _Teller(site, asked)
    before = teller.opening()
    events = (*blows(site, asked.lost), *callers(site, asked.waiting), *_by_hand(site, asked))
    teller.rounds = probed(site, asked.lost, good=False)
    teller.say(*events)
    teller.wait(asked.lasts)
    teller.rounds, teller.back = probed(site, asked.lost, good=True), True
    teller.say(*mends(site, asked.lost, asked.waiting, asked.at), *_undone(asked, teller.state))
    over = teller.wait_until_over(before)
    days = years_not_confirmed(site, asked.at)
    return Story(asked, before, tuple(teller.happenings), days, over)


def _by_hand(site: SitePolicy, asked: Asked) -> Iterator[Event]:
    until = asked.at + timedelta(seconds=min(asked.lasts + 60.0, site.fallback.override_max))
    for scope, mode in asked.modes.items():
        if scope not in site.fallback.scopes:
            raise Unknown("mode", scope, tuple(site.fallback.scopes))
        yield OverrideSet(scope, mode, WHO, "asked for", None if mode is Mode.EVACUATED else until)
    for kind in asked.declared:
        if kind not in site.fallback.kinds:
            raise Unknown("declare", kind, tuple(site.fallback.kinds))
        yield Declared("", kind, "as asked for", WHO, asked.hurt)


def _undone(asked: Asked, state: State) -> Iterator[Event]:
    for scope in asked.modes:
        yield OverrideEnded(scope, WHO, "all is well again")
    for case in state.cases.values():
        if case.by_hand:
            yield Closed(case.key, WHO, "all is well again")


class _Teller:
    """Tells the core events, ticks it at its own deadlines, and puts down what it says."""

    def __init__(self, site: SitePolicy, asked: Asked) -> None:
        self.site, self.asked = site, asked
        self.mono = -BEFORE.total_seconds()
        self.state: State = initial(site.fallback, self._now())
        self.happenings: list[Happening] = []
        self.allowed: dict[str, bool] = {}
        self.rounds: tuple[Round, ...] = ()  # probes of what is lost, or back
        self.open_before: frozenset[str] = frozenset()
        self.back = False

    def opening(self) -> Mapping[str, ScopeState]:
        """The site as it stands at the beginning; what led there is not told."""
        calendar = calendar_for(self.site, self._now().wall)
        self.say(CalendarTold(calendar), snapshot(self.site, self._now().wall))
        self.wait(BEFORE.total_seconds())
        self.happenings.clear()
        self.open_before = frozenset(self.state.cases)
        return self.state.scopes

    def say(self, *events: Event) -> None:
        """Everything at this very moment."""
        for event in events:
            decision = decide(self.state, event, self.site.fallback, self._now())
            self.state = decision.state
            for change in decision.changes:
                self._note_change(change)
            for action in decision.actions:
                self._note_action(action)
            self._look_at_callbacks()

    def wait(self, seconds: float) -> None:
        """Time passes; a Tick comes at every deadline and at the end."""
        end = self.mono + seconds
        while (due := self._next()) is not None and due <= end:
            self._tick_at(due)
        self._tick_at(end)

    def wait_until_over(self, before: Mapping[str, ScopeState]) -> bool:
        """Time passes until every scope is as it was before and callbacks run where they did; False: never."""
        end = self.mono + LONGEST_BACK
        for _ in range(MOST_STEPS):
            if self._is_over(before):
                return True
            due = self._next()
            if due is None or due > end:
                return False
            self._tick_at(due)
        return False

    def _is_over(self, before: Mapping[str, ScopeState]) -> bool:
        scopes = self.state.scopes
        return self.state.cases.keys() <= self.open_before and all(
            scopes[name].effective in (was.effective, Mode.NORMAL)
            and scopes[name].incident in (None, was.incident)
            for name, was in before.items()
        )

    def _next(self) -> float | None:
        due = next_deadline(self.state, self.site.fallback)
        times = [one.next_after(self.mono) for one in self.rounds]
        if due is not None:
            times.append(max(due, self.mono + LEAST_STEP))
        return min(times, default=None)

    def _tick_at(self, mono: float) -> None:
        heard = [one.event for one in self.rounds if one.next_after(self.mono) <= mono]
        self.mono = max(mono, self.mono)
        self.say(*heard, Tick())

    def _now(self) -> Now:
        return Now(self.asked.at + timedelta(seconds=self.mono), self.mono)

    def _look_at_callbacks(self) -> None:
        for name in self.state.scopes:
            allowed = callbacks_allowed(self.state, name)
            if self.allowed.get(name, allowed) is not allowed:
                self._add("callbacks", {"scope": name, "allowed": "yes" if allowed else "no"})
            self.allowed[name] = allowed

    def _add(self, kind: str, facts: Mapping[str, str]) -> None:
        self.happenings.append(Happening(round(max(0.0, self.mono), 2), kind, facts, self.back))

    def _note_change(self, change: Change) -> None:
        facts = {"subject": change.subject, "old": change.old, "new": change.new, "why": change.reason}
        if change.kind == "mode":
            scope = self.state.scopes[change.subject]
            facts |= {"action": scope.action.value, "message": scope.message}
        elif change.kind == "capacity":
            scope = self.state.scopes[change.subject]
            facts |= {"left": str(scope.lines_left), "total": str(scope.lines_total)}
        elif change.kind not in ("component", "incident", "plan", "refused"):
            return
        self._add(change.kind, facts)

    def _note_action(self, action: Action) -> None:
        if isinstance(action, RaiseRung):
            alerts = self.site.alerts
            people = {p.name: None for role in action.roles for p in on_duty(alerts, role, self._now().wall)}
            self._add(
                "rung",
                {
                    "incident": action.incident,
                    "rung": action.rung,
                    "roles": ", ".join(action.roles),
                    "people": ", ".join(people),
                    "text": action.text,
                    "subject": action.facts.get("subject", ""),
                },
            )
        elif isinstance(action, TellEnd):
            self._add("end", {"incident": action.incident})
