"""Looking at raw values of a policy file that may have any shape: what is not as expected is passed over."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from config.durations import seconds
from config.errors import nearest
from config.yaml_places import Document, Path


def mapping(value: Any) -> Mapping[str, Any]:
    """The value if it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def listed(section: Mapping[str, Any], key: str) -> Iterator[tuple[int, str]]:
    """Index and text of every text in the list under ``key``."""
    for index, value in enumerate(sequence(section.get(key))):
        if isinstance(value, str):
            yield index, value


def duration(section: Mapping[str, Any], key: str, default: float) -> float:
    """The seconds under ``key``; the default if they are left out or wrong, which the models say."""
    try:
        return seconds(section[key]) if key in section else default
    except ValueError:
        return default


def check_name(document: Document, at: Path, name: Any, known: Collection[str], what: str) -> None:
    """Note a name that nobody knows. what: the word for it, e.g. "trunk"."""
    if isinstance(name, str) and name not in known:
        document.add(at, f"no {what} is called '{name[:80]}'", nearest(name, known))


def check_list(
    document: Document, at: Path, section: Mapping[str, Any], known: Collection[str], what: str
) -> None:
    """The same for every text of the list at ``at``, the last part of which is its key in ``section``; and no
    name twice."""
    seen: set[str] = set()
    for index, name in listed(section, str(at[-1])):
        check_name(document, (*at, index), name, known, what)
        if name in seen:
            document.add((*at, index), f"'{name}' is listed twice", "Keep one of them.")
        seen.add(name)


def check_once(document: Document, at: Path, items: Any, what: str, key: str = "name") -> None:
    """Note every section of the list at ``at`` whose ``name`` (or other ``key``) an earlier one has."""
    seen: set[str] = set()
    for index, item in enumerate(sequence(items)):
        name = mapping(item).get(key)
        if isinstance(name, str) and name in seen:
            document.add(
                (*at, index, key), f"'{name}' is given twice", f"Give each {what} {_a(key)} of its own."
            )
        seen.add(str(name))


def _a(word: str) -> str:
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"
