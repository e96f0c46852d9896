"""What a policy file that leaves ladders, kinds, plans and roles out gets: those of the default policy file.

So every figure of the rules stands in one place, that file, and in no line of code.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from config.sections import PolicySection
from config.yaml_places import read

DEFAULT_POLICY = Path(__file__).with_name("default_policy.yaml")


@dataclass(frozen=True, slots=True)
class Defaults:
    """ladders, roles: the names that are known without being given."""

    section: PolicySection
    ladders: frozenset[str]
    roles: frozenset[str]


@lru_cache(maxsize=1)
def defaults() -> Defaults:
    """The default policy file, read once. Raises pydantic's error if this distribution's own file is broken."""
    document = read(DEFAULT_POLICY.read_text(encoding="utf-8"), str(DEFAULT_POLICY))
    section = PolicySection.model_validate(document.data)
    return Defaults(section, frozenset(section.ladders), frozenset(section.alerts.roles) | {"everybody"})
