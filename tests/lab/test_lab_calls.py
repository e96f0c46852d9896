"""What carriers, agents and callers of the lab do, on a real Asterisk."""

import time
from collections import Counter

import pytest

from lab import Lab

pytestmark = pytest.mark.asterisk

DIAL_STATUS = {  # last digit of the number → (what Asterisk says, what the carrier says)
    "1": ("ANSWER", "answered"),
    "2": ("ANSWER", "silent"),
    "3": ("ANSWER", "voicemail"),
    "4": ("BUSY", "busy"),
    "5": ("NOANSWER", "cancelled"),
    "6": ("CONGESTION", "congested"),
    "7": ("CHANUNAVAIL", "rejected"),
    "8": ("ANSWER", "answered"),
}


def kept(lab: Lab, key: str, timeout: float = 15.0) -> str:
    """What a probe extension left in AstDB; waits for it."""
    end = time.monotonic() + timeout
    while (said := lab.cli(f"database get lab {key}")).startswith("Database entry not found"):
        assert time.monotonic() < end, f"nothing under lab/{key}"
        time.sleep(0.1)
    return said.removeprefix("Value: ").strip()


def dial_every_suffix(lab: Lab, carrier: str, stem: str) -> None:
    for suffix in DIAL_STATUS:
        begun = lab.action(
            Action="Originate",
            Channel=f"Local/{stem}{suffix}@lab-dial/n",
            Application="Wait",
            Data="8",
            Async="true",
            Variable=f"LAB_CARRIER={carrier}",
        )
        assert begun["Response"] == "Success"


def check_every_suffix(lab: Lab, carrier: str, stem: str) -> None:
    dial_every_suffix(lab, carrier, stem)
    for suffix, (status, _) in DIAL_STATUS.items():
        assert kept(lab, f"dialled-{stem}{suffix}") == status, suffix
    assert kept(lab, f"pressed-{stem}1") == "1"
    assert kept(lab, f"pressed-{stem}2") == ""
    seen = [call for call in lab.carrier_log() if call.number.startswith(stem)]
    assert {call.number[-1]: call.outcome for call in seen} == {s: o for s, (_, o) in DIAL_STATUS.items()}
    assert {call.carrier for call in seen} == {carrier}
    assert len(seen) == len(DIAL_STATUS)


def test_the_last_digit_of_a_called_number_decides_its_outcome(lab: Lab) -> None:
    check_every_suffix(lab, "a", "1390001000")


def test_the_other_carrier_and_asterisk_16_do_the_same(lab16: Lab) -> None:
    assert lab16.asterisk_version.startswith("16.")
    check_every_suffix(lab16, "b", "1390002000")


@pytest.mark.parametrize("which", ["lab", "lab16"])
def test_a_caller_reaches_an_agent_through_the_queue(which: str, request: pytest.FixtureRequest) -> None:
    lab: Lab = request.getfixturevalue(which)
    result = lab.call("13800010001", carrier="b", hangup_after=1.0).result()
    assert result.answered
    assert result.ended_by == "us"
    assert result.seconds == pytest.approx(1.0, abs=0.5)
    rang = [call for call in lab.agent_log() if call.caller_id == "13800010001"]
    assert [call.outcome for call in rang] == ["answered"]


@pytest.mark.parametrize("which", ["lab", "lab16"])
def test_keyed_digits_arrive_whole_and_in_order(which: str, request: pytest.FixtureRequest) -> None:
    lab: Lab = request.getfixturevalue(which)
    result = lab.call(
        "13800010002", did="9901", keys=[(0.3, "13912345678"), (3.0, "*09"), (4.0, "#")]
    ).result()
    assert result.ended_by == "them"
    assert kept(lab, "digits-13800010002") == "13912345678*09"


def test_a_caller_hears_what_is_played_and_nothing_while_nothing_is(lab: Lab) -> None:
    speech = lab.call("13800010003", did="9902", hangup_after=2.0)
    silence = lab.call("13800010004", did="9903", hangup_after=2.0)
    heard = speech.result()
    assert heard.audio_packets is not None
    assert heard.audio_packets > 20
    assert heard.first_audio is not None
    assert heard.first_audio < 2.0
    assert silence.result().audio_packets == 0


def test_a_caller_who_gives_up_before_the_answer_cancels(lab: Lab) -> None:
    result = lab.call("13800010005", give_up_after=0.2).result()
    assert (result.outcome, result.answered) == ("cancelled", False)


def test_a_number_that_the_hotline_does_not_have_is_refused_with_its_code(lab: Lab) -> None:
    result = lab.call("13800010006", did="7777").result()
    assert (result.outcome, result.sip_code) == ("refused", 404)


def test_a_withheld_caller_id_reaches_the_agent_as_anonymous(lab: Lab) -> None:
    before = len(lab.agent_log())
    lab.call("13800010007", withheld=True, hangup_after=0.5).result()
    assert [call.caller_id for call in lab.agent_log()[before:]] == ["anonymous"]


def test_a_load_places_each_call_once_and_loses_no_digit(lab: Lab) -> None:
    callers = [f"1370001{number:04d}" for number in range(60)]
    load = lab.load(callers, rate=30, did="9901", keys=[(0.3, "1234#")], carrier="b")
    results = load.results()
    assert Counter(result.caller_id for result in results) == Counter(callers)
    assert {result.outcome for result in results} == {"answered"}
    kept_digits = lab.cli("database show lab")
    assert sum("/lab/digits-1370001" in line and ": 1234 " in line for line in kept_digits.splitlines()) == 60
