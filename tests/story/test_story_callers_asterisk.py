"""What callers do, and what becomes of it, with the whole bridge: danger, a message, an open promise, a notice, short lines."""

import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from bridge_site import book
from story_caller import StoryCaller, furnish
from story_site import install, mode, policy_text, prompts, scope, story_site, until

from callbacks.values import Asks, Capture, Matter, PromiseState
from lab import Lab
from lab.site import Site

pytestmark = pytest.mark.asterisk
ON_CALL, AWAY, ON_DUTY = "13900008111", "13900008124", "13900008131"  # the last digit: 1 presses 1, 4 is busy
ROLES = (
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
LINES = {
    name: {"endpoint": name, "dial": f"PJSIP/{{number}}@{name}", "channels": 5}
    for name in ("carrier-a", "carrier-b")
}
POLICY: dict[str, Any] = {
    "trunks": LINES,
    "danger": {"oncall": [AWAY, ON_CALL], "ring": "5s"},
    "alerts": {
        "send": True,
        "people": {
            "on duty": {"language": "en", "reaches": [{"call": ON_DUTY}]},
            "everybody else": {"language": "en", "reaches": [{"call": AWAY}]},
        },
        "roles": {**{role: ["everybody else"] for role in ROLES}, "duty": ["on duty"]},
    },
    "plans": [],  # which would tell everybody
    "restored": {"ways": ["call"], "per_minute": 60},
    "caller": {"dialogue": "adaptive", "regions": [{"id": "north", "key": "1"}], "ask_message": True},
    "lengths": {"short": 0.15, "express": 0.35, "message": 0.9, "hysteresis": 0.1},
    "prompts": {"region-north": {"zh-CN": "北区", "en": "the north"}},
}
NOBODY_ON_CALL = {"danger": {"oncall": [AWAY]}}
SECRET = "the secret of this site's calls"


@pytest.fixture(scope="module")
def site(lab: Lab) -> Iterator[Site]:
    folder = prompts(lab)
    for language in ("zh-CN", "en"):
        (folder / language / "region-north.wav").write_bytes((folder / language / "digit-1.wav").read_bytes())
    mine = furnish(lab)
    try:
        with story_site(lab, "callers", POLICY, HOLDFAST_AGI_SECRET=SECRET) as site:
            mode(site, "NORMAL")
            yield site
    finally:
        mine.unlink()
        lab.reload()


@pytest.fixture
def works(site: Site) -> None:
    """The scope is in order."""
    if scope(site)["effective"] != "NORMAL":
        over(site)


@pytest.fixture
def away(site: Site) -> None:
    """The scope is in OUTAGE, also for the tests after this one."""
    outage(site)


def outage(site: Site) -> None:
    if scope(site)["effective"] == "OUTAGE":
        return
    said = ("--why", "cable cut", "--for", "10min", "--who", "leader")
    site.run("override", "set", "power", "OUTAGE", *said)
    mode(site, "OUTAGE")


def over(site: Site) -> None:
    site.run("override", "end", "power", "--why", "mended", "--who", "leader")
    mode(site, "NORMAL", 20)


def rung(lab: Lab, number: str) -> list[str]:
    """What became of the calls to a number, the oldest first."""
    return [one.outcome for one in lab.carrier_log() if one.number == number]


def capture_of(site: Site, call: StoryCaller) -> Capture:
    def found() -> Capture | None:
        with book(site) as store:
            return store.capture(f"lab:{call.unique_id}")

    capture = until(found, "the call is in the book", 10)
    assert capture is not None
    return capture


# -- whoever is in danger


def test_danger_is_connected_to_whoever_on_call_presses_1_while_the_hotline_works(
    lab: Lab, site: Site, works: None
) -> None:
    """Two people talk; nothing is written down and nobody else is told."""
    call = StoryCaller(lab, "13800000211").hears("digit-8").presses("8").hears("danger-connecting")
    other = until(call.talks_to, "he talks to somebody", 15)
    assert other.startswith("PJSIP/carrier-")
    assert rung(lab, AWAY)[-1] == "busy"
    assert rung(lab, ON_CALL) == ["answered"]
    call.ended(15)
    time.sleep(1.5)  # the collector looks every second
    with book(site) as store:
        assert store.capture(f"lab:{call.unique_id}") is None
    assert rung(lab, ON_DUTY) == []


def test_danger_that_nobody_takes_is_told_to_the_duty_role_at_once_until_acknowledged(
    lab: Lab, site: Site, away: None
) -> None:
    site.policy_file.write_text(policy_text(POLICY, NOBODY_ON_CALL), encoding="utf-8")
    install(site)
    try:
        call = StoryCaller(lab, "13800000221").hears("digit-8").presses("8").hears("danger-noted")
        until(lambda: rung(lab, ON_DUTY) == ["answered"], "whoever is on duty is rung and answers", 20)
        until(lambda: site.status()["live"]["duty"]["open"] == 0, "he has taken it on", 20)
        assert capture_of(site, call).matter is Matter.DANGER
        assert rung(lab, ON_DUTY) == ["answered"]
    finally:
        site.policy_file.write_text(policy_text(POLICY), encoding="utf-8")
        install(site)


# -- a message, and an open promise (C3)


def reference_of(site: Site, number: str) -> str:
    with sqlite3.connect(f"file:{site.folder}/holdfast.db?mode=ro", uri=True) as rows:
        found = rows.execute("SELECT reference FROM capture WHERE number = ? AND asks = ''", (number,))
        return str(found.fetchone()[0])


def state_of(site: Site, number: str) -> PromiseState:
    with book(site) as store:
        (promise,) = [one for one in store.promises(50, *PromiseState) if one.number == number]
    return promise.state


def test_a_caller_leaves_a_message_rings_again_cancels_and_undoes_with_his_reference(
    lab: Lab, site: Site, away: None
) -> None:
    number = "13800000231"
    call = (
        StoryCaller(lab, number, talks=True).hears("message-fault").presses("1").hears("matter").presses("2")
    )
    call.hears("region-intro").presses("1").hears("ask-message").presses("1").hears("leave-message")
    time.sleep(1.8)
    call.presses("#").hears("message-kept").hears("promise").hears("reference-is").ended()
    left = capture_of(site, call)
    assert (left.number, left.region, left.matter, left.promised) == (number, "north", Matter.BILL, True)
    file = Path(site.folder) / "recordings" / left.recording
    assert file.read_bytes()[:4] == b"RIFF"
    assert file.stat().st_size > 16_000  # a second of it

    call = StoryCaller(lab, number).hears("message-fault").presses("3").hears("more-menu").presses("1")
    call.hears("open-promise").hears("enter-reference").presses(reference_of(site, number))
    call.hears("promise-state-open").hears("promise-menu").presses("3").hears("promise-cancelled").hears(
        "undo"
    )
    until(lambda: state_of(site, number) is PromiseState.CANCELLED, "it is cancelled", 5)
    call.presses("1").hears("promise-restored").ended()
    until(lambda: state_of(site, number) is PromiseState.OPEN, "and it stands again", 5)
    with book(site) as store:
        (promise,) = [one for one in store.promises(50, *PromiseState) if one.number == number]
        kept = [one.asks for one in store.captures_of(promise.id)]
    assert kept.count(Asks.CALL) == 1
    assert {Asks.CANCEL, Asks.UNDO} <= set(kept)


# -- short lines (A8)


def line_of(lab: Lab, number: str) -> str:
    """The channel of a carrier's call from this number."""
    rows = [line.split("!") for line in lab.cli("core show channels concise").splitlines()]
    return next((row[0] for row in rows if row[0].startswith("PJSIP/carrier") and row[7] == number), "")


def test_the_fewer_lines_are_free_the_less_a_new_caller_is_asked_and_back(
    lab: Lab, site: Site, away: None
) -> None:
    held: list[str] = []

    def hold(count: int) -> None:
        while len(held) < count:
            lab.call(number := f"138000009{len(held)}1", did="9903")
            held.append(until(partial(line_of, lab, number), "the line is in use"))
        while len(held) > count:
            lab.action(Action="Hangup", Channel=held.pop())

    def length_is(word: str) -> Callable[[], bool]:
        return lambda: word in lab.cli("database get holdfast length")

    try:
        hold(4)
        until(length_is("express"), "four of ten lines are in use")
        call = StoryCaller(lab, "13800000251").hears("message-fault").hears("offer-short").presses("1")
        call.ended()
        assert any(one.startswith("promise") for one in call.heard())
        assert not {"matter", "reference-is", "more"} & set(call.heard())
        hold(3)
        time.sleep(1.5)
        assert length_is("express")(), "it does not flutter"
        hold(2)
        until(length_is("short"), "two are left")
        hold(0)
        until(length_is("full"), "all are free")
        call = StoryCaller(lab, "13800000251").hears("message-fault").hears("offer").hears("more").hang_up()
    finally:
        hold(0)


# -- who may speak to us


def test_a_stranger_on_the_port_of_calls_is_not_served_and_our_own_calls_are(
    lab: Lab, site: Site, away: None
) -> None:
    for mac in ("", f"agi_arg_2: mac={'0' * 40}\n"):
        with socket.create_connection((lab.agi_host, lab.agi_port), 5) as stranger:
            stranger.settimeout(5)
            stranger.sendall(f"agi_network: yes\nagi_uniqueid: 1.1\nagi_arg_1: scope=power\n{mac}\n".encode())
            assert stranger.recv(100) == b""
    call = StoryCaller(lab, "13800000261").hears("message-fault").presses("1").hears("matter").hang_up()
    assert "tier1" in text_of(lab, call.since)
    assert capture_of(site, call).number == "13800000261"
    assert not site.log_lines("a call without the right MAC was served")


# -- told that it is over


def test_who_asked_for_it_hears_once_that_it_is_over_and_never_again(lab: Lab, site: Site) -> None:
    number = "13800000241"
    outage(site)
    until(
        lambda: site.status()["live"]["duty"]["open"] == 0,
        "nobody on duty is rung any more, which takes lines",
        40,
    )
    until(lambda: "full" in lab.cli("database get holdfast length"), "all lines are free", 20)
    StoryCaller(lab, number).hears("message-fault").presses("3").hears("more-menu").presses("3").hears(
        "notice-kept"
    ).ended()
    since = lab.log.stat().st_size
    over(site)
    until(lambda: rung(lab, number) == ["answered"], "he is told", 30)
    until(lambda: "notice-restored" in text_of(lab, since), "he hears it")
    outage(site)
    over(site)
    time.sleep(3)
    assert len(rung(lab, number)) == 1


def text_of(lab: Lab, since: int) -> str:
    with lab.log.open("rb") as log:
        log.seek(since)
        return log.read().decode(errors="replace")
