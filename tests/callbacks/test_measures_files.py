"""Requirement G: rosters and carriers' counts that are brought as files."""

from datetime import UTC, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from callbacks.measures.imports import CarrierCount, Shift, read_carrier_counts, read_roster
from callbacks.policy import MeasurePolicy

START = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
POLICY = MeasurePolicy()
AGENT = "PJSIP/agent-1"


def test_a_roster_is_read_with_times_of_the_sites_clocks() -> None:
    shifts, wrong = read_roster(
        "\ufeffuntil,agent,from\n2026-11-21 18:00,PJSIP/agent-1,2026-11-21 10:00\n", SHANGHAI
    )
    assert wrong == []
    assert shifts == [Shift(AGENT, START, START + timedelta(hours=8))]


def test_carrier_counts_are_read() -> None:
    text = 'carrier,from,until,offered,refused\ncarrier-a,2026-11-21T02:00Z,2026-11-21T03:00Z,"1,200",30\n'
    counts, wrong = read_carrier_counts(text, SHANGHAI)
    assert wrong == []
    assert counts == [CarrierCount("carrier-a", START, START + timedelta(hours=1), 1200, 30)]


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (",2026-11-21 08:00,2026-11-21 09:00", "agent"),
        ("a,yesterday,2026-11-21 09:00", "from"),
        ("a,2026-11-21 09:00,2026-11-21 08:00", "until"),
        ("a,2026-11-21 09:00,2026-11-23 08:00", "until"),
        ("a", "from"),
    ],
)
def test_a_wrong_line_is_told_with_its_number_and_column(line: str, field: str) -> None:
    shifts, wrong = read_roster(f"agent,from,until\na,2026-11-21 08:00,2026-11-21 09:00\n{line}\n", SHANGHAI)
    assert [(one.line, one.field) for one in wrong] == [(3, field)]
    assert len(shifts) == 1


def test_a_file_without_a_column_is_refused() -> None:
    for text, read in product(("", "a,b\n1,2\n"), (read_roster, read_carrier_counts)):
        rows, wrong = read(text, UTC)
        assert rows == []
        assert {one.line for one in wrong} == {1}


def test_more_refused_than_offered_is_wrong() -> None:
    text = "carrier,from,until,offered,refused\na,2026-11-21 08:00,2026-11-21 09:00,3,4\n"
    assert [one.field for one in read_carrier_counts(text, UTC)[1]] == ["refused"]
