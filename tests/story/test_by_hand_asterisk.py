"""What a leader sets by hand, on a real Asterisk: flag, lamp, spoken recovery time, and the way back."""

import time
from collections.abc import Iterator

import pytest
from story_site import flag, story_site, until

from lab import Lab
from lab.site import Site

pytestmark = pytest.mark.asterisk


@pytest.fixture(scope="module")
def site(lab: Lab) -> Iterator[Site]:
    with story_site(lab, "by-hand") as site:
        yield site


def lamp(lab: Lab) -> str:
    row = next(line for line in lab.cli("core show hints").splitlines() if "lamp-power@" in line)
    return row.partition("State:")[2].split()[0]


def test_a_leaders_word_reaches_callers_and_the_lamp_and_is_taken_back(lab: Lab, site: Site) -> None:
    """Override with who, why and end; the lamp on desk phones; the recovery time of B2; everything in the record."""
    until(lambda: flag(lab)[:2] == ["pass", "NORMAL"], "the flag stands")
    site.run(
        "override", "set", "power", "OUTAGE", "--why", "cable cut", "--for", "10min", "--who", "shift leader"
    )
    until(lambda: flag(lab)[:3] == ["capture", "OUTAGE", "fault"], "callers are taken down")
    until(lambda: lamp(lab) == "InUse", "the lamp is lit")
    assert flag(lab)[4].startswith("INC-power-")

    site.run("recovery", "set", "power", "23:45")
    until(lambda: flag(lab)[3].isdigit() and int(flag(lab)[3]) > time.time(), "the recovery time is told")

    site.run("override", "end", "power", "--why", "mended", "--who", "shift leader")
    until(lambda: flag(lab)[0] == "pass", "callers pass")
    until(lambda: lamp(lab) == "Idle", "the lamp is out")
    record = site.status()["changes"]
    assert {"cable cut", "mended"} <= {one["reason"] for one in record}
    assert {one["who"] for one in record if one["kind"] == "override"} == {"shift leader"}


def test_a_scope_that_does_not_exist_is_answered_with_those_that_do(site: Site) -> None:
    answer = site.command("override", "set", "water", "OUTAGE", "--why", "test", "--for", "10min")
    assert answer.returncode == 2
    assert "water" in answer.stderr
    assert "power" in answer.stderr
