"""What callers get from a real Asterisk: the pass path, tier 1, tier 3, and every way from one to the other."""

import time
from collections.abc import Iterator

import pytest
from hotline import Bridge, Hotline, silent_prompts
from hotline_lines import CALLER_ID, INCIDENT, NUMBER, PHRASE, facts, in_phrase

pytestmark = pytest.mark.asterisk


# -- who is taken down, and who passes


def test_a_passing_call_touches_no_agi_and_nothing_is_written(either: Hotline) -> None:
    either.flag("pass")
    either.sign_in()
    call = either.call().runs("Queue")
    call.hang_up()
    assert not call.ran("AGI")
    assert not call.ran("TryExec")
    assert not call.ran("Answer")
    assert not either.lines(0.3)


def test_off_lets_every_caller_pass_before_and_after_the_queue(hotline: Hotline) -> None:
    hotline.put("holdfast", "off", "1")
    hotline.flag()
    call = hotline.call().ended()
    assert call.ran("Queue")
    assert not call.ran("Read")
    assert not hotline.lines(0.3)


def test_a_flag_older_than_its_expiry_is_ignored_while_agents_can_be_reached(hotline: Hotline) -> None:
    hotline.flag()
    hotline.beat(600)
    hotline.sign_in()
    call = hotline.call().runs("Queue")
    call.hang_up()
    assert not call.ran("Read")


@pytest.mark.parametrize("age", [600, -600])
def test_an_evacuation_holds_however_old_the_beat_is_and_offers_no_agent_a_call(
    either: Hotline, age: float
) -> None:
    """A6."""
    either.flag("evacuate", mode="EVACUATED")
    either.beat(age)
    either.sign_in()
    call = either.call().runs("Read", PHRASE).hang_up()
    assert not call.ran("Queue")
    assert [line[INCIDENT] for line in either.lines()] == ["INC-1"]


def test_agents_that_vanish_while_the_bridge_is_dead_lead_callers_to_tier_3(either: Hotline) -> None:
    either.flag("pass")
    either.beat(600)
    either.call().runs("Read", PHRASE).keys("1").runs("Read", "matter").keys("2").ended()
    assert [facts(line) for line in either.lines()] == [("13912345678", "own", "bill", "1", "1")]


def test_a_busy_agent_still_counts_as_an_agent(hotline: Hotline) -> None:
    hotline.flag("pass")
    hotline.beat(0)
    hotline.sign_in()
    first = hotline.call().runs("Queue")
    time.sleep(1)  # the agent has answered
    hotline.beat(600)
    second = hotline.call().runs("Queue")
    assert not second.ran("Read")
    first.hang_up()
    second.hang_up()


def test_whoever_the_queue_lets_go_without_an_agent_is_taken_down_without_a_bridge(either: Hotline) -> None:
    either.flag("pass")
    either.beat(60)
    call = either.call().runs("Queue").runs("Read", "message-unanswered").keys("1").runs("Read", "matter")
    call.ended()
    assert [facts(line) for line in either.lines()] == [("13912345678", "own", "", "1", "1")]
    assert call.ran("Playback", "promise-soon")


def test_an_unknown_scope_passes_and_is_named_in_the_log(hotline: Hotline) -> None:
    hotline.beat(600)
    hotline.events.act(
        Action="Originate", Channel="Local/1@test-unknown/n", Application="Wait", Data="1", Async="true"
    )
    end = time.monotonic() + 5
    while "no scope nowhere" not in hotline.lab.log.read_text() and time.monotonic() < end:
        time.sleep(0.1)
    assert "no scope nowhere" in hotline.lab.log.read_text()
    assert hotline.get("test", "unknown") == "passed"


# -- tier 1


def test_one_key_during_the_phrase_and_a_matter_make_a_capture(hotline: Hotline, bridge: Bridge) -> None:
    call = in_phrase(hotline).keys("1").asked("GOSUB", "ask", "matter").keys("1").ended()
    (left,) = bridge.kept
    assert (left.number, left.source, left.matter) == ("13912345678", "own", "fault")
    assert (left.unique_id, left.scope, left.incident) == (call.unique_id, "power", "INC-1")
    assert (left.wanted, left.promised, left.tier) == (True, True, 1)
    assert call.was_asked("GOSUB", "play", "promise")
    assert not hotline.lines(0.3)


def test_a_keyed_number_is_read_back_corrected_and_confirmed(hotline: Hotline, bridge: Bridge) -> None:
    call = in_phrase(hotline, "anonymous").keys("2").asked("enter-number").keys("88886666#")
    call.asked("play", "read-back").asked("digit-0&", "digit-5&", "confirm").keys("2")
    call.asked("enter-number").keys("13800001111#").asked("digit-1&").keys("1")
    call.asked("matter").keys("3").ended()
    (left,) = bridge.kept
    assert (left.number, left.source, left.matter) == ("13800001111", "keyed", "complaint")
    assert left.caller_id == ""


def test_a_number_that_may_not_be_dialled_is_refused_with_a_reason(hotline: Hotline, bridge: Bridge) -> None:
    call = in_phrase(hotline).keys("2").asked("enter-number").keys("0014155552671#")
    call.asked("number-refused&").keys("13800001111#").asked("confirm").keys("1").asked("matter").ended()
    assert [left.number for left in bridge.kept] == ["13800001111"]


