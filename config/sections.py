"""The policy file's sections as models: strict, nothing unknown, every default in the dataclass that it
fills.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from callbacks.values import Outcome
from config.sections_base import Section, off_is_none, section_of
from config.sections_callbacks import CallbackSection, KeepSection, MeasuresSection
from config.sections_callers import (
    CallerSection,
    DangerSection,
    DutySectionOfRole,
    LengthsSection,
    LimitsSection,
    MessagesSection,
    PromptsSection,
    RestoredSection,
    Tier2Section,
)
from config.sections_staff import (
    AlertsSection,
    DrillSection,
    Kind,
    KindSection,
    ModeName,
    NoticesSection,
    PlanSection,
    RungSection,
)
from config.sections_watch import HoursSection, PlannedSection, SourcesSection
from config.values import (
    AsteriskName,
    Dial,
    Duration,
    Hold,
    Language,
    MessageId,
    Name,
    Number,
    TimeZone,
    one_of,
)
from fallback.modes import DialplanAction
from fallback.policy import OWN_PARTS, AgentRules, HealthTimes, PartKind, SurgeRule

Count = Annotated[int, Field(ge=1, le=1000)]


HealthSection = section_of(HealthTimes, {"suspect_count": Count, "good_count": Count})


Fraction = Annotated[float, Field(ge=0, le=1)]
AgentSection: Any = section_of(
    AgentRules,
    {
        "mass_share": Annotated[float, Field(gt=0, le=1)],
        "mass_within": Hold,
        "mass_least": Count,
        "seat_silent": Count,
    },
)
SurgeSection: Any = section_of(SurgeRule, {"occupancy": Fraction, "end_occupancy": Fraction})
ActionName = Annotated[str, AfterValidator(one_of(DialplanAction, "action"))]
OwnName = Annotated[str, AfterValidator(one_of(OWN_PARTS, "part of our own"))]
PartName = Annotated[
    str, AfterValidator(one_of((k for k in PartKind if k is not PartKind.OWN), "kind of part"))
]


class SiteSection(Section):
    """Who and where the site is."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    timezone: TimeZone
    languages: Annotated[list[Language], Field(min_length=1)]
    pbx_id: Name


class HealthDefaults(Section):
    """Times for all trunks, all pools and all parts; a single one may say otherwise."""

    trunks: HealthSection = HealthSection()  # type: ignore[valid-type]  # a model made at run time
    pools: HealthSection = HealthSection()  # type: ignore[valid-type]  # the same
    parts: HealthSection = HealthSection()  # type: ignore[valid-type]  # the same


class TrunkSection(Section):
    """A carrier link."""

    endpoint: AsteriskName
    dial: Dial
    channels: Annotated[int, Field(ge=1, le=10_000)]
    health: HealthSection = HealthSection()  # type: ignore[valid-type]  # the same


class PoolSection(Section):
    """The agents behind one queue."""

    queue: AsteriskName
    minimum: Annotated[int, Field(ge=1, le=10_000)] = 1
    health: HealthSection = HealthSection()  # type: ignore[valid-type]  # the same


class PartSection(Section):
    """A component that sources or people tell about."""

    kind: PartName
    failure: Kind | None = None
    effect: Literal["NORMAL", "DEGRADED", "OUTAGE"] | None = None
    site: bool | None = None
    health: HealthSection = HealthSection()  # type: ignore[valid-type]  # the same


class OwnPartSection(Section):
    """Times of one of our own parts."""

    health: HealthSection = HealthSection()  # type: ignore[valid-type]  # the same


class ScopeSection(Section):
    """A service line: what is switched as one."""

    queue: AsteriskName
    pools: Annotated[list[Name], Field(min_length=1)]
    trunks: Annotated[list[Name], Field(min_length=1)]
    dids: list[Number] = Field(default=[])
    message: MessageId = "fault"
    evacuated_message: MessageId = "evacuation"
    language: Language | None = None
    recovery_hold: Hold = 60.0
    parts: list[Name] = Field(default=[])
    messages: dict[ModeName, MessageId] = Field(default={})
    actions: dict[ModeName, ActionName] = Field(default={})
    surge: Annotated[SurgeSection | None, BeforeValidator(off_is_none)] = None
    region: Annotated[str, Field(max_length=80)] = ""


