"""Whom a role means at a moment, in the site's own time."""

from datetime import UTC, datetime, time

import pytest
from alert_world import person

from alerts.policy import AlertPolicy, Duty, Way
from alerts.roster import on_duty

DAY, NIGHT, ALWAYS = person("day", Way.SMS), person("night", Way.SMS), person("always", Way.SMS)
WORKDAYS = (0, 1, 2, 3, 4)
POLICY = AlertPolicy(
    people={one.name: one for one in (DAY, NIGHT, ALWAYS)},
    roles={
        "engineer": (
            Duty("day", WORKDAYS, time(8), time(18)),
            Duty("night", WORKDAYS, time(18), time(8)),
        ),
        "leader": (Duty("always"),),
        "nobody": (),
        "twice": (Duty("day"), Duty("day", WORKDAYS, time(8), time(18))),
    },
)


def names(role: str, *at: int) -> list[str]:
    """Local time at Shanghai, which is 8 hours ahead of UTC."""
    return [one.name for one in on_duty(POLICY, role, datetime(*at, tzinfo=UTC))]  # type: ignore[arg-type,misc]  # ints


def test_the_roster_is_read_in_the_sites_time_zone() -> None:
    assert names("engineer", 2026, 11, 23, 1, 0) == ["day"]  # Monday 09:00 there
    assert names("engineer", 2026, 11, 23, 9, 59) == ["day"]
    assert names("engineer", 2026, 11, 23, 10, 0) == ["night"]


def test_a_duty_over_midnight_belongs_to_the_day_on_which_it_starts() -> None:
    assert names("engineer", 2026, 11, 27, 23, 0) == ["night"]  # Saturday 07:00: Friday's night
    assert names("engineer", 2026, 11, 22, 23, 0) == [
        "day",
        "night",
    ]  # Monday 07:00: Sunday had no night, so a gap


def test_in_a_gap_everybody_of_the_role_is_told() -> None:
    assert names("engineer", 2026, 11, 28, 4, 0) == ["day", "night"]  # Saturday noon


def test_a_duty_without_weekdays_is_always_and_nobody_is_named_twice() -> None:
    assert names("leader", 2026, 11, 28, 4, 0) == ["always"]
    assert names("twice", 2026, 11, 23, 1, 0) == ["day"]


def test_only_a_role_without_duties_means_nobody() -> None:
    assert names("nobody", 2026, 11, 23, 1, 0) == []
    assert names("unheard-of", 2026, 11, 23, 1, 0) == []


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        on_duty(POLICY, "leader", datetime(2026, 11, 23, 1, 0))  # noqa: DTZ001 - it is what is refused
