"""Who is to be told what, and what became of it: the alerts' whole state, built from journal entries alone. Pure.

An entry is a flat mapping that JSON can carry; the same entries in the same order give the same book, on the day itself
and after a kill. Kinds: ``rung`` (somebody is to be told), ``try`` (intended, on one way), ``fate``, ``stop``, ``end``,
``over`` (all ways are through and it was said so).
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from alerts.policy import Way
from alerts.values import Fate, Receipt

Entry = Mapping[str, Any]
MOST_TIMES = 1000  # messages to one person by one way that a limit can look back on
END = "end"  # the rung, and the text, of the message that an incident is over

# What later news may still change. Whatever is not named stands: a status that comes late and out of order changes nothing.
AFTER: Mapping[Fate, frozenset[Fate]] = {
    Fate.INTENDED: frozenset(Fate) - {Fate.INTENDED},
    Fate.SENT: frozenset({Fate.DELIVERED, Fate.CONFIRMED, Fate.FAILED, Fate.UNKNOWN}),
    Fate.UNKNOWN: frozenset({Fate.SENT, Fate.DELIVERED, Fate.CONFIRMED, Fate.FAILED}),
    Fate.FAILED: frozenset({Fate.DELIVERED, Fate.CONFIRMED}),
    Fate.DELIVERED: frozenset({Fate.CONFIRMED}),
    Fate.CONFIRMED: frozenset(),
    Fate.STOPPED: frozenset(),
}


@dataclass(slots=True)
class Try:
    """One message, on one way. at: of its newest fate; sent_at: from when on a confirmation is waited for.

    batch: key of the message that carried it, its own unless several were gathered into one.
    """

    key: str
    way: Way
    batch: str
    intended_at: datetime
    at: datetime
    fate: Fate = Fate.INTENDED
    sent_at: datetime | None = None
    detail: str = ""
    permanent: bool = False
    untouched: bool = False
    provider_id: str = ""


@dataclass(frozen=True, slots=True)
class RungNote:
    """A rung that was raised: what it says. key: ``<incident>/<ladder>.<rung>`` or ``<incident>/end``."""

    key: str
    incident: str
    name: str
    text: str
    kind: str
    facts: Mapping[str, str]
    raised_at: datetime
    due_at: datetime
    drill: bool = False

    @property
    def is_end(self) -> bool:
        """Whether it tells that the incident is over."""
        return self.key == f"{self.incident}/{END}"

    def named(self, names: frozenset[str]) -> bool:
        """Whether one of these means it: with its ladder's name (``a2.supervisor``) or without."""
        full = self.key.removeprefix(f"{self.incident}/")
        return full in names or full.rpartition(".")[2] in names


@dataclass(slots=True)
class Errand:
    """One person to be told of one rung. first: ways to begin with (an end message); closed: why it is over, "" open."""

    rung: RungNote
    person: str
    role: str
    first: tuple[Way, ...] = ()
    tries: list[Try] = field(default_factory=list)
    closed: str = ""

    @property
    def needs_confirming(self) -> bool:
        """Everything but the message that it is over."""
        return not self.rung.is_end


