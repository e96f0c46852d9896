"""The guarded contexts of outgoing calls, on real Asterisks: nobody is rung twice, and every attempt ends."""

import time

import pytest
from hotline import Hotline

pytestmark = pytest.mark.asterisk

AGENT_WHO_STAYS, AGENT_WHO_LEAVES = "1", "2"


def originate(
    hotline: Hotline,
    key: str,
    number: str = "138000000001",
    agent: str = "1@test-agent",
    **variables: str,
) -> None:
    """Sends what the bridge sends: the agent's leg into the queue, the caller's leg behind it."""
    given = {
        "HF_ATTEMPT": key,
        "HF_NUMBER": number,
        "HF_SCOPE": "power",
        "HF_QUEUE": "power",
        "HF_DIAL": f"Local/{number}@test-carrier/n",
        "HF_FENCE": "5",
        "HF_NOT_AFTER": str(int(time.time()) + 20),
        "HF_RING": "2",
    } | variables
    direct = given.get("HF_DIRECT") == "1"
    hotline.events.act(
        Action="Originate",
        Channel=f"Local/{agent}/n" if direct else f"Local/{key}@holdfast-queue/n",
        Context="holdfast-dial",
        Exten=key,
        Priority="1",
        Async="true",
        Timeout="30000",
        CallerID=number,
        Variable=",".join(f"{name}={value}" for name, value in given.items()),
    )


def stage(hotline: Hotline, key: str, wanted: str, timeout: float = 12) -> list[str]:
    """The stage of an attempt once it is the wanted one, or what it was at last."""
    end = time.monotonic() + timeout
    while True:
        found = hotline.get("holdfast-attempt", key).split(",")
        if found[0] == wanted or time.monotonic() > end:
            return found
        time.sleep(0.05)


def rang(hotline: Hotline, number: str) -> str:
    return hotline.get("rang", number) or "0"


def ready(hotline: Hotline, agent: str = AGENT_WHO_STAYS) -> None:
    hotline.put("holdfast", "fence", "5")
    hotline.sign_in(agent)


def hang_up_all(hotline: Hotline) -> None:
    hotline.lab.cli("channel request hangup all")
    time.sleep(0.3)


@pytest.mark.parametrize(
    ("number", "status", "talked"), [("138000000002", "ANSWER", True), ("138000000004", "BUSY", False)]
)
def test_an_attempt_goes_from_queue_to_dial_to_its_end(
    either: Hotline, number: str, status: str, talked: bool
) -> None:
    ready(either)
    originate(either, "a1", number)
    ended = stage(either, "a1", "end")
    assert ended[:2] == ["end", status]
    assert (int(ended[2]) >= 1) is talked
    assert abs(int(ended[3]) - time.time()) < 5
    assert ended[4] == ("16" if talked else "17")
    assert rang(either, number) == "1"
    hang_up_all(either)


def test_a_caller_who_does_not_answer_ends_the_attempt_after_the_ring_time(either: Hotline) -> None:
    ready(either)
    originate(either, "a1", "138000000005")
    assert stage(either, "a1", "end")[:3] == ["end", "NOANSWER", "0"]
    hang_up_all(either)


def test_an_agent_who_hangs_up_first_ends_the_attempt(either: Hotline) -> None:
    ready(either, AGENT_WHO_LEAVES)
    originate(either, "a1", "138000000001")
    ended = stage(either, "a1", "end")
    assert ended[:2] == ["end", "ANSWER"]
    hang_up_all(either)


def test_an_agent_who_hangs_up_while_it_rings_cancels(hotline: Hotline) -> None:
    ready(hotline, AGENT_WHO_LEAVES)
    originate(hotline, "a1", "138000000005", HF_RING="20")
    assert stage(hotline, "a1", "end")[:3] == ["end", "CANCEL", "0"]
    hang_up_all(hotline)


def test_a_queue_without_an_agent_ends_the_attempt_and_rings_nobody(either: Hotline) -> None:
    either.put("holdfast", "fence", "5")
    originate(either, "a1")
    ended = stage(either, "a1", "end")
    assert (ended[:3], ended[4]) == (["end", "NOAGENT", "0"], "0")
    assert rang(either, "138000000001") == "0"


def test_a_replayed_originate_rings_nobody(either: Hotline) -> None:
    ready(either)
    originate(either, "a1", "138000000002")
    first = stage(either, "a1", "end")
    hang_up_all(either)
    originate(either, "a1", "138000000002")
    time.sleep(2)
    assert stage(either, "a1", "end") == first
    assert rang(either, "138000000002") == "1"


