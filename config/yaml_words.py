"""The words for what pydantic finds wrong in a policy file: the problem, and what to do about it."""

import types
from collections.abc import Mapping
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from config.durations import EXAMPLES as DURATIONS
from config.errors import nearest
from config.sections import EXAMPLES
from config.yaml_places import Document, Path


def note(document: Document, error: ValidationError, model: type[BaseModel]) -> None:
    """Note everything that ``model`` found wrong with the document's data."""
    for found in error.errors(include_url=False):
        path = tuple(part for part in found["loc"] if part != "[key]")
        problem, remedy = _words(found["type"], path, found, model)
        document.add(path, problem, remedy)


def _words(kind: str, path: Path, found: Mapping[str, Any], model: type[BaseModel]) -> tuple[str, str]:
    """Problem and remedy for an error of pydantic."""
    context, given = found.get("ctx", {}), found.get("input")
    if kind == "holdfast":
        return context["problem"], context["remedy"]
    if kind == "extra_forbidden":
        return "unknown key", nearest(path[-1], _keys_at(path[:-1], model))
    if kind == "missing":
        return "is missing", f"Add it: {EXAMPLES.get(str(path[-1]), f'{path[-1]}: …')}"
    if kind == "literal_error":
        return f"{_shown(given)} is not allowed", f"Write one of {context['expected']}."
    if kind in _WANTED:
        wanted, remedy = _WANTED[kind]
        return f"must be {wanted}, not {_shown(given)}", remedy
    return f"{_shown(given)}: {found['msg'][0].lower()}{found['msg'][1:]}", "Change the value."


_WANTED: Mapping[str, tuple[str, str]] = {
    "bool_type": ("true or false", "Write true or false without quotes."),
    "int_type": ("a whole number", "Write digits without quotes."),
    "int_from_float": ("a whole number", "Write digits without a point."),
    "float_type": ("a number", f"Write a number, or for a time {DURATIONS}."),
    "string_type": ("text", "Put it in quotes."),
    "list_type": ("a list", "Write [a, b], or one '- item' a line."),
    "dict_type": ("a section with keys", "Write 'name:' and its keys indented below it."),
    "model_type": ("a section with keys", "Write the keys indented below it."),
    "model_attributes_type": ("a section with keys", "Write the keys indented below it."),
    "too_short": ("filled", "Give at least one."),
}


def _shown(value: object) -> str:
    if value is None:
        return "empty"
    words = f"'{value}'" if isinstance(value, str) else f"{value}"
    return words if len(words) <= 60 else f"{words[:57]}…"


def _keys_at(path: Path, model: type[BaseModel]) -> tuple[str, ...]:
    """The keys that the section at ``path`` knows."""
    found: Any = model
    for part in path:
        if _is_model(found):
            field = found.model_fields.get(str(part))
            found = _bare(field.annotation) if field else None
        elif get_origin(found) in (dict, list):
            found = _bare(get_args(found)[-1])
    if not _is_model(found):
        return ()
    return tuple(field.alias or name for name, field in found.model_fields.items())


def _is_model(found: Any) -> bool:
    return isinstance(found, type) and issubclass(found, BaseModel)


def _bare(annotation: Any) -> Any:
    """The annotation without what only adds to it: Annotated, and ``| None``."""
    while get_origin(annotation) in (Annotated, Union, types.UnionType):
        annotation = get_args(annotation)[0]
    return annotation
