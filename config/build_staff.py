"""From the policy file's sections to the values of alerts and notices."""

from dataclasses import replace
from typing import Any

from alerts.policy import AlertPolicy, Duty, Person, Reach, Way
from config.notices import NoticesPolicy, WaitingPolicy
from config.sections import PolicySection
from config.sections_base import given
from config.sections_defaults import defaults
from config.sections_staff import DutySection, PersonSection
from config.values_time import days_meant
from fallback.modes import Mode

EVERYBODY = "everybody"


def alert_policy(section: PolicySection) -> AlertPolicy:
    """People, roles and patience. The role ``everybody`` is all people unless the file says otherwise."""
    alerts, usual = section.alerts, AlertPolicy()
    people = {name: _person(name, one, section) for name, one in alerts.people.items()}
    roles = {role: tuple(map(_duty, duties)) for role, duties in _roles(section).items()}
    if not roles.get(EVERYBODY):
        roles[EVERYBODY] = tuple(Duty(name) for name in people)
    confirm = {Way(way): after for way, after in given(alerts.confirm_within).items() if after is not None}
    plain: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in given(alerts).items()
        if key in ("send_timeout", "limit", "limit_window", "never_limited", "trunks") and value is not None
    }
    return replace(
        usual,
        people=people,
        roles=roles,
        timezone=section.site.timezone,
        confirm_within={**usual.confirm_within, **confirm},
        **plain,
    )


def notices_policy(section: PolicySection) -> NoticesPolicy:
    """The public's words; where the file gives none, the default file's."""
    notices, usual = section.notices, defaults().section.notices
    modes = notices.modes if notices.modes is not None else usual.modes
    return NoticesPolicy(
        modes=tuple(map(Mode, modes)) if modes is not None else NoticesPolicy().modes,
        words={**usual.words, **notices.words},
        names=notices.names,
        heard=section.prompts,
    )


def waiting_policy(section: PolicySection) -> WaitingPolicy:
    """What waiting callers are owed."""
    return WaitingPolicy(**{key: value for key, value in given(section.waiting).items() if value is not None})


def is_sending(section: PolicySection) -> bool:
    """Whether alerts go out: as the file says, else as soon as the policy is armed."""
    return section.armed if section.alerts.send is None else section.alerts.send


def _roles(section: PolicySection) -> dict[str, list[DutySection]]:
    return {**defaults().section.alerts.roles, **section.alerts.roles}


def _person(name: str, person: PersonSection, section: PolicySection) -> Person:
    language = person.language or section.site.languages[0]
    reaches = (
        Reach(Way(way), address) for one in person.reaches for way, address in given(one).items() if address
    )
    return Person(name, language, tuple(reaches))


def _duty(duty: DutySection) -> Duty:
    weekdays, _, _ = days_meant(duty.days)
    if duty.hours is None:
        return Duty(duty.person, weekdays)
    return Duty(duty.person, weekdays, *duty.hours)
