"""Told on a real Asterisk: danger to whoever is on duty (E0), and to callers that it is over (B8), once, over a kill."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bridge_site import book
from story_site import mode, story_site, until

from callbacks.spool import Spool
from callbacks.values import Asks, Capture, Matter, NoticeState, NumberSource
from lab import Lab
from lab.ledger import CarrierCall
from lab.site import Site

pytestmark = pytest.mark.asterisk
ON_DUTY = "13900008001"  # answers and presses 1, as all numbers that end so
ASKED, RINGING = "13900008011", "13900008021"
BUSY = "13900008004"
OTHER_ROLES = (
    "engineer",
    "leader",
    "supervisor",
    "operations-manager",
    "centre-manager",
    "centre-leader",
    "higher-supervisor",
    "senior-agents",
    "reserve-staff",
    "functional-staff",
)
POLICY: dict[str, Any] = {
    "alerts": {
        "send": True,
        "people": {
            "on duty": {"language": "en", "reaches": [{"call": ON_DUTY}]},
            "everybody else": {"language": "en", "reaches": [{"call": BUSY}]},
        },
        "roles": {**{role: ["everybody else"] for role in OTHER_ROLES}, "duty": ["on duty"]},
    },
    "restored": {"ways": ["call"], "per_minute": 60},
    "caller": {"dialogue": "adaptive"},
}


@pytest.fixture(scope="module")
def site(lab: Lab) -> Iterator[Site]:
    with story_site(lab, "told-in-time", POLICY) as site:
        mode(site, "NORMAL")
        yield site


def left(key: str, number: str, matter: Matter, asks: Asks = Asks.CALL) -> Capture:
    return Capture(
        key=f"lab:{key}",
        at=datetime.now(UTC) - timedelta(seconds=1),
        scope="power",
        caller_id=number,
        number=number,
        source=NumberSource.OWN,
        matter=matter,
        language="zh-CN",
        tier=1,
        wanted=False,
        promised=False,
        asks=asks,
    )


def spooled(site: Site, *captures: Capture) -> None:
    """As another process on the same disk leaves them."""
    with Spool(site.folder / "spool") as spool:
        for one in captures:
            spool.submit(one).result(5)


def calls(lab: Lab, number: str) -> list[CarrierCall]:
    return [one for one in lab.carrier_log() if one.number == number]


def became(site: Site, key: str) -> NoticeState | None:
    with book(site) as store:
        found = store.notice(f"lab:{key}")
    return found.state if found else None


def still_open(site: Site) -> bool:
    with book(site) as store:
        return bool(store.duty_open())


def test_danger_rings_whoever_is_on_duty_within_seconds_until_he_presses_1_E0(lab: Lab, site: Site) -> None:
    spooled(site, left("danger", "13911112222", Matter.DANGER))
    until(lambda: calls(lab, ON_DUTY), "whoever is on duty is rung", 10)
    until(lambda: not still_open(site), "he has taken it on", 20)
    until(lambda: site.status()["live"]["duty"]["open"] == 0, "everybody sees it")


def test_callers_who_asked_for_it_hear_that_it_is_over_B8(lab: Lab, site: Site) -> None:
    spooled(site, left("asked", ASKED, Matter.UNSTATED, Asks.NOTICE))
    until(lambda: became(site, "asked") is NoticeState.SENT, "he has heard it", 30)
    assert len(calls(lab, ASKED)) == 1


def test_a_kill_while_a_caller_is_being_told_costs_him_no_second_call_B8(lab: Lab, site: Site) -> None:
    spooled(site, left("ringing", RINGING, Matter.UNSTATED, Asks.NOTICE))
    until(lambda: became(site, "ringing") is NoticeState.INTENDED, "his call is on its way", 20)
    site.kill_bridge()
    site.start_bridge()
    until(lambda: became(site, "ringing") is NoticeState.SENT, "the next run knows that he has heard it", 45)
    assert len(calls(lab, RINGING)) == 1


def test_asterisk_knows_how_long_a_dialogue_may_be(lab: Lab, site: Site) -> None:
    assert "full" in lab.cli("database get holdfast length")
    assert site.status()["live"]["bridge"]["length"] == "full"
