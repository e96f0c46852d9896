"""What agents and leaders ask for and are shown. All times are aware UTC."""

from dataclasses import dataclass, field
from enum import StrEnum

from callbacks.values import Capture, Matter, MatterOutcome, Promise, PromiseState, Settled

NOTE_MOST = 500
WORDS_MOST = 200
MANY = 500  # promises in one bulk action


def N_(text: str) -> str:  # the customary name: it marks a text for the catalogue of translations
    """The text itself."""
    return text


class NotAllowed(Exception):
    """Somebody asked for what cannot be done. field: of what he asked; text: why, and what to do instead, in English.

    ``str`` is the whole sentence; text with its ``%(name)s`` places and ``values`` are apart, so that a page can translate it.
    """

    def __init__(self, field: str, text: str, **values: object) -> None:
        super().__init__(text % values if values else text)
        self.field, self.text, self.values = field, text, values


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks. who: a person's name, as it stands in histories. member: the telephone before him, PJSIP/agent-1 or "" for none.

    leader: may do a leader's things. on_line: promises of the caller who is on his line at this moment.
    """

    who: str
    member: str = ""
    leader: bool = False
    on_line: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class MatterWord:
    """What an agent says became of one matter (requirements E7, C4). capture: its key; order, satisfied, caused: see
    ``MatterOutcome``.
    """

    capture: str
    settled: Settled
    order: str = ""
    satisfied: int = 0
    note: str = ""
    caused: bool = False


@dataclass(frozen=True, slots=True)
class Matters:
    """One matter of a promise, with what became of it; None: nothing was said yet."""

    capture: Capture
    outcome: MatterOutcome | None = None


class When(StrEnum):
    """Which promises, by their times."""

    ANY = ""
    DUE = "due"  # may be called now
    SOON = "soon"  # what is owed is near
    LATE = "late"  # what was owed is over


@dataclass(frozen=True, slots=True)
class Filters:
    """Which promises a leader wants to see; what is left empty does not matter. state None: all that are not closed.

    agent: to whom it was handed, or who has it. number: as dialled, whole. reference: that a caller was told. fault: key of a
    group of the same fault. attention: only the leader's list.
    """

    state: PromiseState | None = None
    scope: str = ""
    matter: Matter | None = None
    when: When = When.ANY
    agent: str = ""
    number: str = ""
    reference: str = ""
    fault: str = ""
    attention: bool = False
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a list. after: what to ask the next page with, "" for the last one."""

    rows: tuple[Promise, ...]
    after: str = ""


@dataclass(frozen=True, slots=True)
class Bulk:
    """What became of a bulk action: done, and left as they were (closed, or being called at this moment)."""

    done: tuple[int, ...] = ()
    left: tuple[int, ...] = field(default=())
