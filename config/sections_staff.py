"""The policy file's sections about staff: kinds of failure, ladders, plans, drills, people, notices."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from config.sections_base import Section, given_as
from config.values import (
    Dialled,
    Duration,
    Hold,
    Language,
    MessageId,
    Mobile,
    Name,
    NoteUrl,
    PersonName,
    Span,
    Words,
    one_of,
)
from config.values_time import Hours, Weekday
from fallback.modes import Mode

KINDS = ("A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "A10", "OWN")
"""Kinds of failure (requirements A), and OWN for our own parts."""

Kind = Literal["A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "A10", "OWN"]
ModeName = Annotated[str, AfterValidator(one_of(Mode, "mode"))]


class KindSection(Section):
    """What a kind of failure does to staff."""

    ladder: Name
    gravity: Annotated[int, Field(ge=0, le=100)] | None = None


class RungSection(Section):
    """One step of a ladder."""

    name: Name
    after: Duration = 0.0
    after_workdays: Annotated[int, Field(ge=0, le=60)] = 0
    roles: Annotated[list[Name], Field(min_length=1)]
    text: MessageId
    on_ack: Literal["stop", "go_on"] = "stop"
    min_hurt: Annotated[int, Field(ge=0, le=1000)] = 0


class PlanSection(Section):
    """What sets a plan off, and whom it calls."""

    name: Name
    lines_full: Duration = 0.0
    dip: Duration | None = None
    modes: list[ModeName] = Field(default=[])
    ladder: Name


class DrillSection(Section):
    """A drill made ready; also a file of its own in ``drills_dir``."""

    title: Words
    content: Words
    kind: Kind
    scope: Name | None = None
    ladder: Name | None = None
    lost: list[Name] = Field(default=[])
    mode: ModeName | None = None
    lasts: Hold = 1800.0
    every: Annotated[Span, Field(ge=86400)] = 180 * 86400.0


class ReachSection(Section):
    """One way to one person: exactly one of the keys."""

    call: Dialled | None = None
    sms: Mobile | None = None
    voice: Mobile | None = None
    note: NoteUrl | None = None


class PersonSection(Section):
    """Somebody who can be told; the key is the name as shown."""

    language: Language | None = None
    reaches: Annotated[list[ReachSection], Field(min_length=1)]


class DutySection(Section):
    """When a person holds a role; the bare name: always."""

    person: PersonName
    days: list[Weekday] = Field(default=[])
    hours: Hours | None = None


Duties = list[Annotated[DutySection, BeforeValidator(given_as("person"))]]


class ConfirmSection(Section):
    """How long each way has to be confirmed."""

    call: Hold | None = None
    sms: Hold | None = None
    voice: Hold | None = None
    note: Hold | None = None


class AlertsSection(Section):
    """People, roles, and how patient the ways to them are."""

    send: bool | None = None
    people: dict[PersonName, PersonSection] = Field(default={})
    roles: dict[Name, Duties] = Field(default={})
    confirm_within: ConfirmSection = ConfirmSection()
    send_timeout: Hold | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] | None = None
    limit_window: Hold | None = None
    never_limited: list[Kind] | None = None
    trunks: list[Name] | None = None


class NoticesSection(Section):
    """What the public reads (F5): by mode, and at the end; and what the scopes are called there."""

    modes: list[ModeName] | None = None
    words: dict[
        Annotated[str, AfterValidator(one_of((*Mode, "end"), "mode, and not end"))], dict[Language, Words]
    ] = Field(default={})
    names: dict[Name, dict[Language, Words]] = Field(default={})
