"""The waiting time of a caller in the lines that he leaves: kept in both forms, missed by neither old line."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import md5

import pytest

from callbacks.importer import Importer
from callbacks.lines import DamagedLine
from callbacks.ports import ImportResult
from callbacks.spool_line import decode, encode
from callbacks.tier3 import parse
from callbacks.values import Capture, HeldCapture, Matter, NumberSource, held
from ivr.agi_header import call_facts

AT = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
SINCE = AT - timedelta(seconds=300)
CAPTURE = Capture(
    "pbx1:1.1", AT, "power", "", "13800000000", NumberSource.OWN, Matter.BILL, "en", 1, True, True
)
TIER3 = f"hf1|1.1|{int(AT.timestamp())}|power||13800000000|own|bill|en|1|1|INC-1"


def tier3(text: str) -> Capture:
    return parse(f"{text}|{md5(text.encode(), usedforsecurity=False).hexdigest()}".encode(), "pbx1")


def test_a_spool_line_keeps_since_when_he_waited_and_reads_lines_without_it() -> None:
    waited = held(CAPTURE, SINCE)
    assert decode(encode(waited)[:-1]) == waited
    assert waited.place_at == SINCE
    assert b"waited" not in encode(CAPTURE)
    assert decode(encode(CAPTURE)[:-1]) == CAPTURE
    assert CAPTURE.place_at == AT


def test_a_naive_time_is_refused_before_it_is_written() -> None:
    with pytest.raises(ValueError, match="naive"):
        encode(held(CAPTURE, SINCE.replace(tzinfo=None)))


def test_a_place_in_the_future_is_no_place() -> None:
    assert held(CAPTURE, AT + timedelta(hours=1)).place_at == AT


def test_a_tier_3_line_may_have_one_field_more_and_reads_without_it() -> None:
    found = tier3(f"{TIER3}|{int(SINCE.timestamp())}")
    assert isinstance(found, HeldCapture)
    assert (found.waited_since, found.incident) == (SINCE, "INC-1")
    assert type(tier3(TIER3)) is Capture


def test_a_waiting_time_that_is_none_loses_the_place_and_not_the_caller() -> None:
    found = tier3(f"{TIER3}|soon")
    assert (found.number, found.place_at) == ("13800000000", AT)
    with pytest.raises(DamagedLine):
        tier3(f"{TIER3}|1|2")


class Book:
    """Remembers what it was given."""

    def __init__(self) -> None:
        self.given: list[Capture] = []

    def offsets(self, sources: object) -> dict[str, int]:
        return {}

    def import_captures(
        self, captures: object, source: str, offset: int, now: datetime, **more: object
    ) -> ImportResult:
        assert isinstance(captures, list)
        self.given += captures
        return ImportResult(new=len(captures))

    def forget(self, sources: object) -> None:
        pass


def test_the_importer_hands_the_place_on_with_the_number_as_dialled(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    spool, folder, book = tmp_path_factory.mktemp("spool"), tmp_path_factory.mktemp("tier3"), Book()
    text = f"{TIER3}|{int(SINCE.timestamp())}"
    line = f"{text}|{md5(text.encode(), usedforsecurity=False).hexdigest()}\n"
    (folder / "20261121-1015.txt").write_text(line)
    Importer(book, spool, folder, "pbx1", dialled=lambda number: "0" + number).run_once(AT)
    (one,) = book.given
    assert (one.number, one.place_at) == ("013800000000", SINCE)
    assert replace(one, number="1").place_at == SINCE


def test_the_dialplan_tells_the_bridge_since_when_he_waited() -> None:
    header = {"agi_arg_1": "power", "agi_arg_8": str(int(SINCE.timestamp()))}
    assert call_facts(header).waited_since == SINCE
    assert call_facts({"agi_arg_1": "power", "agi_arg_8": ""}).waited_since is None