class WaitingSection(Section):
    """What a caller who waits in the queue is owed (B7)."""

    apology_after: Hold | None = None
    abandoned_after: Duration | None = None


class PolicySection(Section):
    """The whole file."""

    site: SiteSection
    armed: bool
    boot_grace: Duration = 30.0
    override_max: Hold = 12 * 3600.0
    assess_after: Duration | None = None
    health: HealthDefaults = HealthDefaults()
    trunks: Annotated[dict[Name, TrunkSection], Field(min_length=1)]
    pools: Annotated[dict[Name, PoolSection], Field(min_length=1)]
    scopes: Annotated[dict[Name, ScopeSection], Field(min_length=1)]
    parts: dict[Name, PartSection] = Field(default={})
    own: dict[OwnName, OwnPartSection] = Field(default={})
    agents: AgentSection = AgentSection()
    kinds: dict[Kind, KindSection] = Field(default={})
    ladders: dict[Name, Annotated[list[RungSection], Field(min_length=1)]] = Field(default={})
    plans: list[PlanSection] | None = None
    drills: dict[Name, DrillSection] | None = None
    drills_dir: Annotated[str, Field(max_length=500)] = ""
    alerts: AlertsSection = AlertsSection()
    hours: HoursSection = HoursSection()
    planned: list[PlannedSection] = Field(default=[])
    sources: SourcesSection = SourcesSection()
    notices: NoticesSection = NoticesSection()
    waiting: WaitingSection = WaitingSection()
    callbacks: CallbackSection = CallbackSection()  # type: ignore[valid-type]  # the same
    caller: CallerSection = CallerSection()  # type: ignore[valid-type]  # the same
    lengths: LengthsSection = LengthsSection()  # type: ignore[valid-type]  # the same
    danger: DangerSection = DangerSection()  # type: ignore[valid-type]  # the same
    limits: LimitsSection = LimitsSection()  # type: ignore[valid-type]  # the same
    duty: DutySectionOfRole = DutySectionOfRole()  # type: ignore[valid-type]  # the same
    restored: RestoredSection = RestoredSection()  # type: ignore[valid-type]  # the same
    keep: KeepSection = KeepSection()  # type: ignore[valid-type]  # the same
    measures: MeasuresSection = MeasuresSection()  # type: ignore[valid-type]  # the same
    messages: MessagesSection = MessagesSection()  # type: ignore[valid-type]  # the same
    tier2: Tier2Section = Tier2Section()  # type: ignore[valid-type]  # the same
    prompts: PromptsSection = Field(default={})


EXAMPLES: Mapping[str, str] = MappingProxyType(
    {
        "site": "site: {name: Power hotline, timezone: Asia/Shanghai, languages: [zh-CN, en], pbx_id: pbx1}",
        "name": "name: Power hotline",
        "timezone": "timezone: Asia/Shanghai",
        "languages": "languages: [zh-CN, en]",
        "pbx_id": "pbx_id: pbx1",
        "armed": "armed: false",
        "trunks": "trunks: {carrier-a: …}, or in a scope trunks: [carrier-a]",
        "pools": "pools: {power-agents: …}, or in a scope pools: [power-agents]",
        "scopes": "scopes: {power: {queue: power, pools: [power-agents], trunks: [carrier-a]}}",
        "endpoint": "endpoint: carrier-a",
        "dial": 'dial: "PJSIP/{number}@carrier-a"',
        "channels": "channels: 30",
        "queue": "queue: power",
    }
)
"""How a key that is missing is written."""

OUTCOMES: Mapping[str, Outcome] = MappingProxyType({outcome.value: outcome for outcome in Outcome})
