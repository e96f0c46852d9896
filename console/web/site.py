"""What the page needs to know of its site, as plain values; built by ``console.wsgi`` from settings and policy."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from flask import current_app

from callbacks.policy import CallbackPolicy, MeasurePolicy
from callbacks.rules.hours import CallCalendar
from console.summary import Known

if TYPE_CHECKING:
    from console.forms.door import FormDoor
    from console.records.notice import Wording
    from store import Store


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where callers' recordings are: own ones of ``pbx_id``, and under remote those of other Asterisk hosts."""

    own: Path
    pbx_id: str
    remote: Path | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """password: the console's shared password; secret_key: signs the session cookie. Neither has a default.

    leader_password: makes its giver a leader, and everybody else an agent; "": everybody is a leader. known: scopes and time zone
    of the policy. calls: its rules of calling back. calendar: when people may be called, around a moment; None: always.
    poll: seconds between two looks of a page. clock: aware UTC. wording: of the public notice; None: there is none.
    shelf: of recordings; None: none can be heard here. forms: for filled-in forms; None: none can be brought here.
    measures: how they are counted; queues: scope → its queue. dialled: a whole number as the site dials it, which is how the book
    has it; what is none stays as it is.
    """

    password: str = field(repr=False)
    secret_key: str = field(repr=False)
    known: Known
    leader_password: str = field(default="", repr=False)
    calls: CallbackPolicy = field(default_factory=CallbackPolicy)
    calendar: Callable[[datetime], CallCalendar] | None = None
    poll: float = 2.0
    settings: Mapping[str, object] = field(default_factory=dict)
    clock: Callable[[], datetime] = _utc_now
    wording: "Wording | None" = None
    shelf: Shelf | None = None
    forms: "FormDoor | None" = None
    measures: MeasurePolicy = field(default_factory=MeasurePolicy)
    queues: Mapping[str, str] = field(default_factory=dict)
    dialled: Callable[[str], str] = str


def site() -> Site:
    """The site of the running app."""
    return cast(Site, current_app.extensions["holdfast-site"])


def store() -> "Store":
    """The store of the running app."""
    return cast("Store", current_app.extensions["holdfast-store"])


def now() -> datetime:
    """Read the clock; each request reads it where it needs it and passes it on. Aware UTC."""
    return site().clock()
