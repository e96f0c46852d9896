"""From the policy file's sections to the values of those who speak with callers."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from config.sections import PolicySection
from config.sections_base import given
from ivr.policy import CallerPolicy, Region


def caller_policy(section: PolicySection, dids: Mapping[str, tuple[str, ...]]) -> CallerPolicy:
    """The rules of the dialogue. dids: scope → numbers that lead to it; they count as the hotline's own lines."""
    caller = plain(section.caller)
    danger = plain(section.danger)
    own_lines = (*caller.pop("own_lines", ()), *(did for all_ in dids.values() for did in all_))
    regions = tuple(Region(**region) for region in caller.pop("regions", ()))
    if caller.get("country", "CN") != "CN":
        caller.setdefault("service_prefixes", ())  # 1 and 9 are China's; elsewhere plain numbers begin so
    if "key" in danger:
        caller["danger_key"] = danger["key"]
    return CallerPolicy(
        languages=tuple(section.site.languages),
        timezone=section.site.timezone,
        own_lines=tuple(dict.fromkeys(own_lines)),
        regions=regions,
        **caller,
    )


def plain(section: BaseModel) -> dict[str, Any]:
    """What is given, lists as tuples."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in given(section).items()}
