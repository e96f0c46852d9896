"""The lab's own pure parts: scripts, captures, ledgers, addresses, provisioning decisions."""

import struct
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest

from lab import LabError, ledger, programs, results, scripts
from lab.addresses import claim_block
from lab.digits import PAYLOAD_TYPE, SECONDS, capture
from lab.scripts import Script
from lab.site import as_installed

STAMP = "2026-11-21\t23:58:59.126755\t1795305539.126755"


def test_a_key_that_is_asked_for_too_early_waits_for_the_digits_before_it() -> None:
    presses = Script(keys=((1.0, "12345"), (1.5, "#"))).presses()
    assert presses == [(1000, "12345"), (round(5 * SECONDS * 1000), "#")]


def test_a_caller_who_hangs_up_half_way_presses_only_what_comes_before() -> None:
    script = Script(keys=((1.0, "1"), (4.0, "2")), hangup_after=3.0)
    assert script.presses() == [(1000, "1")]
    assert script.stay_ms() == 2000


@pytest.mark.parametrize("keys", [((2.0, "1"), (1.0, "2")), ((1.0, "a"),), ((1.0, ""),)])
def test_a_script_refuses_keys_that_no_telephone_has_or_that_go_back_in_time(
    keys: tuple[tuple[float, str], ...],
) -> None:
    with pytest.raises(ValueError, match="caller"):
        Script(keys=keys)


@pytest.mark.parametrize(
    "text",
    [
        scripts.carrier(Path("/greeting.pcap"), raw=True),
        scripts.carrier(None, raw=False),
        scripts.agent(0.5, 3.0),
        scripts.caller(Script(keys=((1, "1"), (2, "22"))), withheld=False, audio_port=4000, raw=True),
        scripts.caller(Script(keys=((1, "1"),)), withheld=True, audio_port=None, raw=False),
    ],
)
def test_every_scenario_is_xml_whose_jumps_all_have_a_target(text: str) -> None:
    root = ElementTree.fromstring(text)  # noqa: S314 - made by the lab itself
    jumps = {target for node in root.iter() for name in ("next", "ontimeout") if (target := node.get(name))}
    labels = [node.get("id") for node in root.iter("label")]
    assert jumps <= set(labels)
    assert len(labels) == len(set(labels))


def test_a_withheld_caller_id_appears_nowhere_in_the_invite() -> None:
    text = scripts.caller(Script(keys=((1, "1"),)), withheld=True, audio_port=None, raw=False)
    assert "sip:[field0]" not in text
    assert "anonymous.invalid" in text
    assert "Privacy: id" in text


def test_a_capture_holds_each_digit_as_one_event_with_three_ends_and_growing_numbers() -> None:
    data = capture("1#", since_answer=2.0)
    packets, at = [], 24
    while at < len(data):
        length = struct.unpack_from("<I", data, at + 8)[0]
        packets.append(data[at + 16 : at + 16 + length][42:])
        at += 16 + length
    headers = [struct.unpack("!BBHII", packet[:12]) for packet in packets]
    assert {header[1] & 0x7F for header in headers} == {PAYLOAD_TYPE}
    assert [header[2] for header in headers] == list(range(201, 201 + len(headers)))
    assert sorted({header[3] for header in headers}) == [16000, 16000 + round(SECONDS * 8000)]
    ends = [packet[12] for packet in packets if packet[13] & 0x80]
    assert ends == [1, 1, 1, 11, 11, 11]


def test_a_carriers_log_tells_who_was_called_and_what_became_of_it(tmp_path: Path) -> None:
    log = tmp_path / "calls.log"
    log.write_text(
        f"{STAMP}|one|invite|13900000001|95598\n{STAMP}|two|invite|13900000004|95598\n"
        f"{STAMP}|one|outcome|answered\n{STAMP}|two|outcome|busy\n{STAMP}|one|pressed|1\n{STAMP}|one|ended|them\n"
        f"{STAMP}|three|invite|139000"  # a line that is still being written
    )
    first, second = ledger.carrier_calls("a", log)
    assert (first.number, first.outcome, first.pressed, first.ended_by) == (
        "13900000001",
        "answered",
        "1",
        "them",
    )
    assert first.answered_at == datetime(2026, 11, 21, 23, 58, 59, 126755, tzinfo=UTC)
    assert (second.number, second.outcome, second.answered_at) == ("13900000004", "busy", None)


def test_a_callers_log_without_a_line_is_a_dead_call(tmp_path: Path) -> None:
    assert [result.outcome for result in results.read(tmp_path / "none.log", "138")] == ["dead"]


def test_a_refused_call_keeps_its_sip_code(tmp_path: Path) -> None:
    log = tmp_path / "calls.log"
    log.write_text(f"{STAMP}|one|invite|138\n{STAMP}|one|outcome|refused|503\n")
    (result,) = results.read(log)
    assert (result.outcome, result.sip_code, result.answered) == ("refused", 503, False)


def test_two_labs_never_get_the_same_block() -> None:
    first, one = claim_block()
    second, two = claim_block()
    with one, two:
        assert first.block != second.block


def test_an_installed_asterisk_that_is_too_old_is_named_with_its_version(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    old = tmp_path / "asterisk"
    old.write_text("#!/bin/sh\necho Asterisk 13.38.3\n")
    old.chmod(0o755)
    monkeypatch.setenv("HOLDFAST_LAB_ASTERISK", str(old))
    with pytest.raises(LabError, match=r"Asterisk 13\.38\.3, but 16 or later is wanted"):
        programs.installed(None)


def test_a_site_starts_as_an_installed_one_does_without_settings_of_another() -> None:
    around = {"PATH": "/bin", "HOLDFAST_DATA_DIR": "/elsewhere", "PYTHONDONTWRITEBYTECODE": "1"}
    given = as_installed(around)
    assert given.keys() == {"PATH", "PYTHONPYCACHEPREFIX"}
    assert as_installed({"PYTHONPYCACHEPREFIX": "/mine"}) == {"PYTHONPYCACHEPREFIX": "/mine"}
