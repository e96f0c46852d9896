"""Each way in which a tier can fail, on both Asterisks: the same call goes on, soon, with all that was confirmed."""

import sys
import time
from pathlib import Path

import pytest
from hotline import POLICY, Hotline
from hotline_calls import Call
from scripted_agi import ASK, HANG, DeafPort, ScriptedAgi, done, script

from config.asterisk import LOCAL
from ivr import book_file
from ivr.book_file import DialogueBook
from ivr.mac import mac_of

pytestmark = pytest.mark.asterisk
NUMBER, SOURCE, MATTER, PROMISED, REFERENCE, TIER = 5, 6, 7, 10, 13, 16
OWN = "13912345678"


def facts(line: list[str]) -> tuple[str, ...]:
    return line[NUMBER], line[SOURCE], line[MATTER], line[PROMISED], line[TIER]


def pressed_1(hotline: Hotline) -> Call:
    hotline.flag()
    call = hotline.call().runs("Read", "message-fault")
    assert call.heard_after("Read", "message-fault") < 1
    return call.keys("1")


def silence(call: Call, *after: str) -> float:
    """Seconds from the moment that the dialogue was left to somebody until a prompt played."""
    return call.heard_after(*after) - call.heard_after("TryExec")


# -- tier 1


def test_whatever_befalls_the_bridge_the_caller_is_heard_within_seconds(either: Hotline) -> None:
    """Port closed, SYN unanswered, hung, dead in mid-dialogue; each call presses 1 and says what it is about once."""
    closed = pressed_1(either).runs("Read", "/matter").keys("1").ended()
    with DeafPort(either.lab):
        deaf = pressed_1(either).runs("Read", "/matter", timeout=6).keys("2").ended()
    either.beat(0)
    with ScriptedAgi(either.lab, HANG):
        hung = pressed_1(either).runs("Read", "/matter", timeout=6).keys("3").ended()
    matter = 'EXEC "MSet" "HF_MATTER=tipoff,HF_REGION=north,HF_RECORDING="'
    with ScriptedAgi(either.lab, ASK.format(prompts=either.lab.prompts_dir), matter) as bridge:
        dead = pressed_1(either).runs("Read", "/matter").keys("4").runs("Playback", "/promise").ended()
    assert bridge.headers, dead.history()
    assert len([step for step in dead.history() if "/matter" in step and step.startswith("Read")]) == 1
    assert [facts(line) for line in either.lines()] == [
        (OWN, "own", matter, "1", "3") for matter in ("fault", "bill", "complaint", "tipoff")
    ]
    assert silence(closed, "Read", "/matter") < 0.5
    assert 1.5 < silence(deaf, "Read", "/matter") < 3
    assert 1.5 < silence(hung, "Read", "/matter") < 3  # this site gives the bridge 2 s to begin
    assert silence(dead, "Playback", "/promise") < 4
    assert len({line[REFERENCE] for line in either.lines()} | {bridge.arguments["ref"]}) == 4
    assert all(len(line) == 18 for line in either.lines())


def test_the_bridge_is_told_all_that_is_known_and_that_it_is_we_who_call(either: Hotline) -> None:
    with either.rendered(agi_secret="a secret of 16 signs"), ScriptedAgi(either.lab, done()) as bridge:
        either.put("holdfast", "length", "full")
        either.flag(recovery="1999999999")
        call = either.call().runs("Read", "/more").keys("2").ended()
    given = bridge.arguments
    assert given.pop("mac") == mac_of("a secret of 16 signs", call.unique_id)
    assert len(given.pop("ref")) == 6
    assert abs(int(given.pop("waited", time.time())) - time.time()) < 9
    assert given == {
        "scope": "power",
        "lang": "zh-CN",
        "message": "fault",
        "recovery": "1999999999",
        "incident": "INC-1",
        "key": "2",
        "own": OWN,
        "length": "full",
        "wanted": "1",
        "tier": "1",
    }


def test_a_person_who_is_left_is_reached_by_0_and_nothing_of_ours_stays_on_the_call(either: Hotline) -> None:
    either.sign_in()
    either.flag(mode="DEGRADED", message="degraded")
    call = either.call().runs("Read", "/person").keys("0").runs("Queue")
    time.sleep(0.5)
    call.hang_up()
    with ScriptedAgi(either.lab, 'EXEC "MSet" "HF_NEXT=person"') as bridge:
        call = either.call().runs("Read", "/person").keys("3").runs("TryExec").runs("Queue")
        said = either.events.act(Action="Getvar", Channel=call.channel, Variable="TIMEOUT(absolute)")
        call.hang_up()
    assert said["Value"] == "0"
    assert bridge.arguments["person"] == "1"
    assert not either.lines(0.3)


def test_danger_out_of_the_dialogue_is_a_capture_beside_what_was_written(either: Hotline) -> None:
    """B6. The bridge had made a line durable; the danger needs one of its own."""
    with ScriptedAgi(either.lab, 'EXEC "MSet" "HF_SPOOLED=1,HF_NEXT=danger"'):
        call = pressed_1(either).runs("Playback", "danger-noted").ended()
    (line,) = either.lines()
    assert (line[1], facts(line)) == (f"{call.unique_id}-danger", (OWN, "own", "danger", "1", "3"))


