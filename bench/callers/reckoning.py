"""Holds the book against the callers' ledger. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.callers.owed import Due, due, numbers
from bench.callers.story import Story, silence


@dataclass(frozen=True, slots=True)
class Struck:
    """A fault as it was done; seconds on the run's clock, from its beginning until all was mended."""

    kind: str
    begun: float
    mended: float


@dataclass(frozen=True, slots=True)
class Wrong:
    """One caller whose case is not right. what: lost, twice or wrongly there."""

    what: str
    story: Story
    in_book: tuple[str, ...]


@dataclass(slots=True)
class Reckoning:
    """calls: placed. due: callers of each class. found: musts that are in the book; may_found: mays that are. silences: per
    call, the longest time without a sound. quiet: those who heard nothing for too
    long. tiers: which of them wrote down what is in the book.
    """

    calls: int = 0
    answered: int = 0
    due: Counter[Due] = field(default_factory=Counter)
    found: int = 0
    may_found: int = 0
    wrong: list[Wrong] = field(default_factory=list)
    silences: list[float] = field(default_factory=list)
    quiet: list[Wrong] = field(default_factory=list)
    tiers: Counter[int] = field(default_factory=Counter)

    def count(self, what: str) -> int:
        return sum(one.what == what for one in self.wrong)

    @property
    def bad(self) -> int:
        return len(self.wrong)


TOO_LONG = 8.0  # seconds of silence that are worth a line of their own
LOST, TWICE, WRONGLY = "lost", "twice", "wrongly there"


def reckon(stories: Iterable[Story], book: Sequence[Mapping[str, Any]], patience: float) -> Reckoning:
    """All callers against the whole book."""
    kept: Counter[str] = Counter()
    for row in book:
        kept[row["number"]] += max(1, len(row.get("captures_made", ())))
    done = Reckoning()
    done.tiers.update(capture["tier"] for row in book for capture in row.get("captures_made", ()))
    for story in stories:
        _one(done, story, kept, patience)
    return done


def _one(done: Reckoning, story: Story, kept: Counter[str], patience: float) -> None:
    owed, where = due(story), numbers(story)
    both = {story.person.own, story.person.other} - {""}
    there = tuple(number for number in sorted(both) for _ in range(kept[number]))
    done.calls += 1
    done.answered += story.answered is not None
    done.due[owed] += 1
    if len(there) > 1:
        done.wrong.append(Wrong(TWICE, story, there))
    if owed is Due.MUST_NOT and there:
        done.wrong.append(Wrong(WRONGLY, story, there))
    if owed is Due.MUST:
        if where & set(there):
            done.found += 1
        else:
            done.wrong.append(Wrong(LOST, story, there))
    done.may_found += owed is Due.MAY and bool(there)
    quiet = silence(story, patience)
    if quiet is not None:
        done.silences.append(quiet)
        if quiet > TOO_LONG:
            done.quiet.append(Wrong(f"{quiet:.1f} s of silence", story, there))


def by_kind(
    stories: Sequence[Story], book: Sequence[Mapping[str, Any]], struck: Sequence[Struck], patience: float
) -> dict[str, tuple[int, Reckoning]]:
    """Kind → (faults, the reckoning of the callers who were on the line during one of them)."""
    found = {}
    for kind in dict.fromkeys(one.kind for one in struck):
        spans = [(one.begun, one.mended) for one in struck if one.kind == kind]
        hit = [story for story in stories if any(_touches(story, *span) for span in spans)]
        found[kind] = len(spans), reckon(hit, book, patience)
    return found


def _touches(story: Story, begun: float, mended: float) -> bool:
    return story.placed <= mended and (story.ended is None or story.ended >= begun)
