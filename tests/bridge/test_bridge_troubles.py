"""The bridge beside a real Asterisk on its bad days: what it says, and that callers are kept all the same."""

import os
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from bridge_site import OWN_NUMBER, book, bridge, forget, scope, site, tier3_numbers, until

from lab import Lab
from lab.site import Site

pytestmark = [pytest.mark.asterisk, pytest.mark.slow]


@pytest.fixture(scope="module")
def place(lab: Lab) -> Iterator[Site]:
    """One installed site for the tests of this file."""
    with site(lab, "troubles") as one:
        yield one


def capture_flag(lab: Lab, beat_age: int) -> None:
    """The flag of an outage, and a beat so many seconds old."""
    lab.action(Action="DBPut", Family="holdfast-scope", Key="power", Val="capture,OUTAGE,fault,,INC-1")
    lab.action(Action="DBPut", Family="holdfast", Key="beat", Val=str(int(time.time()) - beat_age))


def in_the_book(place: Site, number: str) -> list[int]:
    """Tiers of the captures of a number."""
    with book(place) as store:
        found = [one for one in store.promises(1000) if one.number == number] or [
            one for one in store.open_promises(1000) if one.number == number
        ]
        return [capture.tier for one in found for capture in store.captures_of(one.id)]


def log_end(place: Site) -> int:
    """Where the log of the next run begins."""
    return place.bridge_log.stat().st_size if place.bridge_log.exists() else 0


def by_hand(place: Site) -> None:
    """OUTAGE, set by a person, and in Asterisk."""
    place.run("override", "set", "power", "OUTAGE", "--for", "10min", "--why", "a test", "--who", "li")
    until(lambda: scope(place).get("action") == "capture" and scope(place)["flag_written"], "the flag")


def test_a_refused_login_is_said_once_with_account_and_remedy_and_callers_are_kept(
    lab: Lab, place: Site
) -> None:
    forget(lab)
    capture_flag(lab, beat_age=30)
    with bridge(place, wait=False, HOLDFAST_AMI_SECRET="wrong", HOLDFAST_LOG_LEVEL="debug"):
        said = place.wait_log("ami.cannot_connect")
        for part in ("'holdfast'", str(lab.ami_port), "secret", "manager.conf"):
            assert part in said["reason"]
        call = lab.call("13900031001", carrier="b", keys=OWN_NUMBER, hangup_after=6.0)
        until(lambda: "13900031001" in tier3_numbers(lab), "a line of tier 3")
        assert call.result(30).answered
        until(lambda: place.log_lines("ami.still_down"), "another try")
        assert len(place.log_lines("ami.cannot_connect")) == 1
        assert not place.log_lines("ready")
        until(lambda: in_the_book(place, "13900031001") == [3], "the line in the book, without any link")


def test_an_asterisk_that_is_gone_at_the_start_is_said_and_waited_for(lab: Lab, place: Site) -> None:
    begun = log_end(place)
    lab.cut("asterisk")
    try:
        with bridge(place, wait=False):
            said = place.wait_log("ami.cannot_connect", since=begun)
            assert "is Asterisk running" in said["reason"]
            assert place.bridge is not None
            assert place.bridge.poll() is None
            lab.restore("asterisk")
            place.wait_log("ready", since=begun)
            until(lambda: scope(place).get("flag_written"), "the flag in the new Asterisk")
    finally:
        lab.restore("asterisk")


def test_a_missing_prompt_is_named_and_costs_no_caller(lab: Lab, place: Site, tmp_path: Path) -> None:
    """The dialogue that cannot speak leaves the call to the dial plan, which goes on from what is known."""
    built = Path(place.environment["HOLDFAST_PROMPTS_DIR"])
    folder = tmp_path / "prompts"
    shutil.copytree(built, folder, copy_function=os.symlink)
    (gone,) = (folder / "zh-CN").glob("matter.*")
    gone.unlink()
    begun = log_end(place)
    with bridge(place, HOLDFAST_PROMPTS_DIR=str(folder)):
        place.wait_log("prompts", since=begun)
        problems = [line["problem"] for line in place.log_lines("prompt", since=begun)]
        assert [str(gone.with_suffix("")) in one or gone.name in one for one in problems] == [True]
        by_hand(place)
        call = lab.call("13900032001", carrier="b", keys=OWN_NUMBER)
        assert call.result(60).answered
        assert until(lambda: in_the_book(place, "13900032001"), "the capture") == [3]
        place.run("override", "end", "power", "--who", "li")


def test_strangers_on_the_agi_port_keep_no_caller_from_being_kept(lab: Lab, place: Site) -> None:
    where = (lab.agi_host, lab.agi_port)
    with bridge(place), ExitStack() as strangers:
        by_hand(place)
        for _ in range(200):
            strangers.enter_context(socket.create_connection(where, 5))
        call = lab.call("13900033001", carrier="b", keys=((2.5, "1"), (6.0, "1")))
        for size in (1, 10, 1000, 100_000) * 5:
            # thrown out while it talks: just right
            with socket.create_connection(where, 5) as noise, suppress(OSError):
                noise.sendall(os.urandom(size))
            socket.create_connection(where, 5).close()
        assert call.result(60).answered
        assert until(lambda: in_the_book(place, "13900033001"), "the capture") == [1]
        assert place.bridge is not None
        assert place.bridge.poll() is None
        place.run("override", "end", "power", "--who", "li")


@pytest.mark.root  # dropping packets needs root and nft
def test_losing_our_link_alone_changes_no_mode_and_the_next_picture_decides(lab: Lab, place: Site) -> None:
    """A7: what we do not see is UNKNOWN, and no reason to switch."""
    with bridge(place):
        until(
            lambda: scope(place).get("effective") == "NORMAL" and scope(place)["callbacks_allowed"], "NORMAL"
        )
        try:
            lab.cut("manager")
            until(lambda: place.status()["live"]["bridge"]["link"] != "up", "the loss is noticed", 40)
            until(
                lambda: {one["health"] for one in place.status()["live"]["trunks"]} == {"UNKNOWN"}, "UNKNOWN"
            )
            now = scope(place)
            assert (now["effective"], now["action"], now["callbacks_allowed"]) == ("NORMAL", "pass", False)
            lab.cut("agents")
            time.sleep(3)
            assert scope(place)["effective"] == "NORMAL"
            lab.restore("manager")
            until(lambda: scope(place)["effective"] == "OUTAGE" and scope(place)["flag_written"], "OUTAGE")
        finally:
            lab.restore("manager")
            lab.restore("agents")
        until(lambda: scope(place)["effective"] == "NORMAL", "NORMAL again")