def test_nine_changes_the_language_before_anything_else(hotline: Hotline, bridge: Bridge) -> None:
    call = in_phrase(hotline).keys("9").runs("Read", "/en/message-fault").keys("1")
    call.asked("/en/matter").keys("5").ended()
    (left,) = bridge.kept
    assert (left.language, left.matter) == ("en", "question")


def test_who_stays_silent_to_the_end_is_called_on_his_own_number(hotline: Hotline, bridge: Bridge) -> None:
    call = in_phrase(hotline).ended()
    (left,) = bridge.kept
    assert (left.number, left.source, left.wanted) == ("13912345678", "own", True)
    assert call.was_asked("own-number")


# -- from tier 1 to tier 3


def test_a_number_confirmed_before_the_bridge_froze_is_not_asked_again(
    hotline: Hotline, bridge: Bridge
) -> None:
    call = in_phrase(hotline, "anonymous").keys("2").asked("enter-number").keys("13800001111#")
    call.asked("digit-1&").keys("1").asked("matter").runs("Read", "/matter")
    begun = time.monotonic()
    bridge.freeze(9)
    call.runs("Read", "/matter", timeout=12).keys("2").ended()
    assert [facts(line) for line in hotline.lines()] == [("13800001111", "keyed", "bill", "1", "1")]
    time.sleep(max(0.0, 9.5 - (time.monotonic() - begun)))


def test_a_bridge_that_freezes_while_a_number_is_keyed_costs_four_seconds_and_no_second_keying(
    hotline: Hotline, bridge: Bridge
) -> None:
    call = in_phrase(hotline).keys("2").asked("enter-number")
    bridge.freeze(9)
    begun = time.monotonic()
    call.keys("13800001111#")
    call.runs("Playback", "read-back", timeout=8)  # while it is frozen still: nobody waited for the bridge
    call.runs("Read", "/confirm").keys("1").runs("Read", "/matter").ended()
    assert [facts(line)[:2] for line in hotline.lines()] == [("13800001111", "keyed")]
    time.sleep(max(0.0, 9.5 - (time.monotonic() - begun)))


def test_a_bridge_that_dies_while_a_number_is_keyed_hands_the_number_over_at_once(hotline: Hotline) -> None:
    bridge = Bridge(hotline.lab)
    call = in_phrase(hotline).keys("2").asked("enter-number")
    bridge.close()
    call.keys("13800001111#").runs("Playback", "read-back", timeout=2).runs("Read", "/confirm").keys("1")
    call.runs("Read", "/matter").ended()
    assert [facts(line) for line in hotline.lines()] == [("13800001111", "keyed", "", "1", "1")]


def test_a_number_that_the_bridge_refused_is_not_read_back_by_tier_3(
    hotline: Hotline, bridge: Bridge
) -> None:
    call = in_phrase(hotline).keys("2").asked("enter-number").keys("16812345#").asked("number-refused")
    bridge.freeze(9)
    begun = time.monotonic()
    call.runs("Read", "number-refused").runs("Read", "enter-number", timeout=8)
    assert not call.ran("Playback", "read-back")
    call.hang_up()
    time.sleep(max(0.0, 9.5 - (time.monotonic() - begun)))


@pytest.mark.parametrize("fault", ["broken", "frozen"])
def test_a_spool_that_fails_is_no_promise_but_tier_3(hotline: Hotline, bridge: Bridge, fault: str) -> None:
    setattr(bridge, fault, True)
    call = in_phrase(hotline).keys("1").asked("matter").keys("1").ended()
    setattr(bridge, fault, False)
    assert [facts(line) for line in hotline.lines()] == [("13912345678", "own", "fault", "1", "1")]
    assert not bridge.kept
    assert call.ran("Playback", "promise")
    asked = [step for step in call.history() if step.startswith("Read(") and "/matter" in step]
    assert len(asked) == 1  # by the bridge; tier 3 knows it


@pytest.fixture
def long_read_back(hotline: Hotline) -> Iterator[None]:
    """It takes a second to say what is read back."""
    silent_prompts(hotline.lab.prompts_dir, 1.0, "read-back")
    yield
    silent_prompts(hotline.lab.prompts_dir, only="read-back")


@pytest.mark.usefixtures("long_read_back")
def test_a_last_digit_that_is_keyed_slowly_is_no_yes_to_the_number_before_it(hotline: Hotline) -> None:
    """C5, in tier 1 and, after the bridge has died, in tier 3."""
    bridge = Bridge(hotline.lab)
    try:
        call = in_phrase(hotline, "anonymous").keys("2").runs("Read", "enter-number").keys("88886666")
        call.runs("Playback", "read-back").keys("1").runs("Read", "/confirm").keys("2")
        call.runs("Read", "enter-number")
    finally:
        bridge.close()
    call.keys("88886666").runs("Playback", "read-back").keys("1").runs("Read", "/confirm").keys("2")
    call.runs("Read", "enter-number").keys("13800001111#").runs("Read", "/confirm").keys("1")
    call.runs("Read", "/matter").ended()
    assert not bridge.kept
    assert [facts(line)[:2] for line in hotline.lines()] == [("13800001111", "keyed")]


