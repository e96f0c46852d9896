"""Another policy on a running bridge: in force without a restart, whole or not at all, and in the record with who did it."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from bridge_mind import until
from bridge_whole import asterisk, site_text, whole
from bridge_world import START
from sqlalchemy import insert

from ami_bridge.bridge import Bridge
from ami_bridge.http.doors import CannotServe
from ami_bridge.intents import Refused
from ami_bridge.link import NoReply
from ami_bridge.policies import catch_up, other_applied
from ami_bridge.taking import Taking
from config.policy import parse_policy
from fallback.events import Declared, OverrideSet
from fallback.modes import Mode
from store.holders import Hold
from store.intents import IntentState
from store.record_tables import intent

FLAG = ("holdfast-scope", "power")
OBSERVE = {"armed: true": "armed: false"}
WATER = {
    "  power-agents: {queue: power, minimum: 1}\n": (
        "  power-agents: {queue: power, minimum: 1}\n  water-agents: {queue: water, minimum: 1}\n"
    ),
    "scopes:\n": (
        "scopes:\n  water: {queue: water, pools: [water-agents], trunks: [carrier-a], dids: ['95599'], message: fault}\n"
    ),
}


def kept(bridge: Bridge, text: str) -> str:
    """Puts a policy into the record, as the command line does; returns its digest."""
    digest = parse_policy(text, "new", bridge.settings.policy_file.parent).digest
    bridge.store.put_policy(digest, text, "li", START)
    return digest


async def applied(bridge: Bridge, **changes: str) -> str:
    return await bridge.apply_policy(kept(bridge, site_text(**changes)), "li")


async def test_disarmed_no_flag_is_left_and_armed_again_the_same_flag_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with whole(tmp_path, monkeypatch) as bridge:
        db = asterisk(bridge).db
        await until(lambda: FLAG in db)
        before = db[FLAG]
        await applied(bridge, **OBSERVE)
        await until(lambda: FLAG not in db)
        assert not bridge.flags.confirmed("power")[0]
        await applied(bridge)
        await until(lambda: db.get(FLAG) == before)


async def test_a_lamp_does_not_go_on_to_show_what_is_not_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lamps(bridge: Bridge) -> list[str]:
        return [
            one["Value"] for one in asterisk(bridge).actions("Setvar") if "DEVICE_STATE" in one["Variable"]
        ]

    async with whole(tmp_path, monkeypatch) as bridge:
        await bridge.brain.ask(OverrideSet("power", Mode.EVACUATED, "li", "smoke", None))
        await until(lambda: lamps(bridge)[-1:] == ["INUSE"])
        await applied(bridge, **OBSERVE)
        await until(lambda: lamps(bridge)[-1] == "NOT_INUSE")


async def test_a_scope_that_comes_is_flagged_and_one_that_goes_holds_no_caller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with whole(tmp_path, monkeypatch) as bridge:
        db, place = asterisk(bridge).db, ("holdfast-scope", "water")
        said = await applied(bridge, **WATER)
        assert "water" in said
        await until(lambda: place in db)
        assert set(bridge.portrait.from_memory()["live"]["scopes"]) == {"power", "water"}
        await applied(bridge)
        await until(lambda: place not in db)
        assert FLAG in db
        await bridge.dispatcher._round()
        assert set(bridge.dispatcher.policy.scopes) == {"power"}


async def test_a_scope_that_went_while_no_bridge_ran_holds_no_caller_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "policy.yaml").write_text(site_text(**WATER))
    async with whole(tmp_path, monkeypatch) as bridge:
        await bridge.brain.ask(OverrideSet("water", Mode.EVACUATED, "li", "smoke", None))
        await bridge.recorder.written()
    (tmp_path / "policy.yaml").write_text(site_text())
    async with whole(tmp_path, monkeypatch) as bridge:
        await until(lambda: "water" in [one["Key"] for one in asterisk(bridge).actions("DBDel")])
        assert FLAG in asterisk(bridge).db


async def test_who_applied_it_is_in_the_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with whole(tmp_path, monkeypatch) as bridge:
        await applied(bridge, **OBSERVE)
        rows = bridge.store.changes(kind="policy")
    assert [(one.who, one.old, one.new) for one in rows] == [("li", "armed", "observe")]


async def test_every_error_is_told_and_nothing_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = site_text(**{"minimum: 1": "minimum: none", "recovery_hold: 6s": "recovery_hold: soon"})
    async with whole(tmp_path, monkeypatch) as bridge:
        before = bridge.policy
        bridge.store.put_policy("0" * 64, wrong, "li", START)
        with pytest.raises(Refused) as refused:
            await bridge.apply_policy("0" * 64, "li")
        assert "minimum" in str(refused.value)
        assert "recovery_hold" in str(refused.value)
        assert bridge.policy is before
        assert bridge.store.changes(kind="policy") == []


async def test_what_would_break_the_book_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with whole(tmp_path, monkeypatch) as bridge:
        with pytest.raises(Refused, match="pbx_id stays lab"):
            await applied(bridge, **{"pbx_id: lab": "pbx_id: other"})
        with pytest.raises(Refused, match="apply the file again"):
            await bridge.apply_policy("f" * 64, "li")


async def test_a_link_that_does_not_answer_keeps_no_policy_from_being_in_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The flags follow when it answers."""
    monkeypatch.setattr("ami_bridge.flags.RETRY_SECONDS", 0.02)
    async with whole(tmp_path, monkeypatch) as bridge:
        db = asterisk(bridge).db
        await until(lambda: FLAG in db)
        asterisk(bridge).answers["DBDel"] = [NoReply("nothing"), NoReply("nothing")]
        assert "is in force" in await applied(bridge, **OBSERVE)
        await until(lambda: FLAG not in db)


