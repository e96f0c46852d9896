"""What a caller's story makes due: the ledger that the book is held against. Pure."""

from enum import StrEnum

from bench.callers.person import Way
from bench.callers.sound import OFFER, OWN, PHRASE, PROMISE
from bench.callers.story import Story


class Due(StrEnum):
    """What the book owes a caller."""

    MUST = "must"  # the promise was spoken to its end
    MAY = "may"  # he asked for it, and the promise was not heard whole
    MUST_NOT = "must not"  # he never pressed and left early, or was never answered


def due(story: Story) -> Due:
    """The class of a caller."""
    heard = {run.sound for run in story.runs}
    if any(run.sound == PROMISE and run.whole for run in story.runs):
        return Due.MUST
    if story.keys or heard & {PROMISE, OWN} or _stayed(story) or _taken_without_asking(story, heard):
        return Due.MAY
    return Due.MUST_NOT


def _stayed(story: Story) -> bool:
    """Silent to the end of the dialogue: called on his own number, so he may be, though he was not told any more."""
    return story.person.way is not Way.EARLY and any(run.sound == OFFER for run in story.runs)


def _taken_without_asking(story: Story, heard: set[str]) -> bool:
    """When lines are all but full, who hears the phrase to its end is taken down without a key."""
    return OFFER not in heard and any(run.sound == PHRASE and run.whole for run in story.runs)


def numbers(story: Story) -> frozenset[str]:
    """Where he may be called; for a promise that was spoken, where he must be: on his other number if that was read back to
    him last (it stands, said he yes or nothing in time) and he was not told that it is his own.
    """
    person = story.person
    if due(story) is not Due.MUST:
        return frozenset({person.own, person.other} - {""})
    other = person.other and story.read_back == person.other and all(run.sound != OWN for run in story.runs)
    return frozenset({person.other if other else person.own})
