"""The policy file's sections about what is watched and when: sources, hours, planned outages."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from config.sections_base import Section, off_is_none, section_of
from config.sources import OwnWatch, ProbeKind, ShareRule, SilenceRule
from config.values import (
    Address,
    AsteriskName,
    Duration,
    Hold,
    MessageId,
    Name,
    Number,
    Ups,
    Words,
    one_of,
)
from config.values_time import Country, Day, Hours, Moment, Recurrence, Weekday

Fraction = Annotated[float, Field(ge=0, le=1)]
Year = Annotated[int, Field(ge=2000, le=2200)]


class ProbeSection(Section):
    """Asking one application whether it works."""

    component: Name
    kind: Annotated[str, AfterValidator(one_of(ProbeKind, "kind of probe"))]
    target: Address | None = None
    every: Hold | None = None
    timeout: Annotated[Duration, Field(ge=0.05, le=300)] | None = None
    latency_limit: Duration | None = None
    jitter: Fraction | None = None
    expect_status: list[Annotated[int, Field(ge=100, le=599)]] | None = None
    expect_text: Annotated[str, Field(max_length=1000)] | None = None
    query: Annotated[str, Field(min_length=1, max_length=2000)] | None = None
    command: Annotated[list[Address], Field(min_length=1, max_length=50)] | None = None


class NutSection(Section):
    """A UPS."""

    component: Name
    ups: Ups
    low_component: Name | None = None
    every: Hold | None = None
    timeout: Hold | None = None


ShareSection: Any = section_of(
    ShareRule,
    {
        "window": Hold,
        "least_calls": Annotated[int, Field(ge=1)],
        "bad_share": Annotated[float, Field(gt=0, le=1)],
        "good_share": Fraction,
        "causes": list[Annotated[int, Field(ge=1, le=127)]],
    },
)
SilenceSection: Any = section_of(
    SilenceRule,
    {
        "false_alarms": Annotated[float, Field(gt=0, le=10)],
        "least": Hold,
        "weeks": Annotated[int, Field(ge=1, le=52)],
        "least_weeks": Annotated[int, Field(ge=1, le=52)],
    },
)
OwnSection: Any = section_of(
    OwnWatch, {"every": Hold, "disk_free": Fraction, "clock_step": Hold, "inbox_lag": Hold}
)


class TestCallSection(Section):
    """Our own call, out on one trunk and in on another."""

    out: Name
    into: Name
    number: Number
    every: Annotated[Duration, Field(ge=60)] | None = None
    timeout: Hold | None = None
    by_number: bool | None = None


class TrunkWatchSection(Section):
    """Trunks, besides contact state and calls."""

    share: Annotated[ShareSection | None, BeforeValidator(off_is_none)] = ShareSection()
    silence: Annotated[SilenceSection | None, BeforeValidator(off_is_none)] = None
    registrations: dict[Name, AsteriskName] = Field(default={})
    alarms: dict[Name, list[str]] = Field(default={})
    rtt_limit: Duration | None = None
    test_calls: dict[Name, TestCallSection] = Field(default={})


class AlertSection(Section):
    """Which alerts concern a part."""

    component: Name
    labels: Annotated[dict[str, str], Field(min_length=1)]


class WebhooksSection(Section):
    """What the outside may tell us."""

    alerts: list[AlertSection] = Field(default=[])
    reports: list[Name] = Field(default=[])
    max_age: Hold | None = None


class SourcesSection(Section):
    """Everything that is watched."""

    probes: dict[Name, ProbeSection] = Field(default={})
    nut: dict[Name, NutSection] = Field(default={})
    trunks: TrunkWatchSection = TrunkWatchSection()
    webhooks: WebhooksSection = WebhooksSection()
    own: OwnSection = OwnSection()


class ShiftSection(Section):
    """The same hours on some days."""

    days: Annotated[list[Weekday], Field(min_length=1)]
    hours: Annotated[list[Hours], Field(min_length=1)]


class ExceptionSection(Section):
    """Days that differ; no hours: closed."""

    date: Day
    until: Day | None = None
    hours: list[Hours] = Field(default=[])
    why: Annotated[str, Field(max_length=200)] = ""


class ScopeHoursSection(Section):
    """Opening hours of one scope."""

    shifts: list[ShiftSection]
    exceptions: list[ExceptionSection] = Field(default=[])


class WorkdaysSection(Section):
    """Which days are working days."""

    calendar: Country | None = None
    work: list[Day] = Field(default=[])
    rest: list[Day] = Field(default=[])
    confirmed: list[Year] = Field(default=[])


class HoursSection(Section):
    """Opening hours and working days."""

    workdays: WorkdaysSection = WorkdaysSection()
    scopes: dict[Name, ScopeHoursSection] = Field(default={})


class PlannedSection(Section):
    """A known outage."""

    name: Name
    title: Words
    scopes: Annotated[list[Name], Field(min_length=1)]
    components: list[Name] = Field(default=[])
    message: MessageId | None = None
    action: Literal["pass", "notice", "offer", "capture"] | None = None
    region: Annotated[str, Field(max_length=80)] | None = None
    start: Moment | None = None
    lasts: Hold | None = None
    repeat: Recurrence | None = None
    file: Annotated[str, Field(min_length=1, max_length=500)] | None = None
