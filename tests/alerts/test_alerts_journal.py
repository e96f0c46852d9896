"""The journal: what is in it is there after a kill, and what a kill tore is nobody's loss but its own."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from alert_world import AT, person, policy_of, rung, running

from alerts.journal import ASIDE, FileJournal, decode, encode
from alerts.policy import Way
from alerts.ports import JournalFailed, JournalHeld
from alerts.values import Fate, NewsKind
from fallback.decision import TellEnd


def entry(number: int, incident: str = "INC-1") -> dict[str, object]:
    return {
        "e": "over",
        "at": AT.isoformat(),
        "incident": incident,
        "rung": f"r{number}",
        "person": "停",
        "why": "told",
    }


def journal_with(folder: Path, count: int) -> FileJournal:
    journal = FileJournal(folder)
    journal.load()
    journal.append([entry(number) for number in range(count)])
    return journal


def test_what_was_appended_is_loaded_in_order_by_the_next_process(tmp_path: Path) -> None:
    journal_with(tmp_path, 3).close()
    with FileJournal(tmp_path) as journal:
        assert [one["rung"] for one in journal.load().entries] == ["r0", "r1", "r2"]


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_line_torn_at_any_byte_costs_itself_only(tmp_path: Path, cut: int) -> None:
    journal = journal_with(tmp_path, 2)
    journal.close()
    torn = encode(entry(2))[:cut]
    with journal.path.open("ab") as file:
        file.write(torn)
    with FileJournal(tmp_path) as again:
        loaded = again.load()
        assert (len(loaded.entries), loaded.torn, loaded.damaged) == (2, True, 0)
        again.append([entry(3)])
    with FileJournal(tmp_path) as last:
        assert [one["rung"] for one in last.load().entries] == ["r0", "r1", "r3"]


def test_a_damaged_line_is_set_aside_and_the_rest_stands(tmp_path: Path) -> None:
    journal = journal_with(tmp_path, 3)
    journal.close()
    data = journal.path.read_bytes()
    journal.path.write_bytes(data.replace(b'"r1"', b'"r9"'))
    with FileJournal(tmp_path) as again:
        loaded = again.load()
        assert ([one["rung"] for one in loaded.entries], loaded.damaged) == (["r0", "r2"], 1)
        assert b'"r9"' in (tmp_path / ASIDE).read_bytes()
        assert again.load().damaged == 0


def test_only_one_process_may_hold_it(tmp_path: Path) -> None:
    with journal_with(tmp_path, 1), pytest.raises(JournalHeld, match="another process"):
        FileJournal(tmp_path).load()


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    journal_with(tmp_path, 1).close()
    assert (tmp_path / "journal.jsonl").stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalFailed, match="file"):
        FileJournal(tmp_path / "file").load()


def test_compacting_keeps_what_is_kept_and_goes_on(tmp_path: Path) -> None:
    with journal_with(tmp_path, 2) as journal:
        journal.append([entry(2, "INC-2")])
        assert journal.compact(lambda one: one["incident"] == "INC-2") == 2
        journal.append([entry(3)])
    with FileJournal(tmp_path) as again:
        assert [one["rung"] for one in again.load().entries] == ["r2", "r3"]


def test_a_line_that_is_no_entry_of_ours_is_damaged() -> None:
    assert decode(encode({"e": "rung"}).rstrip(b"\n")) is None
    assert decode(b"nonsense") is None


POLICY = policy_of(person("engineer", Way.SMS, Way.NOTE))


async def test_incidents_long_over_are_dropped_and_open_ones_stay(tmp_path: Path) -> None:
    async with running(tmp_path, POLICY) as world:
        world.alerts.raise_rung(rung(incident="INC-old"))
        await world.still()
        world.alerts.end(TellEnd("INC-old", {}))
        await world.still()
        clock = world.clock
    clock.forward(timedelta(days=4).total_seconds())
    async with running(tmp_path, POLICY, clock=clock) as world:
        assert not world.alerts.knows("INC-old/a2.engineer")
    assert (tmp_path / "journal.jsonl").read_bytes() == b""


async def test_a_damaged_journal_is_told_and_alerts_go_on(tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").write_bytes(b"00000000 {}\n")
    async with running(tmp_path, POLICY) as world:
        assert "damaged.jsonl" in world.told(NewsKind.TROUBLE)[0].detail
        world.alerts.raise_rung(rung())
        await world.still()
        assert world.sent(Way.SMS) == ["engineer"]


async def test_a_disk_that_takes_nothing_does_not_silence_staff(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, POLICY) as world:
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", _full)
            world.alerts.raise_rung(rung())
            await world.still()
            assert world.sent(Way.SMS) == ["engineer"]
            assert world.told(NewsKind.TROUBLE)
        await world.forward(6)
        assert world.told(NewsKind.WELL)
    with FileJournal(tmp_path) as journal:
        assert [one["e"] for one in journal.load().entries] == ["rung", "try", "fate"]


def _full(_file: int, _data: bytes) -> int:
    raise OSError(28, "No space left on device")


async def test_what_a_stopped_run_had_intended_is_unknown_and_the_next_way_follows_at_once(
    tmp_path: Path,
) -> None:
    async with running(tmp_path, POLICY) as world:
        world.ways[Way.SMS].hangs = True
        world.alerts.raise_rung(rung())
        await world.alerts.written()
        while not world.ways[Way.SMS].sent:
            await world.alerts.written()
    async with running(tmp_path, POLICY, clock=world.clock) as again:
        again.alerts.raise_rung(rung())
        await again.still()
        assert (again.sent(Way.SMS), again.sent(Way.NOTE)) == ([], ["engineer"])
        assert again.alerts.figures().unknown == 1
        assert again.told(NewsKind.MESSAGE)[0].fate is Fate.UNKNOWN


async def test_a_stop_and_a_confirmation_survive_a_restart(tmp_path: Path) -> None:
    async with running(tmp_path, POLICY) as world:
        world.alerts.raise_rung(rung())
        await world.still()
        assert await world.alerts.acknowledge(world.ways[Way.SMS].sent[0].key)
        clock = world.clock
    async with running(tmp_path, POLICY, clock=clock) as again:
        await again.forward(1000)
        assert again.sent(Way.NOTE) == []