async def test_the_policy_of_a_start_is_in_the_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with whole(tmp_path, monkeypatch) as bridge:
        await until(lambda: bridge.store.policy(bridge.policy.digest) is not None)


async def test_a_run_that_decided_nothing_closes_no_incident(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty picture at the end would close every incident in the record, and tell staff that it is over."""
    async with whole(tmp_path, monkeypatch) as bridge:
        await bridge.brain.ask(Declared("power", "A7", "a car hit the mast", "li"))
        assert await bridge.recorder.written()
        (case,) = bridge.store.load_cases()
        with pytest.raises(CannotServe):  # a second bridge on the same folder, by mistake
            async with whole(tmp_path, monkeypatch):
                pass
        assert [one.key for one in bridge.store.load_cases()] == [case.key]


async def test_whoever_applies_what_the_dial_plan_says_too_hears_that_it_must_be_rendered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with whole(tmp_path, monkeypatch) as bridge:
        assert "render" not in await applied(bridge, **OBSERVE)
        assert "holdfast asterisk render" in await applied(bridge, **WATER)


async def test_a_start_by_an_older_file_than_the_policy_that_was_applied_last_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with whole(tmp_path, monkeypatch) as bridge:
        file = bridge.settings.policy_file
        digest = kept(bridge, site_text(**OBSERVE))
        bridge.store.add_intent("policy-apply", {"digest": digest}, "li", START)
        assert await other_applied(bridge.store, bridge.thread, bridge.policy, file) == "", "not yet applied"
        await until(lambda: bridge.policy.digest == digest)
        await until(lambda: bridge.store.intents(1)[0].state is IntentState.APPLIED)
        assert await other_applied(bridge.store, bridge.thread, bridge.policy, file) == ""
    async with whole(tmp_path, monkeypatch) as again:
        said = await other_applied(again.store, again.thread, again.policy, file)
        assert said.startswith("li applied another policy at")
        assert str(file) in said


def was_applied(bridge: Bridge, text: str, pbx: str, at: datetime) -> str:
    """By the bridge that held this Asterisk then."""
    digest = kept(bridge, text)
    row = {"kind": "policy-apply", "payload": {"digest": digest, "pbx": pbx}, "who": "li", "at": at}
    with bridge.store._database.write() as connection:
        connection.execute(insert(intent).values(**row, state="applied", finished_at=at, result=""))
    return digest


async def test_a_bridge_that_takes_over_puts_in_force_what_was_applied_while_it_stood_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with whole(tmp_path, monkeypatch) as bridge:
        started, hold = bridge.started_at, Hold(1, START, True)
        mine, text = bridge.policy.pbx_id, site_text(**OBSERVE)
        before = bridge.policy.digest
        was_applied(bridge, text, mine, started - timedelta(minutes=1))
        was_applied(bridge, text, "another", started + timedelta(minutes=1))
        await catch_up(bridge)
        assert bridge.policy.digest == before, (
            "before its start: its file was read since; or of another Asterisk"
        )
        digest = was_applied(bridge, text, mine, started + timedelta(minutes=1))
        Taking(bridge, bridge.kept)._begin(hold)
        await until(lambda: bridge.policy.digest == digest)
