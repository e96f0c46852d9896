"""What every section of the policy file rests on: strict models, and models made from dataclasses of values."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, create_model

from config.values import Duration


class Section(BaseModel):
    """Nothing unknown, nothing converted, nothing changed afterwards."""

    # each is built once, as part of the whole
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


def section_of(
    values: type[Any],
    special: Mapping[str, Any],
    left_out: frozenset[str] = frozenset(),
    more: Mapping[str, Any] = MappingProxyType({}),
) -> type[Section]:
    """A model with the fields of a dataclass of values, all of them optional: what is not given keeps its
    default.

    special: annotations that say more than the type does. left_out: fields that another section fills. more: keys that fill
    other values, with their types and defaults.
    """
    hints = get_type_hints(values)
    kinds: dict[str, Any] = {
        field.name: (special.get(field.name) or _kind(hints[field.name]), None)
        for field in fields(values)
        if field.name not in left_out
    }
    return create_model(f"{values.__name__}Section", __base__=Section, **kinds, **more)


def given_as(key: str) -> Callable[[Any], Any]:
    """A bare text stands for a section that holds this key alone."""
    return lambda value: {key: value} if isinstance(value, str) else value


def off_is_none(value: Any) -> Any:
    """``false`` switches a section off."""
    return None if value is False else value


def given(section: BaseModel) -> dict[str, Any]:
    """What the file gives; whatever it leaves out keeps the default of the values that it fills."""
    return section.model_dump(exclude_unset=True)


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
