"""What counts as a time zone."""

from zoneinfo import available_timezones

import pytest

from config.values import _is_zone

NONE = "Asia Asia/ ../x . .. /etc/passwd Asia/../UTC posix/UTC posixrules right/UTC tzdata.zi zone.tab 北京"


@pytest.mark.parametrize("name", ["", "a" * 5000, "UTC\0", "\ud800", *NONE.split()])
def test_what_is_none_is_refused(name: str) -> None:
    assert not _is_zone(name)


def test_every_listed_one_is_taken() -> None:
    assert [name for name in available_timezones() if not _is_zone(name)] == []
