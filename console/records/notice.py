"""The public notice of start, change and end (F5): what callers hear, as a list of facts. Pure; nothing personal in it.

Built from change rows. A drill never appears: while a live one runs on a scope its computed mode counts instead of the
effective one. Nothing that was decided before the site was armed appears: nobody heard of it on the telephone either.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from config.notices import NoticesPolicy
from config.policy import SitePolicy
from console.live_rows import parse_time
from console.records.notice_sides import Side, joined
from fallback.decision import Change
from fallback.modes import Mode
from fallback.policy import Scope
from store.incidents import SavedIncident

MOST_ENTRIES: Final = 50
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "holdfast:notice")


@dataclass(frozen=True, slots=True)
class Wording:
    """The approved words (B3). site: its name; pbx_id: makes ids of entries stable; languages: the first leads."""

    site: str
    pbx_id: str
    languages: tuple[str, ...]
    timezone: str
    notices: NoticesPolicy
    scopes: Mapping[str, Scope]

    def name(self, scope: str, language: str) -> str:
        """What the public calls the scope."""
        return self.notices.name(scope, language)

    def text(self, scope: str, mode: str, language: str) -> str:
        """What the public reads of a mode; mode "": the end."""
        if not mode:
            return self.notices.ended(language)
        return self.notices.wording(self.scopes[scope], Mode(mode), language)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to tell. id: a URN that never changes; event: start, change or end; mode "": the end. Times are aware
    UTC; recovery_at: announced with it, or None.
    """

    id: str
    scope: str
    event: str
    mode: str
    at: datetime
    recovery_at: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """What lasts now for a scope: since when (its start), which mode, and when it is expected to be over."""

    scope: str
    mode: str
    since: datetime
    recovery_at: datetime | None


@dataclass(frozen=True, slots=True)
class Notice:
    """now: scopes that are not well; entries: the newest first. updated: of the newest entry, or None."""

    wording: Wording
    standing: tuple[Standing, ...]
    entries: tuple[Entry, ...]

    @property
    def updated(self) -> datetime | None:
        """When something was last told."""
        return self.entries[0].at if self.entries else None

    @property
    def id(self) -> str:
        """URN of the whole feed."""
        return _urn(self.wording.pbx_id)


@dataclass(frozen=True, slots=True)
class _Running:
    """One scope as the rows are gone through. seen: published mode or ""; shown: the same, once it was told."""

    shown: str = ""
    since: datetime | None = None
    recovery: datetime | None = None


def wording_of(policy: SitePolicy) -> Wording:
    """The approved words of a policy."""
    return Wording(
        site=policy.name,
        pbx_id=policy.pbx_id,
        languages=policy.languages,
        timezone=policy.timezone,
        notices=policy.notices,
        scopes=policy.fallback.scopes,
    )


def build(
    rows: Iterable[Change],
    drills: Sequence[SavedIncident],
    wording: Wording,
    armed_since: datetime | None,
    now: datetime,
) -> Notice:
    """The notice at ``now``. rows: of kinds mode, computed and recovery, in order; drills: those that were live.

    armed_since: None while the site only observes: then there is nothing to tell. Of one Asterisk; see ``build_all``.
    """
    return build_all(rows, drills, wording, {"": Side(armed_since)} if armed_since else {}, now)


def build_all(
    rows: Iterable[Change],
    drills: Sequence[SavedIncident],
    wording: Wording,
    sides: Mapping[str, Side],
    now: datetime,
) -> Notice:
    """The same for all Asterisks of a site together. sides: those that are armed, by pbx id, "" the first one."""
    standing: list[Standing] = []
    entries: list[Entry] = []
    known, published = tuple(rows), {str(one) for one in wording.notices.modes}
    for scope in wording.scopes:
        last, told = _tell(scope, joined(scope, known, drills, sides, published), wording)
        entries.extend(told)
        if last.shown and last.since is not None:
            expected = last.recovery if last.recovery and last.recovery > now else None
            standing.append(Standing(scope, last.shown, last.since, expected))
    entries.sort(key=lambda one: (one.at, one.scope, one.id), reverse=True)
    return Notice(wording, tuple(standing), tuple(entries[:MOST_ENTRIES]))


def _tell(scope: str, rows: Iterable[Change], wording: Wording) -> tuple[_Running, list[Entry]]:
    """Go through a scope's rows; what began before arming and lasts is told from the arming on."""
    running, entries = _Running(), []
    for row in rows:
        running, told = _step(scope, running, row, wording)
        entries.extend(told)
    return running, entries


def _step(scope: str, before: _Running, row: Change, wording: Wording) -> tuple[_Running, list[Entry]]:
    """One row: what is shown after it, and what is told of it."""
    if row.kind == "recovery":
        after = replace(before, recovery=parse_time(row.new))
        changed = bool(after.shown) and after.recovery != before.recovery
        return after, [_entry(scope, "change", after, row.at, wording)] if changed else []
    mode = row.new if row.new in {str(one) for one in wording.notices.modes} else ""
    if mode == before.shown:
        return before, []
    if not mode:
        after = _Running(recovery=before.recovery)
        return after, [_entry(scope, "end", _Running(), row.at, wording)]
    if not before.shown:
        after = replace(before, shown=mode, since=row.at)
        return after, [_entry(scope, "start", after, row.at, wording)]
    after = replace(before, shown=mode)
    return after, [_entry(scope, "change", after, row.at, wording)]


def _entry(scope: str, event: str, state: _Running, at: datetime, wording: Wording) -> Entry:
    what = (wording.pbx_id, scope, event, state.shown, at.isoformat())
    return Entry(_urn(*what), scope, event, state.shown, at, state.recovery)


def _urn(*what: str) -> str:
    return uuid.uuid5(_NAMESPACE, "\n".join(what)).urn