# -- tier 2


def test_holdfasts_own_script_speaks_the_dialogue_and_leaves_it_in_the_spool(either: Hotline) -> None:
    """As rendered, without any bridge."""
    lab, spool = either.lab, either.lab.run_dir / "spool-of-tier-2"
    book = lab.run_dir / "dialogue.json"
    program = Path(sys.executable).with_name("holdfast-local-agi")
    spool.mkdir(exist_ok=True)
    known = DialogueBook(
        POLICY, (), "pbx1", spool_dir=spool, recordings_dir=either.recordings, prompts_dir=lab.prompts_dir
    )
    book_file.write(book, known)
    files = {"local_agi": str(lab.holdfast_conf_dir / LOCAL), "local_program": program, "local_book": book}
    with either.rendered(**files, agi_start=5):
        (lab.holdfast_conf_dir / LOCAL).chmod(0o750)
        either.beat(60)
        call = pressed_1(either).runs("TryExec", LOCAL).runs("Read", "/matter", timeout=8).keys("2").ended()
    kept = "".join(path.read_text() for path in spool.glob("*.jsonl") if call.unique_id in path.read_text())
    assert (OWN in kept, "bill" in kept) == (True, True)
    assert len([step for step in call.history() if step.startswith("Read") and "/matter" in step]) == 1
    assert not either.lines(0.3)


def local(hotline: Hotline, *commands: str, before: float = 0.0) -> Path:
    path = hotline.lab.run_dir / "local.agi"
    return script(path, commands, hotline.lab.run_dir / "local.seen", before)


def test_a_script_takes_over_from_a_dead_and_from_a_hung_bridge(either: Hotline) -> None:
    ask = ASK.format(prompts=either.lab.prompts_dir)
    path = local(either, ask, done(HF_SPOOLED="1"))
    with either.rendered(local_agi=str(path)):
        either.beat(60)
        call = pressed_1(either).runs("TryExec", "local.agi").runs("Read", "/matter").ended()
        assert silence(call, "Read", "/matter") < 1
        either.beat(0)
        with ScriptedAgi(either.lab, HANG):
            call = pressed_1(either).runs("TryExec", "agi://").runs("TryExec", "local.agi", timeout=5)
            call.runs("Read", "/matter").ended()
        assert silence(call, "Read", "/matter") < 4
        seen = (either.lab.run_dir / "local.seen").read_text()
        assert seen.count(": tier=2\n") == 2
        assert seen.count(f": number={OWN}\n") == 2  # pressed 1: confirmed, and told
        assert not either.lines(0.3)


def test_a_script_that_fails_hands_on_to_tier_3_with_what_it_had_confirmed(either: Hotline) -> None:
    """Dies in mid-dialogue, hangs in it, is not executable, is not there; and a caller who leaves in the middle."""
    matter = 'EXEC "MSet" "HF_MATTER=bill"'
    path = local(either, matter)
    with either.rendered(local_agi=str(path)):
        either.beat(60)
        pressed_1(either).runs("Playback", "/promise").ended()
        local(either, matter, HANG)
        hung = pressed_1(either).runs("Playback", "/promise", timeout=6).ended()
        assert silence(hung, "Playback", "/promise") < 4
        pressed_1(either).runs("TryExec", "local.agi").asked("MSet").hang_up()
        path.chmod(0o644)
        pressed_1(either).runs("TryExec", "local.agi").runs("Read", "/matter").keys("1").ended()
        path.unlink()
        gone = pressed_1(either).runs("TryExec", "local.agi").runs("Read", "/matter").keys("1").ended()
        assert silence(gone, "Read", "/matter") < 1
    assert [facts(line) for line in either.lines()] == [
        (OWN, "own", "bill", "1", "3"),
        (OWN, "own", "bill", "1", "3"),
        (OWN, "own", "bill", "0", "2"),
        (OWN, "own", "fault", "1", "3"),
        (OWN, "own", "fault", "1", "3"),
    ]


def test_more_callers_than_may_start_or_run_go_on_in_tier_3_at_once(either: Hotline) -> None:
    started = 'SET VARIABLE "GROUP(holdfast-tier2)" "local"'
    path = local(either, started, ASK.format(prompts=either.lab.prompts_dir), HANG, before=2.0)
    with either.rendered(local_agi=str(path), local_start=1, local_most=2, agi_start=5):
        either.beat(60)
        first = pressed_1(either).runs("TryExec")
        over = pressed_1(either).runs("Read", "/matter")  # one is starting
        assert not over.ran("TryExec")
        first.runs("Read", "/matter")
        second = pressed_1(either).runs("TryExec")  # one has started, so another may
        third = pressed_1(either).runs("Read", "/matter")
        assert not third.ran("TryExec")
        for call in (first, over, second, third):
            call.hang_up()
    by_call = {line[1]: line[TIER] for line in either.lines()}
    assert [by_call[call.unique_id] for call in (first, over, second, third)] == ["2", "3", "2", "3"]