def test_two_of_the_same_at_once_ring_once(hotline: Hotline) -> None:
    ready(hotline)
    originate(hotline, "a1", "138000000002")
    originate(hotline, "a1", "138000000002")
    assert stage(hotline, "a1", "end")[0] == "end"
    time.sleep(1)
    assert rang(hotline, "138000000002") == "1"
    hang_up_all(hotline)


@pytest.mark.parametrize("fault", [{"HF_FENCE": "4"}, {"HF_FENCE": ""}, {"HF_NOT_AFTER": "1000"}])
def test_a_stale_token_and_a_late_originate_are_refused_and_leave_no_trace(
    either: Hotline, fault: dict[str, str]
) -> None:
    ready(either)
    originate(either, "a1", **fault)
    time.sleep(2)
    assert either.get("holdfast-attempt", "a1") == ""
    assert rang(either, "138000000001") == "0"


def test_the_dial_leg_alone_is_refused(hotline: Hotline) -> None:
    ready(hotline)
    hotline.events.act(
        Action="Originate",
        Channel="Local/1@test-agent/n",
        Context="holdfast-dial",
        Exten="a1",
        Priority="1",
        Async="true",
        Variable="HF_FENCE=5,HF_NOT_AFTER=9999999999,HF_DIAL=Local/138000000001@test-carrier/n",
    )
    time.sleep(1)
    assert rang(hotline, "138000000001") == "0"
    assert hotline.get("holdfast-attempt", "a1") == ""


def test_another_bridge_taking_over_while_the_agent_is_waited_for_ends_the_attempt(hotline: Hotline) -> None:
    ready(hotline)
    hotline.lab.cli("queue pause member Local/1@test-agent queue power")
    originate(hotline, "a1")
    assert stage(hotline, "a1", "queue")[0] == "queue"
    hotline.put("holdfast", "fence", "6")
    hotline.lab.cli("queue unpause member Local/1@test-agent queue power")
    assert stage(hotline, "a1", "end")[:3] == ["end", "STALE", "0"]
    assert rang(hotline, "138000000001") == "0"


def test_an_agents_own_claim_goes_straight_to_the_dial_leg_once(either: Hotline) -> None:
    either.put("holdfast", "fence", "5")
    originate(either, "a1", "138000000002", HF_DIRECT="1")
    assert stage(either, "a1", "end")[:2] == ["end", "ANSWER"]
    originate(either, "a1", "138000000002", HF_DIRECT="1")
    time.sleep(1.5)
    assert rang(either, "138000000002") == "1"
    assert either.get("holdfast-attempt", "h") == ""  # the end of a call is no attempt
    hang_up_all(either)


def test_an_agent_who_does_not_take_his_own_claim_leaves_the_caller_alone(either: Hotline) -> None:
    """Asterisk runs the extension "failed" of the context when the first leg is not answered."""
    either.put("holdfast", "fence", "5")
    originate(either, "a1", "138000000002", agent="busy@test-person", HF_DIRECT="1")
    time.sleep(1)
    assert rang(either, "138000000002") == "0"
    assert [either.get("holdfast-attempt", key) for key in ("a1", "failed")] == ["", ""]


def test_stars_and_hashes_of_a_dial_template_reach_the_carrier(either: Hotline) -> None:
    either.put("holdfast", "fence", "5")
    originate(either, "a1", "9*31#138002", HF_DIRECT="1")
    assert stage(either, "a1", "end")[:2] == ["end", "ANSWER"]
    assert rang(either, "9*31#138002") == "1"
    hang_up_all(either)


def test_a_callback_waits_behind_callers_who_came_later(hotline: Hotline) -> None:
    hotline.put("holdfast", "fence", "5")
    hotline.flag("pass")
    hotline.sign_in()
    hotline.lab.cli("queue pause member Local/1@test-agent queue power")
    originate(hotline, "a1")
    assert stage(hotline, "a1", "queue")[0] == "queue"
    caller = hotline.call().runs("Queue")
    time.sleep(0.3)
    waiting = [line for line in hotline.lab.cli("queue show power").splitlines() if "prio:" in line]
    assert [line.split("prio: ")[1].rstrip(")") for line in waiting] == ["0", "-10"]
    assert "from-carrier" in waiting[0]
    caller.hang_up()
    assert stage(hotline, "a1", "end")[1] == "NOAGENT"
