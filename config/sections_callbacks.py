"""The policy file's sections about calling back, keeping and measures."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, create_model

from callbacks.measures.formulas import SERVICE_LEVELS
from callbacks.policy import CallbackPolicy, KeepPolicy, LineChoice, MeasurePolicy, Way
from callbacks.values import Matter
from config.sections_base import Section, section_of
from config.values import Duration, Hold, Name, Shown, Span, bad, one_of
from config.values_time import day_time_meant

Count = Annotated[int, Field(ge=1, le=1000)]
Days = Annotated[int, Field(ge=0, le=30)]
WayName: Any = Literal[tuple(way.value for way in Way)]


def _retry_section() -> type[Section]:
    kinds: dict[str, Any] = {outcome.value: (Duration, None) for outcome in CallbackPolicy().retry_after}
    return create_model("RetrySection", __base__=Section, **kinds)


def _by_matter(name: str, kind: Any, *but: Matter) -> type[Section]:
    """A section with a key for every matter, except some."""
    kinds: dict[str, Any] = {matter.value: (kind, None) for matter in Matter if matter not in but}
    return create_model(name, __base__=Section, **kinds)


def _all_is_none(value: Any) -> Any:
    if value is None:
        raise bad("must be a list, not empty", "Write all, or the scopes: [power]; [] is none of them.")
    return None if value == "all" else value


def _none_or(least: float, words: str) -> Any:
    """At least so many seconds, or 0, which is never."""

    def check(value: float) -> float:
        if 0 < value < least:
            raise bad(f"{value:g} s is too short", f"Give {words} or more, or 0 for ever.")
        return value

    return AfterValidator(check)


class CallHoursSection(Section):
    """When people may be called (E4)."""

    from_: Annotated[Any, BeforeValidator(day_time_meant), Field(alias="from")] = None
    until: Annotated[Any, BeforeValidator(day_time_meant)] = None
    days: Literal["all", "working"] = "all"


CallbackSection = section_of(
    CallbackPolicy,
    {
        "retry_after": _retry_section(),
        "factor": Annotated[float, Field(ge=0, le=100)],
        "max_attempts": Count,
        "least_attempts": Count,
        "ramp": Count,
        "shown": Shown,
        "head_start": _by_matter("HeadStartSection", Duration, Matter.DANGER),
        "answer_days": _by_matter("AnswerDaysSection", Annotated[float, Field(ge=0, le=365)]),
        "first_days": Days,
        "try_days": Days,
        "share": Annotated[float, Field(ge=0, le=1)],
        "ways": dict[Name, WayName],
        "processed": Annotated[list[Name] | None, BeforeValidator(_all_is_none)],
        "costs": dict[Name, Annotated[float, Field(ge=0, le=1_000_000)]],
        "lines": Literal[tuple(choice.value for choice in LineChoice)],
        "press_seconds": Annotated[Hold, Field(ge=3, le=60)],
        "warn_role": Name,
    },
    more={"hours": (CallHoursSection, CallHoursSection())},
)
Kept = Annotated[Span, _none_or(86_400.0, "1d")]
KeepSection = section_of(
    KeepPolicy,
    dict.fromkeys(KeepPolicy.__slots__, Kept)
    | {
        "backup_every": Annotated[Span, _none_or(3600.0, "1h")],
        "backup_late": Annotated[Span, _none_or(3600.0, "1h")],
    },
)
MeasuresSection = section_of(
    MeasurePolicy,
    {"answer_in": Hold, "formula": Annotated[str, AfterValidator(one_of(SERVICE_LEVELS, "formula"))]},
)
