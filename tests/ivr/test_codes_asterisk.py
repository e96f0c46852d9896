"""Phone codes on real Asterisks: an evacuation needs no bridge, the PIN stays out of the log, and guessing is locked out."""

import time

import pytest
from hotline import PIN, Hotline

from ami_bridge.codes import CodeKeyed, keyed, pending
from config.asterisk import codes_for

pytestmark = pytest.mark.asterisk
CODE = {one.mode: one.code for one in codes_for(["power"])}
FLAG = ("holdfast-scope", "power")


def told(hotline: Hotline, since: int) -> CodeKeyed | None:
    at = hotline.events.wait(lambda e: e.get("Event") == "UserEvent", since, 5)
    return None if at is None else keyed(hotline.events.seen[at])


def lamp(hotline: Hotline) -> str:
    said = hotline.events.act(Action="Getvar", Variable="DEVICE_STATE(Custom:holdfast-power)")
    return said.get("Value", "")


def test_an_evacuation_holds_before_any_bridge_has_answered_and_the_pin_is_in_no_log(either: Hotline) -> None:
    """A6."""
    either.beat(600)
    either.sign_in()
    since = len(either.events.seen)
    call = either.phone(CODE["EVACUATED"]).runs("TryExec").keys(f"{PIN}#").runs("Wait")
    assert either.get(*FLAG) == "evacuate,EVACUATED,evacuation,,"
    assert lamp(either) == "INUSE"
    event = told(either, since)
    assert event is not None
    assert (event.scope, event.mode, event.who) == ("power", "EVACUATED", "extension 8001")
    call.runs("Playback", "code-alone").ended()
    kept = pending("power", either.get("holdfast-code", "power"))
    assert kept is not None
    assert kept.mode == "EVACUATED"
    assert PIN not in either.lab.log.read_text()
    digits = [e for e in either.events.seen[since:] if not e.get("Event", "").startswith("DTMF")]
    assert not [e for e in digits if PIN in str(e)]
    caller = either.call().runs("Read", "message-evacuation")
    assert not caller.ran("Queue")
    caller.hang_up()


def test_a_bridge_that_takes_a_code_over_is_heard_as_done(hotline: Hotline) -> None:
    since = len(hotline.events.seen)
    call = hotline.phone(CODE["OUTAGE"]).runs("TryExec").keys(f"{PIN}#").runs("Wait")
    event = told(hotline, since)
    assert event is not None
    assert (event.mode, event.scope) == ("OUTAGE", "power")
    hotline.events.act(Action="DBDel", Family="holdfast-code", Key="power")
    call.runs("Playback", "code-done", timeout=3).ended()
    assert hotline.get(*FLAG) == ""  # the flag is the bridge's to write


def test_what_only_a_bridge_can_do_is_dropped_without_one_and_said_so(hotline: Hotline) -> None:
    hotline.beat(600)
    call = hotline.phone(CODE["DEGRADED"]).runs("TryExec").keys(f"{PIN}#")
    call.runs("Playback", "code-failed").ended()
    assert hotline.get("holdfast-code", "power") == hotline.get(*FLAG) == ""


def test_who_hangs_up_after_the_pin_has_evacuated_and_the_bridge_finds_it_on_its_return(
    hotline: Hotline,
) -> None:
    hotline.beat(0)
    hotline.phone(CODE["EVACUATED"]).runs("TryExec").keys(f"{PIN}#").runs("Wait").hang_up()
    assert hotline.get(*FLAG).startswith("evacuate,")
    assert hotline.get("holdfast-code", "power").startswith("EVACUATED,8001,")


def test_an_evacuation_is_ended_by_code_also_without_a_bridge(hotline: Hotline) -> None:
    hotline.beat(600)
    hotline.flag("evacuate", mode="EVACUATED", message="evacuation")
    hotline.phone(CODE["END"]).runs("TryExec").keys(f"{PIN}#").runs("Playback", "code-alone").ended()
    assert hotline.get(*FLAG) == ""
    assert lamp(hotline) == "NOT_INUSE"
    assert hotline.get("holdfast-code", "power").startswith("END,8001,")


def test_off_and_on_need_nobody(hotline: Hotline) -> None:
    hotline.phone(CODE["OFF"]).runs("TryExec").keys(f"{PIN}#").runs("Playback", "code-done").ended()
    assert hotline.get("holdfast", "off") == "1"
    hotline.phone(CODE["ON"]).runs("TryExec").keys(f"{PIN}#").runs("Playback", "code-done").ended()
    assert hotline.get("holdfast", "off") == ""


def test_three_wrong_pins_lock_this_phone_for_a_time_and_hanging_up_is_one_failure(hotline: Hotline) -> None:
    call = hotline.phone(CODE["EVACUATED"]).runs("TryExec")
    for wrong in ("111111#", "222222#", "333333#"):
        call.keys(wrong)
        time.sleep(0.2)
    call.runs("Playback", "code-locked").ended()
    locked = hotline.phone(CODE["EVACUATED"]).runs("Playback", "code-locked").ended()
    assert not locked.ran("TryExec")
    hotline.phone(CODE["OFF"], "8002").runs("TryExec").hang_up()
    assert hotline.get(*FLAG) == ""
    count, since = hotline.get("holdfast-lock", "phone-8001").split(",")
    assert count == "3"
    hotline.put("holdfast-lock", "phone-8001", f"3,{int(since) - 601}")
    hotline.phone(CODE["OFF"]).runs("TryExec").hang_up()
    time.sleep(0.3)
    assert hotline.get("holdfast-lock", "phone-8001").split(",")[0] == "1"


def test_who_waits_is_brought_to_the_phrase_by_the_code_itself_and_who_talks_talks_on(
    either: Hotline,
) -> None:
    """A6."""
    either.beat(60)
    either.flag("pass")
    either.sign_in()
    talking = either.call("13912340001").runs("Queue")
    time.sleep(1)
    waiting = either.call("13912340002").runs("Queue")
    time.sleep(0.3)
    joined = int(time.time())
    either.phone(CODE["EVACUATED"]).runs("TryExec").keys(f"{PIN}#").runs("Wait").hang_up()
    waiting.runs("Read", "message-evacuation").keys("1").runs("Read", "/matter").ended()
    assert not talking.ran("Read")
    talking.hang_up()
    (line,) = either.lines()
    assert (line[4], line[6]) == ("13912340002", "own")
    assert abs(int(line[12]) - joined) <= 2


def test_callbacks_that_wait_are_let_go_by_the_code_itself(either: Hotline) -> None:
    """A6."""
    either.put("holdfast", "fence", "5")
    either.sign_in()
    either.lab.cli("queue pause member Local/1@test-agent queue power")
    call = either.phone(CODE["EVACUATED"]).runs("TryExec").keys(PIN)
    since = len(either.events.seen)
    for key in ("a1", "a2"):
        either.events.act(
            Action="Originate",
            Channel=f"Local/{key}@holdfast-queue/n",
            Context="holdfast-dial",
            Exten=key,
            Priority="1",
            Async="true",
            Timeout="20000",
            Variable=f"HF_SCOPE=power,HF_QUEUE=power,HF_FENCE=5,HF_NOT_AFTER={int(time.time()) + 20}",
        )
        found = either.events.wait(lambda e: e.get("Application") == "Queue", since, 6)
        assert found is not None
        since = found + 1
    call.keys("#").runs("Wait").hang_up()
    assert sum("1?SoftHangup(Local/a" in step for step in call.history()) == 2
    time.sleep(0.3)
    assert [either.get("holdfast-attempt", key)[:12] for key in ("a1", "a2")] == ["end,NOAGENT,"] * 2
