"""Phone codes as values: what the dialplan tells, and what the core is given."""

from datetime import UTC, datetime, timedelta

import pytest

from ami_bridge.codes import CodeKeyed, event_of, keyed, pending
from fallback.events import OverrideEnded, OverrideSet
from fallback.modes import Mode

AT = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
EPOCH = str(int(AT.timestamp()))
HEADERS = {
    "Event": "UserEvent",
    "UserEvent": "HoldfastCode",
    "Scope": "power",
    "Mode": "EVACUATED",
    "Who": "8001",
    "Phone": "agent-1",
    "At": EPOCH,
}
EVACUATED = CodeKeyed("power", "EVACUATED", "extension 8001", AT)


def test_an_event_and_what_waits_in_astdb_say_the_same() -> None:
    assert keyed(HEADERS) == EVACUATED
    assert pending("power", f"EVACUATED,8001,{EPOCH}") == EVACUATED


def test_an_evacuation_has_no_end_of_its_own_and_every_other_override_has() -> None:
    """A6."""
    assert event_of(EVACUATED, AT, 3600.0) == OverrideSet(
        "power", Mode.EVACUATED, "extension 8001", "by phone code", None
    )
    outage = event_of(CodeKeyed("power", "OUTAGE", "extension 8001", AT), AT, 3600.0)
    assert isinstance(outage, OverrideSet)
    assert outage.until == AT + timedelta(hours=1)


def test_the_end_is_an_end_and_off_is_no_event_of_the_core() -> None:
    assert event_of(CodeKeyed("power", "END", "extension 8001", AT), AT, 1.0) == OverrideEnded(
        "power", "extension 8001", "by phone code"
    )
    off = keyed({**HEADERS, "Scope": "", "Mode": "OFF"})
    assert off == CodeKeyed("", "OFF", "extension 8001", AT)
    assert event_of(off, AT, 1.0) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"UserEvent": "Other"},
        {"Mode": "NORMAL"},  # nothing that a code does
        {"Mode": ""},
        {"Scope": ""},
        {"Scope": "a b"},
        {"Scope": "power", "Mode": "OFF"},
        {"At": "soon"},
    ],
)
def test_what_is_not_ours_or_cannot_be_is_nothing(wrong: dict[str, str]) -> None:
    assert keyed({**HEADERS, **wrong}) is None


def test_a_phone_without_a_name_is_named_as_such() -> None:
    said = keyed({**HEADERS, "Who": "x; y"})
    assert said is not None
    assert said.who == "an unknown extension"


@pytest.mark.parametrize("value", ["", "EVACUATED", "EVACUATED,8001", "EVACUATED,8001,x", ",,"])
def test_a_half_value_is_nothing(value: str) -> None:
    assert pending("power", value) is None
