"""What differs between two policies, value by value, by dotted names; secrets are named and not shown."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from config.policy import SitePolicy

HIDDEN = "(not shown)"
SHOWN_AT_MOST = 200


@dataclass(frozen=True, slots=True)
class Difference:
    """place: such as fallback.scopes.power.recovery_hold. old, new: as shown; None: it is not there."""

    place: str
    old: str | None
    new: str | None


def differences(old: SitePolicy, new: SitePolicy) -> tuple[Difference, ...]:
    """Everything in which the two differ, in the order of the places of the new one, then what is gone."""
    before, after = dict(_flat(old, "")), dict(_flat(new, ""))
    names = [name for name in dict.fromkeys((*after, *before)) if name != "digest"]
    return tuple(
        Difference(name, _shown(before.get(name)), _shown(after.get(name)))
        for name in names
        if before.get(name) != after.get(name)
    )


@dataclass(frozen=True, slots=True)
class _Leaf:
    value: Any
    secret: bool


def _flat(value: Any, place: str, secret: bool = False) -> Iterator[tuple[str, _Leaf]]:
    if is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            if "elsewhere" in field.metadata:  # the same value is told at another place
                continue
            yield from _flat(getattr(value, field.name), _joined(place, field.name), secret or not field.repr)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, _joined(place, str(key)), secret)
    elif isinstance(value, tuple) and any(is_dataclass(item) for item in value):
        for index, item in enumerate(value):
            yield from _flat(item, f"{place}[{getattr(item, 'name', index)}]", secret)
    else:
        yield place, _Leaf(value, secret)


def _joined(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _shown(leaf: _Leaf | None) -> str | None:
    if leaf is None:
        return None
    value = leaf.value
    if isinstance(value, frozenset):
        value = tuple(sorted(value))
    words = HIDDEN if leaf.secret else ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return words if len(words) <= SHOWN_AT_MOST else f"{words[: SHOWN_AT_MOST - 1]}…"
