"""Whom the demo's staff hear from: the journal of alerts as a timeline, and the count of rungs at the end.

The journal is read as docs/reference/alerts.md describes it; what is due is worked out from the policy and the record.
"""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from lab.ledger import CarrierCall

Entry = Mapping[str, Any]
LATE = timedelta(seconds=3)  # a rung that is raised later than this after its due time is said to be late
UNITS = {"s": 1, "min": 60}
LOOK_EVERY = 0.1
DUTY = "DUTY-"  # incidents of the journal that are no incidents: danger and faults for the duty role


class Journal:
    """Tells of every new entry, in a thread of its own, until the block ends. began: the start of the timeline."""

    def __init__(self, folder: Path, say: Callable[[str], None], began: Callable[[datetime], str]) -> None:
        self.path = folder / "alerts" / "journal.jsonl"
        self._say, self.began = say, began
        self._over = threading.Event()
        self._rungs: dict[str, Entry] = {}
        self._tries: dict[str, Entry] = {}
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def entries(self) -> list[Entry]:
        """Everything that it holds, in order."""
        text = self.path.read_text(encoding="utf-8") if self.path.exists() else ""
        lines = [line for line in text.splitlines(keepends=True) if line.endswith("\n")]
        return [json.loads(line.partition(" ")[2]) for line in lines]

    def quiet(self) -> bool:
        """Whether every message has come to something, those that something is over among them."""
        entries = self.entries()
        ends = [e["people"] for e in entries if e["e"] == "end"]
        tries = [e for e in entries if e["e"] == "try"]
        settled = {e["key"] for e in entries if e["e"] == "fate" and e["fate"] != "sent"}
        over = sum(e["rung"].endswith("/end") for e in tries)
        return over >= sum(map(len, ends)) and all(e["key"] in settled or e["way"] == "note" for e in tries)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join(5)

    def _follow(self) -> None:
        told = 0
        while not self._over.wait(LOOK_EVERY):
            entries = self.entries()
            for entry in entries[told:]:
                if text := self._words(entry):
                    self._say(text)
            told = len(entries)

    def _words(self, entry: Entry) -> str:
        what = entry["e"]
        if what in ("rung", "end"):
            self._rungs[entry["key"]] = entry
            return ""
        if what == "try":
            self._tries[entry["key"]] = entry
            return self._of_try(entry, self._rungs[entry["rung"]])
        return self._of_fate(entry, self._tries[entry["key"]]) if what == "fate" else ""

    def _of_try(self, entry: Entry, rung: Entry) -> str:
        how = "is called" if entry["way"] == "call" else "is written to"
        if rung["incident"].startswith(DUTY):
            return f"  ☎ {entry['person']} {how}: {_reports(rung)}"
        if rung["e"] == "end":
            return f"  ☎ {entry['person']} {how}: it is over"
        due, at = (datetime.fromisoformat(rung[key]) for key in ("due_at", "at"))
        late = f", due at {self.began(due)}" if at - due > LATE else ""
        return f"  ☎ {entry['person']} {how} (rung {rung['key'].rpartition('/')[2]}{late})"

    @staticmethod
    def _of_fate(entry: Entry, of: Entry) -> str:
        if of["rung"].endswith("/end"):
            return ""
        if entry["fate"] == "confirmed":
            taken = "taken on" if of["incident"].startswith(DUTY) else "acknowledged"
            return f"  ✔ {of['person']} presses 1: {taken}"
        return f"  ✘ {of['person']}: {entry.get('detail', '')}" if entry["fate"] == "failed" else ""


@dataclass(frozen=True, slots=True)
class Rungs:
    """due, sent: (incident, ladder.rung, person) that had to be told, and that were. stopped: rungs that an acknowledgement
    made needless. acknowledged: messages of rungs that were confirmed. ended: people told of an end, by incident. doubled:
    messages beyond the first to a person by one way of one rung, and calls or notes that arrived and that no entry
    ordered. unseen: ordered, and never arrived. duty: messages to the duty role of danger, and of faults; on_duty: of
    those, taken on.
    """

    due: frozenset[tuple[str, str, str]]
    sent: frozenset[tuple[str, str, str]]
    stopped: int
    acknowledged: int
    taken_on: tuple[str, ...]
    ended: int
    to_end: int
    doubled: int
    unseen: int
    duty: tuple[int, int] = (0, 0)
    on_duty: int = 0

    @property
    def omitted(self) -> int:
        """Due, and not sent."""
        return len(self.due - self.sent)

    @property
    def kept(self) -> bool:
        """Everybody was told once of everything that was due, somebody took it on, and all heard of the end."""
        wrong = self.omitted or self.doubled or self.unseen or self.sent - self.due
        wrong = wrong or (any(self.duty) and not self.on_duty)
        return not wrong and bool(self.due) and bool(self.taken_on) and self.ended == self.to_end

    def rows(self) -> list[tuple[str, str]]:
        """For the account."""
        return [
            ("rungs due", f"{len(self.due)} ({self.stopped} more stopped by an acknowledgement)"),
            ("rungs sent", str(len(self.sent))),
            ("rungs omitted", str(self.omitted)),
            ("rungs doubled on one way", str(self.doubled)),
            (
                "acknowledged",
                f"{self.acknowledged} (incidents taken on by: {', '.join(reversed(self.taken_on))})",
            ),
            ("told of the end", f"{self.ended} of {self.to_end}"),
            (
                "messages to the duty role",
                f"{self.duty[0]} of danger, {self.duty[1]} of faults ({self.on_duty} taken on)",
            ),
        ]


