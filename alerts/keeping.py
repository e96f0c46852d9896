"""What can be read out of a book, and what of it is long over. Pure."""

from datetime import datetime, timedelta
from typing import Any

from alerts.book import Book, fate_entry
from alerts.policy import Way
from alerts.rules import UNREACHED
from alerts.values import AlertFigures, Fate, Receipt

KEEP_ENDED = timedelta(days=3)
KEEP_SILENT = timedelta(days=30)  # an incident of which nothing was heard for so long
OPEN_FATES = (Fate.INTENDED, Fate.SENT, Fate.UNKNOWN)


def figures(book: Book) -> AlertFigures:
    """Counts over everything that it holds."""
    fates = [one.fate for _, one in book.by_key.values()]
    return AlertFigures(
        rungs=len(book.rungs),
        sent=sum(fate not in (Fate.STOPPED, Fate.INTENDED) for fate in fates),
        confirmed=fates.count(Fate.CONFIRMED),
        failed=fates.count(Fate.FAILED),
        unknown=fates.count(Fate.UNKNOWN),
        stopped=fates.count(Fate.STOPPED),
        second=sum(max(0, len(errand.tries) - 1) for errand in book.errands.values()),
        unreached=sum(errand.closed == UNREACHED for errand in book.errands.values()),
    )


def awaiting(book: Book, way: Way, since: datetime) -> tuple[str, ...]:
    """Keys of messages on this way, with news since then, that may still bring more."""
    return tuple(
        one.batch
        for _, one in book.by_key.values()
        if one.way is way and one.fate in OPEN_FATES and one.at > since and one.batch == one.key
    )


def needless(book: Book, way: Way, since: datetime) -> tuple[str, ...]:
    """Of those ``awaiting``, the keys that nobody needs any more: all that they tell of was stopped or taken on."""
    over = (Fate.STOPPED, Fate.CONFIRMED)
    return tuple(
        key
        for key in awaiting(book, way, since)
        if all(errand.closed in over for errand, _ in book.together(key))
    )


def left_intended(book: Book, now: datetime) -> list[dict[str, Any]]:
    """What the last run had intended may have been sent, or not: the entries that say so."""
    receipt = Receipt(Fate.UNKNOWN, "the run ended while it was being sent")
    return [
        fate_entry(errand.rung.incident, one.key, receipt, now)
        for errand, one in book.by_key.values()
        if one.fate is Fate.INTENDED
    ]


def long_over(book: Book, now: datetime) -> set[str]:
    """Incidents that nobody will ask about any more: ended for days, or silent for weeks."""
    ended = {incident for incident, at in book.ended.items() if now - at > KEEP_ENDED}
    return ended | {incident for incident, at in book.last.items() if now - at > KEEP_SILENT}
