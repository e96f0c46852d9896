"""The policy file's sections as models: strict, nothing unknown, every default in the dataclass that it
fills.
"""

from collections.abc import Mapping
from dataclasses import fields
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, create_model

from callbacks.policy import CallbackPolicy
from callbacks.values import Outcome
from config.values import (
    AreaCode,
    AsteriskName,
    Dial,
    Duration,
    Hold,
    Language,
    MessageId,
    Name,
    Number,
    Shown,
    TimeZone,
)
from fallback.policy import HealthTimes
from ivr.policy import CallerPolicy

Share = Annotated[float, Field(ge=0, le=100)]
Count = Annotated[int, Field(ge=1, le=1000)]


class Section(BaseModel):
    """Nothing unknown, nothing converted, nothing changed afterwards."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def section_of(
    values: type[Any], special: Mapping[str, Any], left_out: frozenset[str] = frozenset()
) -> type[Section]:
    """A model with the fields of a dataclass of values, all of them optional: what is not given keeps its
    default.

    special: annotations that say more than the type does. left_out: fields that another section fills.
    """
    hints = get_type_hints(values)
    kinds: dict[str, Any] = {
        field.name: (special.get(field.name) or _kind(hints[field.name]), None)
        for field in fields(values)
        if field.name not in left_out
    }
    return create_model(f"{values.__name__}Section", __base__=Section, **kinds)


def _kind(hint: Any) -> Any:
    """What the file may hold for a field of this type. Floats are durations unless special says more."""
    if hint is float:
        return Duration
    if hint is int:
        return Annotated[int, Field(ge=0)]
    if get_origin(hint) is tuple:
        return list[_kind(get_args(hint)[0])]  # type: ignore[misc]  # a type made at run time
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return Literal[tuple(member.value for member in hint)]
    return hint


HealthSection = section_of(HealthTimes, {"suspect_count": Count, "good_count": Count})


def _retry_section() -> type[Section]:
    kinds: dict[str, Any] = {outcome.value: (Duration, None) for outcome in CallbackPolicy().retry_after}
    return create_model("RetrySection", __base__=Section, **kinds)


HealthSection = section_of(HealthTimes, {"suspect_count": Count, "good_count": Count})
CallbackSection = section_of(
    CallbackPolicy,
    {
        "retry_after": _retry_section(),
        "factor": Share,
        "max_attempts": Count,
        "ramp": Count,
        "shown": Shown,
    },
)
CallerSection = section_of(
    CallerPolicy,
    {
        "dialogue": Literal["full", "express"],
        "country": Annotated[str, Field(pattern="^[A-Z]{2}$")],
        "area_code": AreaCode,
        "own_lines": list[Number],
        "max_tries": Annotated[int, Field(ge=1, le=10)],
    },
    left_out=frozenset({"languages", "timezone"}),
)


class SiteSection(Section):
    """Who and where the site is."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    timezone: TimeZone
    languages: Annotated[list[Language], Field(min_length=1)]
    pbx_id: Name


class HealthDefaults(Section):
    """Times for all trunks and all pools; a single one may say otherwise."""

    trunks: HealthSection = HealthSection()  # type: ignore[valid-type]  # a model made at run time
    pools: HealthSection = HealthSection()  # type: ignore[valid-type]  # the same


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


class ScopeSection(Section):
    """A service line: what is switched as one."""

    queue: AsteriskName
    pools: Annotated[list[Name], Field(min_length=1)]
    trunks: Annotated[list[Name], Field(min_length=1)]
    dids: list[Number] = []
    message: MessageId = "fault"
    evacuated_message: MessageId = "evacuation"
    language: Language | None = None
    recovery_hold: Hold = 60.0


class PolicySection(Section):
    """The whole file."""

    site: SiteSection
    armed: bool
    boot_grace: Duration = 30.0
    override_max: Hold = 12 * 3600.0
    health: HealthDefaults = HealthDefaults()
    trunks: Annotated[dict[Name, TrunkSection], Field(min_length=1)]
    pools: Annotated[dict[Name, PoolSection], Field(min_length=1)]
    scopes: Annotated[dict[Name, ScopeSection], Field(min_length=1)]
    callbacks: CallbackSection = CallbackSection()  # type: ignore[valid-type]  # the same
    caller: CallerSection = CallerSection()  # type: ignore[valid-type]  # the same


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
