"""Addresses that are secrets: written ``${HOLDFAST_…}`` in the policy file and kept in the environment."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from config.raw import mapping, sequence
from config.yaml_places import Document, Path

_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_OWN = re.compile(r"HOLDFAST_[A-Z0-9_]{1,80}")


def fill(document: Document, environment: Mapping[str, str]) -> None:
    """Put the environment's values where an address refers to them; note what is not there.

    Only addresses of people and targets of probes are filled: everything else of a policy is shown to staff.
    """
    for holder, key, path in list(_places(document.data)):
        value = holder[key]
        if isinstance(value, str) and "${" in value:
            holder[key] = _filled(document, path, value, environment)


def _filled(document: Document, path: Path, value: str, environment: Mapping[str, str]) -> str:
    return _REFERENCE.sub(lambda found: _value(document, path, found[1], environment), value)


def _value(document: Document, path: Path, name: str, environment: Mapping[str, str]) -> str:
    if not _OWN.fullmatch(name):
        document.add(path, f"refers to '{name[:80]}'", "Use a variable whose name begins with HOLDFAST_.")
    elif not environment.get(name):
        document.add(path, f"the variable {name} is not set", "Set it in the environment of every process.")
    else:
        return environment[name]
    return "http://unset.invalid"  # so that nothing is said of the same place twice


def _places(data: Any) -> Iterator[tuple[Any, Any, Path]]:
    """Holder, key and path of every value that may refer to a variable."""
    people = mapping(mapping(mapping(data).get("alerts")).get("people"))
    for name, person in people.items():
        for index, reach in enumerate(sequence(mapping(person).get("reaches"))):
            for way in mapping(reach):
                yield reach, way, ("alerts", "people", name, "reaches", index, way)
    for name, probe in mapping(mapping(mapping(data).get("sources")).get("probes")).items():
        if "target" in mapping(probe):
            yield probe, "target", ("sources", "probes", name, "target")
        for index, word in enumerate(sequence(mapping(probe).get("command"))):
            if isinstance(word, str):
                yield probe["command"], index, ("sources", "probes", name, "command", index)
