"""The policy file's sections about those who call: the dialogue, its lengths, danger, limits, messages, words, notices."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from callbacks.policy import DutyPolicy, LimitPolicy, MessagePolicy, NoticePolicy
from config.danger import KEYS, DangerPolicy
from config.sections_base import Section, section_of
from config.tier2 import Tier2Policy
from config.values import (
    AreaCode,
    Duration,
    Hold,
    Language,
    Name,
    Number,
    OnCall,
    PlanCountry,
    PromptId,
    RegionKey,
    ServiceCode,
    Span,
    Words,
    one_of,
    quoted,
)
from ivr.lengths import Length, LengthRules
from ivr.policy import CallerPolicy

Share = Annotated[float, Field(gt=0, le=1)]


class RegionSection(Section):
    """A region that callers can choose."""

    id: Name
    key: RegionKey


CallerSection = section_of(
    CallerPolicy,
    {
        "dialogue": Literal[("adaptive", *(length.value for length in Length))],
        "country": PlanCountry,
        "area_code": AreaCode,
        "own_lines": list[Number],
        "max_tries": Annotated[int, Field(ge=1, le=10)],
        "regions": list[RegionSection],
        "message_seconds": Annotated[Hold, Field(le=600)],
        "premium_prefixes": list[Number],
        "allow_prefixes": list[Number],
        "service_codes": list[ServiceCode],
        "service_prefixes": list[ServiceCode],
    },
    left_out=frozenset({"languages", "timezone", "danger_key"}),
)
LengthsSection = section_of(
    LengthRules, {"short": Share, "express": Share, "message": Share, "hysteresis": Share | Literal[0]}
)
DangerSection = section_of(
    DangerPolicy,
    {
        "key": Annotated[str, BeforeValidator(quoted), AfterValidator(one_of(KEYS, "danger key"))],
        "oncall": list[OnCall],
        "ring": Annotated[Hold, Field(ge=5, le=120)],
    },
)
LimitsSection = section_of(LimitPolicy, {"prefix_digits": Annotated[int, Field(ge=2, le=15)]})
DutySectionOfRole = section_of(
    DutyPolicy, {"role": Name, "danger_repeat": Hold, "fault_repeat": Hold, "fault_gather": Duration}
)
RestoredSection = section_of(
    NoticePolicy,
    {
        "ways": list[Literal["sms", "call"]],
        "per_minute": Annotated[int, Field(ge=1, le=10_000)],
        "expires": Hold,
    },
)
MessagesSection = section_of(
    MessagePolicy, {"keep": Annotated[Span, Field(ge=3600)], "least": Annotated[Duration, Field(le=60)]}
)
Tier2Section = section_of(
    Tier2Policy,
    {"start": Annotated[int, Field(ge=1, le=100)], "most": Annotated[int, Field(ge=1, le=1000)]},
)
PromptsSection = dict[PromptId, Annotated[dict[Language, Words], Field(min_length=1)]]
