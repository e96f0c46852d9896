"""Telephone numbers stay out of logs."""

import pytest

from callbacks.masking import mask_log_values, mask_number, mask_text


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("13912341234", "139****1234"),
        ("+8613912341234", "+861****1234"),
        ("88123456", "88****56"),
        ("95598", "95598"),
        ("8001", "8001"),
        ("", ""),
    ],
)
def test_a_number_shows_only_its_ends(number: str, shown: str) -> None:
    assert mask_number(number) == shown


@pytest.mark.parametrize(
    "text",
    [
        "PJSIP/agent-1",
        "pbx1:1763720100.17",
        "INC-power-20261121T101500Z",
        "20261121-1015.txt",
        "hf-7-3-1763719200000",
        "20261121T10-1-0.jsonl",
    ],
)
def test_what_is_no_number_stays_readable(text: str) -> None:
    assert mask_text(text) == text


def test_numbers_are_masked_wherever_they_stand_in_a_log_entry() -> None:
    entry = {
        "event": "dialled PJSIP/13912341234@carrier-b",
        "number": 13912341234,
        "all": ["+8613912341234", {"caller": "02088123456"}],
        "error": ValueError("bad number 13912341234"),
        "timestamp": "2026-11-21T10:15:00.123456Z",
        "attempts": 3,
    }
    masked = mask_log_values(None, "info", dict(entry))
    assert "1391234" not in repr(masked)
    assert "0208812" not in repr(masked)
    assert masked["event"] == "dialled PJSIP/139****1234@carrier-b"
    assert (masked["timestamp"], masked["attempts"]) == (entry["timestamp"], 3)