@dataclass(slots=True)
class Book:
    """errands: (rung key, person) → errand, in the order in which they were raised; by_key: message key → errand and try."""

    errands: dict[tuple[str, str], Errand] = field(default_factory=dict)
    rungs: dict[str, RungNote] = field(default_factory=dict)
    by_key: dict[str, tuple[Errand, Try]] = field(default_factory=dict)
    batches: dict[str, list[str]] = field(default_factory=dict)
    by_token: dict[str, str] = field(default_factory=dict)
    sent: dict[tuple[str, Way], list[datetime]] = field(
        default_factory=dict
    )  # messages to a person by a way, newest last
    last: dict[str, datetime] = field(default_factory=dict)  # incident → its newest entry
    ended: dict[str, datetime] = field(default_factory=dict)

    def apply(self, entry: Entry) -> None:
        """Takes an entry in. One that fits nothing (its forerunner was damaged) is passed over; raises KeyError or
        ValueError for one that is none.
        """
        at = datetime.fromisoformat(entry["at"])
        incident = entry["incident"]
        getattr(self, f"_{KINDS[entry['e']]}")(entry, at)
        self.last[incident] = max(at, self.last.get(incident, at))

    def forget(self, incidents: Iterable[str]) -> None:
        """Drops incidents that are long over."""
        gone = frozenset(incidents)
        for place in [place for place, errand in self.errands.items() if errand.rung.incident in gone]:
            for one in self.errands.pop(place).tries:
                self.by_key.pop(one.key, None)
                self.batches.pop(one.batch, None)
                self.by_token.pop(short_id(one.key), None)
        self.rungs = {key: rung for key, rung in self.rungs.items() if rung.incident not in gone}
        for incident in gone:
            self.last.pop(incident, None)
            self.ended.pop(incident, None)

    def open(self) -> list[Errand]:
        """Errands that are not over."""
        return [errand for errand in self.errands.values() if not errand.closed]

    def together(self, key: str) -> list[tuple[Errand, Try]]:
        """Everything that went out in the message with this key, () for a key that nobody knows."""
        found = self.by_key.get(key)
        if found is None:
            return []
        return [self.by_key[one] for one in self.batches.get(found[1].batch, [key]) if one in self.by_key]

    def told(self, incident: str) -> list[tuple[Errand, Way]]:
        """Everybody who was, or may have been, told of it, each once, with the way that reached him best."""
        best: dict[str, tuple[int, Errand, Way]] = {}
        for errand in self.errands.values():
            if errand.rung.incident != incident or errand.rung.is_end:
                continue
            for one in errand.tries:
                rank = REACHED.get(one.fate, 0)
                if rank and rank >= best.get(errand.person, (0,))[0]:
                    best[errand.person] = (rank, errand, one.way)
        return [(errand, way) for _, errand, way in best.values()]

    def _rung(self, entry: Entry, at: datetime) -> None:
        if entry["key"] in self.rungs:
            return
        rung = self.rungs[entry["key"]] = RungNote(
            key=entry["key"],
            incident=entry["incident"],
            name=entry["rung"],
            text=entry["text"],
            kind=entry["facts"].get("kind", ""),
            facts=entry["facts"],
            raised_at=at,
            due_at=datetime.fromisoformat(entry["due_at"]),
            drill=entry["drill"],
        )
        for person, role, *first in entry["people"]:
            ways = tuple(Way(way) for way in first)
            self.errands[rung.key, person] = Errand(rung, person, role, ways)

    def _try(self, entry: Entry, at: datetime) -> None:
        errand = self.errands.get((entry["rung"], entry["person"]))
        if errand is None or entry["key"] in self.by_key:
            return
        one = Try(entry["key"], Way(entry["way"]), entry["batch"], at, at)
        errand.tries.append(one)
        self.by_key[one.key] = (errand, one)
        if one.batch not in self.batches:
            times = self.sent.setdefault((errand.person, one.way), [])
            times.append(at)
            del times[:-MOST_TIMES]
        self.batches.setdefault(one.batch, []).append(one.key)
        self.by_token[short_id(one.key)] = one.key

    def _fate(self, entry: Entry, at: datetime) -> None:
        found = self.by_key.get(entry["key"])
        fate = Fate(entry["fate"])
        if found is None or fate not in AFTER[found[1].fate]:
            return
        errand, one = found
        one.fate, one.at, one.detail = fate, at, entry.get("detail", "")
        one.permanent, one.untouched = entry.get("permanent", False), entry.get("untouched", False)
        one.provider_id = entry.get("provider_id", "") or one.provider_id
        if fate in (Fate.SENT, Fate.DELIVERED) and one.sent_at is None:
            one.sent_at = at
        if fate is Fate.CONFIRMED:
            self._taken_on(errand)

    def _taken_on(self, confirmed: Errand) -> None:
        """Whoever has taken the incident on is not asked again by what already reached him of its other rungs."""
        confirmed.closed = Fate.CONFIRMED
        for errand in self.open():
            same = (errand.rung.incident, errand.person) == (confirmed.rung.incident, confirmed.person)
            if same and errand.needs_confirming and any(one.fate in REACHED for one in errand.tries):
                errand.closed = Fate.CONFIRMED

    def _stop(self, entry: Entry, _: datetime) -> None:
        rungs = frozenset(entry["rungs"])
        for errand in self.open():
            rung = errand.rung
            if rung.incident == entry["incident"] and not rung.is_end and rung.named(rungs):
                errand.closed = Fate.STOPPED

    def _end(self, entry: Entry, at: datetime) -> None:
        if entry["incident"] in self.ended:
            return
        for errand in self.open():
            if errand.rung.incident == entry["incident"]:
                errand.closed = Fate.STOPPED
        self.ended[entry["incident"]] = at
        self._rung(entry, at)

    def _over(self, entry: Entry, _: datetime) -> None:
        errand = self.errands.get((entry["rung"], entry["person"]))
        if errand is not None and not errand.closed:
            errand.closed = entry["why"]


KINDS: Mapping[str, str] = {kind: kind for kind in ("rung", "try", "fate", "stop", "end", "over")}
# How surely a message reached somebody; what failed or was stopped reached nobody.
REACHED: Mapping[Fate, int] = {
    Fate.CONFIRMED: 4,
    Fate.DELIVERED: 3,
    Fate.SENT: 2,
    Fate.UNKNOWN: 1,
    Fate.INTENDED: 1,
}


def short_id(key: str) -> str:
    """A short name for a message, the same in every process; it goes into links and unique ids."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def reference(rung_key: str) -> str:
    """Six digits that every way of one rung carries; digits, because a call must be able to speak them."""
    return f"{int(hashlib.sha256(rung_key.encode()).hexdigest(), 16) % 1_000_000:06d}"


def rung_entry(rung: RungNote, people: Sequence[tuple[str, ...]], kind: str = "rung") -> dict[str, Any]:
    """people: (person, role, and for an end message the ways to begin with)."""
    return {
        "e": kind,
        "at": rung.raised_at.isoformat(),
        "incident": rung.incident,
        "key": rung.key,
        "rung": rung.name,
        "text": rung.text,
        "facts": dict(rung.facts),
        "due_at": rung.due_at.isoformat(),
        "drill": rung.drill,
        "people": [list(one) for one in people],
    }


def try_entry(errand: Errand, way: Way, key: str, batch: str, at: datetime) -> dict[str, Any]:
    """Intended: from now on this message may have left."""
    return {
        "e": "try",
        "at": at.isoformat(),
        "incident": errand.rung.incident,
        "rung": errand.rung.key,
        "person": errand.person,
        "way": way.value,
        "key": key,
        "batch": batch,
    }


def fate_entry(incident: str, key: str, receipt: Receipt, at: datetime) -> dict[str, Any]:
    """What a way said of a message."""
    entry: dict[str, Any] = {"e": "fate", "at": at.isoformat(), "incident": incident, "key": key}
    entry["fate"] = receipt.fate.value
    for name in ("detail", "permanent", "provider_id", "untouched"):
        if value := getattr(receipt, name):
            entry[name] = value
    return entry
