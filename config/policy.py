"""The policy file: read, checked whole, and turned into the values that the rooms work with.

Everything that is wrong is reported at once: YAML, unknown keys, wrong types, bad values and references that
lead nowhere, each with its line, its path and its remedy. Nothing is loaded from a file with an error.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from callbacks.policy import CallbackPolicy
from config import references
from config.durations import EXAMPLES as DURATIONS
from config.errors import ConfigErrors, nearest
from config.sections import EXAMPLES, OUTCOMES, PolicySection
from config.yaml_places import Document, Path, read
from fallback.policy import HealthTimes, Policy, Pool, Scope, Trunk
from ivr.policy import CallerPolicy

DEFAULT_POLICY = FilePath(__file__).with_name("default_policy.yaml")


@dataclass(frozen=True, slots=True)
class SitePolicy:
    """What a site has decided beforehand.

    timezone: IANA name. languages: of the prompts, the first is the default. dids: scope → numbers that lead
    to it. digest: SHA-256 of the file's text, to tell which policy was in force.
    """

    name: str
    timezone: str
    languages: tuple[str, ...]
    pbx_id: str
    fallback: Policy
    callbacks: CallbackPolicy
    caller: CallerPolicy
    dids: Mapping[str, tuple[str, ...]]
    digest: str


def load_policy(path: FilePath) -> SitePolicy:
    """The policy in a UTF-8 file. Raises ConfigErrors with everything that is wrong."""
    document = Document(str(path))
    try:
        text = path.read_bytes().decode()
    except OSError as error:
        document.add(
            (), f"cannot be read: {error.strerror}", "Give the path of a policy file that may be read."
        )
        raise ConfigErrors(document.errors) from None
    except UnicodeDecodeError as error:
        document.add((), f"is not UTF-8 (byte {error.start})", "Save the file as UTF-8.")
        raise ConfigErrors(document.errors) from None
    return parse_policy(text, str(path))


def parse_policy(text: str, source: str = "policy") -> SitePolicy:
    """The policy in ``text``. source: what errors call it. Raises ConfigErrors with all that is wrong."""
    document = read(text, source)
    if document.errors:
        raise ConfigErrors(document.errors)
    if not isinstance(document.data, dict):
        document.add((), "holds no keys", "Start from the default policy and change it.")
        raise ConfigErrors(document.errors)
    section = _validated(document)
    references.check(document)
    if section is None or document.errors:
        raise ConfigErrors(sorted(document.errors, key=lambda error: (error.line or 0, error.place)))
    return _site(section, hashlib.sha256(text.encode()).hexdigest())


def _validated(document: Document) -> PolicySection | None:
    try:
        return PolicySection.model_validate(document.data)
    except ValidationError as error:
        for found in error.errors(include_url=False):
            path = tuple(part for part in found["loc"] if part != "[key]")
            problem, remedy = _words(found["type"], path, found)
            document.add(path, problem, remedy)
        return None


def _words(kind: str, path: Path, found: Mapping[str, Any]) -> tuple[str, str]:
    """Problem and remedy for an error of pydantic."""
    context, given = found.get("ctx", {}), found.get("input")
    if kind == "holdfast":
        return context["problem"], context["remedy"]
    if kind == "extra_forbidden":
        return "unknown key", nearest(path[-1], _keys_at(path[:-1]))
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


def _keys_at(path: Path) -> tuple[str, ...]:
    """The keys that the section at ``path`` knows."""
    found: Any = PolicySection
    for part in path:
        if isinstance(found, type) and issubclass(found, BaseModel):
            found = found.model_fields[str(part)].annotation if str(part) in found.model_fields else None
        else:
            found = get_args(found)[-1] if get_args(found) else None
    return tuple(found.model_fields) if isinstance(found, type) and issubclass(found, BaseModel) else ()


def _site(section: PolicySection, digest: str) -> SitePolicy:
    site, languages = section.site, tuple(section.site.languages)
    dids = {name: tuple(scope.dids) for name, scope in section.scopes.items()}
    caller = _given(section.caller)
    own_lines = dict.fromkeys(
        (*caller.pop("own_lines", ()), *(did for all_ in dids.values() for did in all_))
    )
    callbacks = _given(section.callbacks)
    retry = {OUTCOMES[name]: after for name, after in callbacks.pop("retry_after", {}).items()}
    defaults = CallbackPolicy()
    return SitePolicy(
        name=site.name,
        timezone=site.timezone,
        languages=languages,
        pbx_id=site.pbx_id,
        fallback=_fallback(section),
        callbacks=replace(defaults, **callbacks, retry_after={**defaults.retry_after, **retry}),
        caller=CallerPolicy(
            languages=languages, timezone=site.timezone, own_lines=tuple(own_lines), **caller
        ),
        dids=dids,
        digest=digest,
    )


def _fallback(section: PolicySection) -> Policy:
    trunk_times = replace(HealthTimes(), **_given(section.health.trunks))
    pool_times = replace(HealthTimes(), **_given(section.health.pools))
    return Policy(
        trunks={
            name: Trunk(name, t.endpoint, t.dial, t.channels, replace(trunk_times, **_given(t.health)))
            for name, t in section.trunks.items()
        },
        pools={
            name: Pool(name, p.queue, p.minimum, replace(pool_times, **_given(p.health)))
            for name, p in section.pools.items()
        },
        scopes={
            name: Scope(
                name=name,
                queue=s.queue,
                pools=tuple(s.pools),
                trunks=tuple(s.trunks),
                message=s.message,
                language=s.language or section.site.languages[0],
                recovery_hold=s.recovery_hold,
                evacuated_message=s.evacuated_message,
            )
            for name, s in section.scopes.items()
        },
        armed=section.armed,
        boot_grace=section.boot_grace,
        override_max=section.override_max,
    )


def _given(section: BaseModel) -> dict[str, Any]:
    """What the file gives; whatever it leaves out keeps the default of the values that it fills."""
    return section.model_dump(exclude_unset=True)