def count(
    policy: Mapping[str, Any],
    records: Sequence[Mapping[str, Any]],
    entries: Iterable[Entry],
    calls: Sequence[CarrierCall],
    notes: int,
) -> Rungs:
    """Pure. policy: the file as data; records: ``holdfast incident show --json`` of each incident; calls: at the carriers, all of
    them; notes: those that arrived.
    """
    entries = list(entries)
    raised = {e["key"]: e for e in entries if e["e"] in ("rung", "end")}
    tries = [e for e in entries if e["e"] == "try"]
    rungs = [e for e in tries if raised[e["rung"]]["e"] == "rung" and not e["incident"].startswith(DUTY)]
    duty = [e for e in tries if e["incident"].startswith(DUTY)]
    confirmed = {e["key"] for e in entries if e["e"] == "fate" and e["fate"] == "confirmed"}
    due = {place: stops for record in records for place, stops in due_of(policy, record).items()}
    sent = frozenset((e["incident"], _name(e["rung"]), e["person"]) for e in rungs)
    told = {(e["incident"], e["person"]) for e in rungs}
    ended = {(e["incident"], e["person"]) for e in tries if raised[e["rung"]]["e"] == "end"}
    ordered = Counter(e["person"] for e in tries if e["way"] == "call")
    seen = Counter(call.number for call in calls)
    people = policy["alerts"]["people"]
    arrived = {name: sum(seen[number] for number in numbers_of(one)) for name, one in people.items()}
    more = sum(max(0, arrived[name] - ordered[name]) for name in people)
    fewer = sum(max(0, ordered[name] - arrived[name]) for name in people)
    written = sum(e["way"] == "note" for e in tries)
    by_way = Counter((e["rung"], e["person"], e["way"]) for e in tries)
    return Rungs(
        due=frozenset(place for place, needed in due.items() if needed),
        sent=sent,
        stopped=sum(not needed for needed in due.values()),
        acknowledged=sum(e["key"] in confirmed for e in rungs),
        taken_on=tuple(one["incident"]["acked_by"] for one in records if one["incident"]["acked_by"]),
        ended=len(ended & told),
        to_end=len(told),
        doubled=sum(n - 1 for n in by_way.values()) + more + max(0, notes - written),
        unseen=fewer + max(0, written - notes),
        duty=(_named(duty, "danger"), _named(duty, "fault")),
        on_duty=sum(e["key"] in confirmed for e in duty),
    )


def due_of(policy: Mapping[str, Any], record: Mapping[str, Any]) -> dict[tuple[str, str, str], bool]:
    """Whom an incident had to tell of what, by the policy's words alone; False: not any more, it had been taken on.

    A rung counts from the moment at which the incident became of its ladder's kind.
    """
    one = record["incident"]
    closed = _at(one["closed_at"])
    acked = _at(one["acked_at"]) if one["acked_at"] else closed
    due = {}
    for kind, (since, until) in kinds_of(record).items():
        for rung in policy["ladders"].get(kind.lower(), ()):
            at = since + timedelta(seconds=_duration(rung["after"]))
            if at >= min(until, closed):
                continue
            stops = rung.get("on_ack", "stop") == "stop" and at >= acked
            for role in rung["roles"]:
                for person in policy["alerts"]["roles"][role]:
                    due[one["key"], f"{kind.lower()}.{rung['name']}", person] = not stops
    return due


def kinds_of(record: Mapping[str, Any]) -> dict[str, tuple[datetime, datetime]]:
    """From when until when an incident was of which kind, by its change rows."""
    rows = sorted(
        (row for row in record["changes"] if row["kind"] == "incident"), key=lambda row: _at(row["at"])
    )
    ends = [_at(row["at"]) for row in rows[1:]] + [_at(record["incident"]["closed_at"])]
    known: dict[str, tuple[datetime, datetime]] = {}
    for row, end in zip(rows, ends, strict=True):
        since, _ = known.get(row["new"], (_at(row["at"]), end))
        known[row["new"]] = (since, end)  # what joined without making it graver has a row too
    known.pop("closed", None)
    return known


def numbers_of(person: Mapping[str, Any]) -> list[str]:
    """The numbers at which our own Asterisk calls a person of the policy."""
    return [reach["call"] for reach in person["reaches"] if "call" in reach]


def _reports(rung: Entry) -> str:
    """What a message to the duty role is about."""
    if rung["rung"] == "danger":
        return "a caller is in danger"
    count = rung["facts"].get("count", "?")
    return "a report of a fault" if count == "1" else f"{count} reports of faults"


def _named(tries: Iterable[Entry], name: str) -> int:
    """Tries of the rungs ``….<name>``."""
    return sum(e["rung"].endswith(f".{name}") for e in tries)


def _name(key: str) -> str:
    return key.rpartition("/")[2]


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _duration(text: str) -> float:
    unit = "min" if text.endswith("min") else "s"
    return float(text.removesuffix(unit)) * UNITS[unit]
