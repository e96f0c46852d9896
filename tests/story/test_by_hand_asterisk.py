"""What a leader sets by hand, on a real Asterisk: flag, lamp, spoken recovery time, and the way back."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import lab as lab_package
from lab import Lab
from lab.site import Site

pytestmark = pytest.mark.asterisk
POLICY = (Path(lab_package.__file__).parent / "demo_policy.yaml").read_text(encoding="utf-8")


@pytest.fixture
def site(lab: Lab) -> Iterator[Site]:
    with Site(lab, POLICY, name="by-hand") as site:
        site.install()
        site.start_bridge()
        yield site


def flag(lab: Lab) -> list[str]:
    said = lab.cli("database get holdfast-scope power")
    return said.partition("Value: ")[2].strip().split(",")


def lamp(lab: Lab) -> str:
    row = next(line for line in lab.cli("core show hints").splitlines() if "lamp-power@" in line)
    return row.partition("State:")[2].split()[0]


def until(holds: Callable[[], bool], seconds: float = 5) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def test_a_leaders_word_reaches_callers_and_the_lamp_and_is_taken_back(lab: Lab, site: Site) -> None:
    """Override with who, why and end; the lamp on desk phones; the recovery time of B2; everything in the record."""
    until(lambda: flag(lab)[:2] == ["pass", "NORMAL"])
    site.run(
        "override", "set", "power", "OUTAGE", "--why", "cable cut", "--for", "10min", "--who", "shift leader"
    )
    until(lambda: flag(lab)[:3] == ["capture", "OUTAGE", "fault"])
    until(lambda: lamp(lab) == "InUse")
    assert flag(lab)[4].startswith("INC-power-")

    site.run("recovery", "set", "power", "23:45")
    until(lambda: flag(lab)[3].isdigit() and int(flag(lab)[3]) > time.time())

    site.run("override", "end", "power", "--why", "mended", "--who", "shift leader")
    until(lambda: flag(lab)[0] == "pass")
    until(lambda: lamp(lab) == "Idle")
    record = site.status()["changes"]
    assert {"cable cut", "mended"} <= {one["reason"] for one in record}
    assert {one["who"] for one in record if one["kind"] == "override"} == {"shift leader"}


def test_a_scope_that_does_not_exist_is_answered_with_those_that_do(site: Site) -> None:
    answer = site.command("override", "set", "water", "OUTAGE", "--why", "test", "--for", "10min")
    assert answer.returncode == 2
    assert "water" in answer.stderr
    assert "power" in answer.stderr


def test_observing_decides_and_shows_but_writes_no_flag(lab: Lab) -> None:
    lab.cli("database del holdfast-scope power")
    with Site(lab, POLICY.replace("armed: true", "armed: false"), name="observe") as site:
        site.install()
        site.start_bridge()
        site.run(
            "override", "set", "power", "OUTAGE", "--why", "would be", "--for", "10min", "--who", "leader"
        )
        until(lambda: site.status()["live"]["scopes"][0]["effective"] == "OUTAGE")
        time.sleep(0.5)
        assert flag(lab) == [""]