# -- tier 3


def test_tier_3_takes_no_line_of_our_own_and_no_premium_number(either: Hotline) -> None:
    with either.rendered(own_lines=("057195598",), premium_prefixes=("168",)):
        either.beat(60)
        either.flag()
        call = either.call("16812345678").runs("Read", "offer-keyed").keys("2")
        call.runs("Read", "enter-number").keys("057195598#").runs("Read", "number-refused").keys(
            "16855667788#"
        )
        call.ended()
    assert not call.ran("Playback", "read-back")
    assert [line[NUMBER] for line in either.lines()] == [""]


def test_tier_3_takes_a_keyed_number_and_reads_it_back_digit_by_digit(either: Hotline) -> None:
    either.beat(60)
    call = in_phrase(either, "anonymous").keys("2").runs("Read", "enter-number").keys("123#")
    call.runs("Read", "number-invalid").keys("01012345#")
    call.runs("Read", "digit-0&").keys("1").runs("Read", "/matter").keys("5").ended()
    assert [facts(line) for line in either.lines()] == [("01012345", "keyed", "question", "1", "1")]


def test_tier_3_says_the_recovery_time_before_the_promise(either: Hotline) -> None:
    either.beat(60)
    either.flag(recovery=str(int(time.time()) + 86400))
    call = either.call().runs("Read", PHRASE).keys("1").runs("Read", "/matter").ended()
    assert call.ran("Playback", "tomorrow")
    assert call.ran("Playback", "hour-")


def test_tier_3_cannot_take_a_silent_caller_without_a_number_and_says_so(hotline: Hotline) -> None:
    hotline.beat(60)
    call = in_phrase(hotline, "anonymous").ended()
    assert [facts(line) for line in hotline.lines()] == [("", "none", "", "0", "0")]
    assert call.ran("Playback", "no-number")


def test_tier_3_promises_nothing_that_it_could_not_write(hotline: Hotline) -> None:
    hotline.beat(60)
    hotline.lab.tier3_dir.rename(hotline.lab.tier3_dir.with_name("away"))
    try:
        call = in_phrase(hotline).keys("1").runs("Read", "/matter").ended()
    finally:
        hotline.lab.tier3_dir.with_name("away").rename(hotline.lab.tier3_dir)
    assert call.ran("Playback", "not-noted")
    assert not call.ran("Playback", "promise")


@pytest.mark.parametrize(
    "foreign", [1_900, 5_600, 41_000]
)  # bytes; the first puts the line across two pieces
def test_lines_of_others_that_came_between_do_not_hide_a_written_line(either: Hotline, foreign: int) -> None:
    either.beat(60)
    rendered = either.lab.holdfast_conf_dir / "extensions_holdfast.conf"
    was = rendered.read_text()
    either.lab.cli("dialplan set global HF_LIFE 7")
    size = "Set(LOCAL(hf_size)=$[0 + 0${STAT(s,${hf_file})}])"
    assert was.count(size) == 1
    rendered.write_text(was.replace(size, "Set(LOCAL(hf_size)=0)"))  # as if all that is there came since
    either.lab.reload()
    try:
        call = in_phrase(either).keys("1").runs("Read", "/matter")
        for minute in (0, 60):
            name = time.strftime("%Y%m%d-%H%M", time.gmtime(time.time() + minute))
            (either.lab.tier3_dir / f"{name}-7.txt").write_text("x" * (foreign - 1) + "\n")
        call.ended()
    finally:
        rendered.write_text(was)
        either.lab.reload()
    assert call.ran("Playback", "promise")
    assert [line[CALLER_ID] for line in either.lines() if len(line) > 1] == ["13912345678"]


def test_without_any_prompt_tier_3_still_takes_digits(hotline: Hotline) -> None:
    hotline.beat(60)
    hotline.lab.prompts_dir.rename(hotline.lab.prompts_dir.with_name("no-prompts"))
    try:
        hotline.flag()
        call = hotline.call("anonymous").runs("Read", "HF_IN,,1").keys("2")
        call.runs("Read", "HF_IN,,16").keys("13800001111#").runs("Read", "HF_IN,,1").keys("1").ended()
    finally:
        hotline.lab.prompts_dir.with_name("no-prompts").rename(hotline.lab.prompts_dir)
    assert [facts(line)[:2] for line in hotline.lines()] == [("13800001111", "keyed")]


def test_a_prompt_that_is_missing_for_the_bridge_leads_to_tier_3(hotline: Hotline, bridge: Bridge) -> None:
    missing = hotline.lab.prompts_dir / "zh-CN/matter.wav"
    missing.rename(missing.with_suffix(".away"))
    try:
        in_phrase(hotline).keys("1").runs("TryExec").runs("Read", "HF_IN,,1").keys("2").ended()
    finally:
        missing.with_suffix(".away").rename(missing)
    assert [facts(line) for line in hotline.lines()] == [("13912345678", "own", "bill", "1", "1")]
