"""From the policy file's sections to the values of sources, hours and planned outages."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from config.hours import DayException, HoursPolicy, PlannedRule, ScopeHours, Shift, Workdays
from config.sections import PolicySection
from config.sections_base import given
from config.sections_watch import PlannedSection, ScopeHoursSection, TrunkWatchSection
from config.sources import (
    AlertRule,
    Nut,
    OwnWatch,
    Probe,
    ProbeKind,
    ShareRule,
    SilenceRule,
    SourcesPolicy,
    TestCall,
    TrunkWatch,
    Webhooks,
)
from config.values_time import days_meant
from fallback.modes import DialplanAction


def sources_policy(section: PolicySection) -> SourcesPolicy:
    """Everything that is watched."""
    sources = section.sources
    return SourcesPolicy(
        probes=tuple(
            Probe(name=name, **{**_plain(probe), "kind": ProbeKind(probe.kind)})
            for name, probe in sources.probes.items()
        ),
        nut=tuple(Nut(name=name, **_plain(ups)) for name, ups in sources.nut.items()),
        trunks=_trunks(sources.trunks),
        webhooks=Webhooks(
            alerts=tuple(AlertRule(rule.component, rule.labels) for rule in sources.webhooks.alerts),
            **{key: value for key, value in _plain(sources.webhooks).items() if key != "alerts"},
        ),
        own=OwnWatch(**_plain(sources.own)),
    )


def hours_policy(section: PolicySection, ics: Mapping[str, tuple[Path, str]]) -> HoursPolicy:
    """Opening hours and planned outages. ics: name of a planned outage → its file and what it holds."""
    return HoursPolicy(
        workdays=Workdays(**_plain(section.hours.workdays)),
        scopes={name: _hours(one) for name, one in section.hours.scopes.items()},
        planned=tuple(_planned(one, ics.get(one.name)) for one in section.planned),
    )


def _trunks(watch: TrunkWatchSection) -> TrunkWatch:
    """``false`` is None here already, and so is a silence that is not given: it needs weeks of history."""
    plain = _plain(watch)
    return TrunkWatch(
        share=ShareRule(**_plain(watch.share)) if watch.share else None,
        silence=SilenceRule(**_plain(watch.silence)) if watch.silence else None,
        registrations=dict(watch.registrations),
        alarms={name: tuple(spans) for name, spans in watch.alarms.items()},
        rtt_limit=plain.get("rtt_limit", 0.0),
        test_calls=tuple(TestCall(name=name, **_plain(call)) for name, call in watch.test_calls.items()),
    )


def _hours(scope: ScopeHoursSection) -> ScopeHours:
    shifts = []
    for one in scope.shifts:
        weekdays, workdays, restdays = days_meant(one.days)
        shifts += [Shift(start, end, weekdays, workdays, restdays) for start, end in one.hours]
    exceptions = (
        DayException(one.date, one.until or one.date, tuple(one.hours), one.why) for one in scope.exceptions
    )
    return ScopeHours(tuple(shifts), tuple(exceptions))


def _planned(rule: PlannedSection, ics: tuple[Path, str] | None) -> PlannedRule:
    plain = _plain(rule)
    if "action" in plain:
        plain["action"] = DialplanAction(plain["action"])
    file, text = ics or (None, "")
    return PlannedRule(**{**plain, "file": file, "ics": text})


def _plain(section: BaseModel) -> dict[str, Any]:
    """What is given, lists as tuples."""
    return {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in given(section).items()
        if value is not None
    }
