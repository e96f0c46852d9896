"""Requirement G on a real Asterisk: what becomes of calls stands in the raw records, and the measures follow from them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from holding_phone import HoldingPhone
from story_site import mode, pause_agents, story_site, until

from callbacks.measures import AgentState, CallEnd, CallRecord, Transfer
from callbacks.values import Capture, Matter, NumberSource
from lab import Lab
from lab.site import Site
from store import Store

pytestmark = pytest.mark.asterisk
SECONDS = {"measures": {"answer_in": "2s", "short_abandon": "2s"}}
PHONE = "PJSIP/holder"
HOLDER = """
[holder]
type = endpoint
transport = udp
context = from-agent
disallow = all
allow = ulaw
direct_media = no
aors = holder
identify_by = ip
device_state_busy_at = 1

[holder]
type = aor
contact = sip:{address}:5060

[holder]
type = identify
endpoint = holder
match = {address}
"""


@contextmanager
def furnished(lab: Lab) -> Iterator[HoldingPhone]:
    """A phone that can hold, and a queue that tries the next agent after two seconds."""
    address = f"{lab.ami_host.rpartition('.')[0]}.201"
    files = {
        lab.holdfast_conf_dir / "pjsip_holder.conf": HOLDER.format(address=address),
        lab.holdfast_conf_dir / "queues_measures.conf": "[power](+)\ntimeout = 2\n",
    }
    for file, text in files.items():
        file.write_text(text)
    lab.reload()
    try:
        with HoldingPhone(address) as phone:
            yield phone
    finally:
        lab.cli(f"queue remove member {PHONE} from power")
        for file in files:
            file.unlink()
        lab.reload()
        pause_agents(lab, paused=False)


def records(site: Site) -> list[CallRecord]:
    with Store(f"sqlite:///{site.folder}/holdfast.db") as store:
        now = datetime.now(UTC)
        return store.calls_between(now - timedelta(minutes=10), now)


def of(site: Site, callback: bool, *ends: CallEnd) -> list[CallRecord]:
    return [one for one in records(site) if bool(one.callback) is callback and one.end in ends]


def abandons(lab: Lab, site: Site) -> None:
    """One caller gives up at once, one after a while; nobody is free."""
    pause_agents(lab)
    calls = [lab.call(f"1380000007{seconds}", carrier="b", give_up_after=seconds) for seconds in (1, 4)]
    for call in calls:
        call.result()
    until(lambda: len(of(site, False, CallEnd.ABANDONED)) == 2, "both have abandoned")
    short, long = sorted(one.wait or 0.0 for one in of(site, False, CallEnd.ABANDONED))
    assert 0.5 < short < 2.0 < long < 6.0


def rings_in_vain_and_holds(lab: Lab, site: Site, phone: HoldingPhone) -> None:
    """The first ring is not answered; then the agent takes the call and puts the caller on hold for a second."""
    lab.cli(f"queue add member {PHONE} to power")
    call = lab.call("13800000081", carrier="b", hangup_after=3)
    until(lambda: phone.given_up, "it rings in vain")
    phone.answers = True
    call.result()
    until(lambda: len(of(site, False, CallEnd.ANSWERED)) == 1, "he was answered")
    (answered,) = of(site, False, CallEnd.ANSWERED)
    assert (answered.agent, answered.cut) == (PHONE, False)
    assert answered.rang_after is not None
    assert answered.rang_after < 1.0
    assert answered.wait is not None
    assert answered.wait > 2.0, "two seconds in vain"
    assert 0.7 < answered.hold < 1.6, "the hold is known"
    assert answered.talk is not None
    assert 1.0 < answered.talk < 3.2, "talk is without it"
    lab.cli(f"queue remove member {PHONE} from power")


def is_passed_on(lab: Lab, site: Site) -> None:
    """An agent passes his caller on."""
    pause_agents(lab, paused=False)
    call = lab.call("13800000091", carrier="b", hangup_after=4)
    rows = until(lambda: of(site, False, CallEnd.TALKING), "an agent talks")
    lines = [line.split("!") for line in lab.cli("core show channels concise").splitlines()]
    channel = next(line[0] for line in lines if line[0].startswith(rows[0].agent + "-"))
    said = lab.action(Action="BlindTransfer", Channel=channel, Context="lab-probes", Exten="9903")
    assert said["Response"] == "Success", said
    call.result()
    until(lambda: len(of(site, False, CallEnd.ANSWERED)) == 2, "he was answered")
    assert [one.transfer for one in of(site, False, CallEnd.ANSWERED)] == [Transfer.NONE, Transfer.BLIND]


def is_called_back(site: Site) -> None:
    """A promise is kept: its call through the queue is none of a caller."""
    now = datetime.now(UTC)
    capture = Capture(
        "test:1",
        now,
        "power",
        "13900000001",
        "13900000001",
        NumberSource.OWN,
        Matter.FAULT,
        "en",
        1,
        True,
        True,
    )
    with Store(f"sqlite:///{site.folder}/holdfast.db") as store:
        store.import_captures([capture], "test", 1, now)
    until(lambda: of(site, True, CallEnd.ANSWERED), "the callback was taken by an agent", 25)


def test_calls_of_the_queue_become_records_and_measures(lab: Lab) -> None:
    """G: answered, abandoned short and long, rung in vain, held, passed on, called back."""
    with story_site(lab, "measures", SECONDS) as site:
        mode(site, "NORMAL")
        with furnished(lab) as phone:
            abandons(lab, site)
            rings_in_vain_and_holds(lab, site, phone)
            is_passed_on(lab, site)
            is_called_back(site)
        told = json.loads(site.run("measures", "--json"))
        whole = told["whole"]
        counted = [whole[name] for name in ("total", "answered", "answered_share", "missed")]
        assert counted == [4, 2, 0.5, 1]
        # answered in 2 s: one of two; abandoned in 2 s: one of two → 1 ÷ (2 + 2 − 1)
        assert whole["service_level"] == pytest.approx(1 / 3)
        # short abandons left out: (2 − 1) ÷ (4 − 1)
        assert whole["abandonment"] == pytest.approx(1 / 3)
        assert whole["transfer_share"] == 0.5
        assert whole["promises"] == 1
        assert whole["hold"] == pytest.approx(0.5, abs=0.3)
        assert told["sums"]["callbacks_taken"] == 1
        assert 0 < whole["occupancy"] < 1
        with Store(f"sqlite:///{site.folder}/holdfast.db") as store:
            now = datetime.now(UTC)
            states = {one.state for one in store.spans_between(now - timedelta(minutes=10), now)}
        assert {
            AgentState.PAUSED,
            AgentState.IDLE,
            AgentState.CALL,
            AgentState.MISSED,
            AgentState.SEEN,
        } <= states
