"""Reading YAML so that every key knows its line, and so that nothing surprising gets in.

Stricter than YAML: a key given twice is an error (YAML keeps the last one silently), anchors and aliases are
not taken (a policy is read by people, and a few lines of them can grow without bound), and a key is text.
"""

from dataclasses import dataclass, field
from typing import Any

import yaml

from config.errors import ConfigError

Path = tuple[str | int, ...]
MOST_CHARACTERS = 1_000_000
DEEPEST = 20
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's is thirty times as fast


@dataclass(slots=True)
class Document:
    """data: plain Python values; lines: path → 1-based line of its key or item; errors: what was wrong."""

    source: str
    data: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    errors: list[ConfigError] = field(default_factory=list)

    def line(self, path: Path) -> int | None:
        """The line of ``path``, or of the nearest thing around it."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return None

    def add(self, path: Path, problem: str, remedy: str) -> None:
        """Note an error at ``path``."""
        self.errors.append(ConfigError(self.source, dotted(path), problem, remedy, self.line(path)))


def dotted(path: Path) -> str:
    """``("scopes", "power", "pools", 0)`` → ``scopes.power.pools[0]``."""
    words = ""
    for part in path:
        words += f"[{part}]" if isinstance(part, int) else f".{part}" if words else part
    return words


def read(text: str, source: str) -> Document:
    """The document in ``text``. Never raises for bad text: its errors tell, and then ``data`` is None."""
    document = Document(source)
    if len(text) > MOST_CHARACTERS:
        document.add((), f"the file has more than {MOST_CHARACTERS} characters", "Is it the right file?")
        return document
    try:
        if not _is_refused(text, document):
            node = yaml.compose(text, Loader=LOADER)
            _walk(node, (), document)
            if not document.errors:
                document.data = yaml.load(text, Loader=LOADER)  # noqa: S506 - both are safe loaders
    except yaml.YAMLError as error:
        _note_syntax(error, document)
    except ValueError as error:  # a date such as 2026-13-01
        document.add((), f"cannot be read: {error}", "Put text that looks like a date or a number in quotes.")
    return document


def _is_refused(text: str, document: Document) -> bool:
    """Whether the structure alone is refused; found event by event, before any of it is built."""
    depth = 0
    for event in yaml.parse(text, Loader=LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            problem, remedy = f"is nested more than {DEEPEST} deep", "Is it the right file?"
        elif isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            problem, remedy = "anchors (&) and aliases (*) are not taken", "Write the value out."
        else:
            continue
        document.lines[()] = event.start_mark.line + 1 if event.start_mark else 1
        document.add((), problem, remedy)
        return True
    return False


def _walk(node: yaml.Node | None, path: Path, document: Document) -> None:
    if node is None:
        return
    document.lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        _walk_mapping(node, path, document)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _walk(item, (*path, index), document)


def _walk_mapping(node: yaml.MappingNode, path: Path, document: Document) -> None:
    for key, value in node.value:
        inner = (*path, str(key.value))
        if key.tag != "tag:yaml.org,2002:str":
            document.lines[inner] = key.start_mark.line + 1
            document.add(inner, "a key must be text", f'Put it in quotes: "{key.value}".')
        elif inner in document.lines:
            first = document.lines[inner]
            document.lines[inner] = key.start_mark.line + 1
            document.add(inner, f"is given twice, first in line {first}", "Keep one of them.")
        document.lines[inner] = key.start_mark.line + 1
        _walk(value, inner, document)


def _note_syntax(error: yaml.YAMLError, document: Document) -> None:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    if mark is not None:
        document.lines[()] = mark.line + 1
        problem = f"{problem} (column {mark.column + 1})"
    remedy = (
        "Look at this line and the one before: indentation by spaces, no tabs, closed quotes and brackets."
    )
    document.add((), f"is not YAML: {problem}", remedy)
