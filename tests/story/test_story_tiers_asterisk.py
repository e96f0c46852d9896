"""The bridge freezes and dies under callers: the same call goes on in tier 2, or 3, and is in the book once."""

import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest
from bridge_site import book, tier3_numbers
from story_caller import StoryCaller, furnish
from story_site import live, mode, prompts, story_site, until

from callbacks.values import Capture, Matter
from config.asterisk import LOCAL
from lab import Lab
from lab.site import Site

pytestmark = pytest.mark.asterisk
POLICY: dict[str, Any] = {
    "caller": {"dialogue": "full", "choice_seconds": "4s", "ask_message": False},
    "tier2": {"start": 1, "most": 1},
}


@pytest.fixture(scope="module")
def site(lab: Lab) -> Iterator[Site]:
    prompts(lab)
    mine = furnish(lab)
    try:
        with story_site(lab, "tiers", POLICY, HOLDFAST_LOCAL_AGI="true") as site:
            (lab.holdfast_conf_dir / LOCAL).chmod(0o755)
            mode(site, "NORMAL")
            said = ("--why", "cable cut", "--for", "10min", "--who", "leader")
            site.run("override", "set", "power", "OUTAGE", *said)
            mode(site, "OUTAGE")
            yield site
    finally:
        mine.unlink()
        lab.reload()


def capture_of(site: Site, call: StoryCaller) -> Capture:
    def found() -> Capture | None:
        with book(site) as store:
            return store.capture(f"lab:{call.unique_id}")

    capture = until(found, "the call is in the book", 15)
    assert capture is not None
    return capture


def calls_of(site: Site, number: str) -> int:
    """How many calls of this number the book knows."""
    with book(site) as store:
        (promise,) = [one for one in store.open_promises(50) if one.number == number]
    return promise.captures


def test_a_bridge_that_freezes_costs_seconds_and_nothing_that_was_confirmed(lab: Lab, site: Site) -> None:
    number = "13800000311"
    call = StoryCaller(lab, number).hears("message-fault").presses("2").hears("enter-number")
    call.presses(f"{number}#").hears("read-back").presses("1").hears("matter")
    pid = int(live(site)["live"]["bridge"]["pid"])
    os.kill(pid, signal.SIGSTOP)
    try:
        call.presses("2")
        call.hears(
            "matter", 12
        )  # the bridge is frozen until the end: without the 4 s of patience it would never come
        call.presses("2").hears("promise").hears("reference-is").ended()
    finally:
        os.kill(pid, signal.SIGCONT)
    heard = call.heard()
    assert (heard.count("enter-number"), heard.count("read-back")) == (1, 1)
    left = capture_of(site, call)
    assert (left.number, left.source, left.matter, left.tier) == (number, "keyed", Matter.BILL, 2)
    assert calls_of(site, number) == 1
    assert number not in tier3_numbers(lab)


def test_with_a_dead_bridge_callers_are_taken_by_tier_2_and_above_its_limit_by_tier_3(
    lab: Lab, site: Site
) -> None:
    assert site.bridge is not None
    pid = int(live(site)["live"]["bridge"]["pid"])
    os.kill(pid, signal.SIGKILL)
    site.bridge.wait()
    lab.cli(f"database put holdfast beat {int(time.time()) - 60}")
    first = StoryCaller(lab, "13800000321").hears("message-fault").presses("1").hears("matter")
    second = StoryCaller(lab, "13800000331").hears("message-fault").presses("1").hears("matter")
    first.presses("1").hears("promise")
    second.presses("3").hears("promise")
    first.ended()
    second.ended()
    assert "13800000331" in tier3_numbers(lab)
    site.start_bridge()
    taken = [
        (one.matter, one.tier, one.promised) for one in (capture_of(site, first), capture_of(site, second))
    ]
    assert taken == [(Matter.FAULT, 2, True), (Matter.COMPLAINT, 3, True)]
    assert [calls_of(site, number) for number in ("13800000321", "13800000331")] == [1, 1]
