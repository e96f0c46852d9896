"""What a caller left, on its way from the dialogue into the spool."""

from datetime import UTC, datetime, timedelta

import pytest

from ivr.left_line import to_capture
from ivr.values import Asks, Left

AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize("waited", [None, timedelta(minutes=7)])
def test_one_who_had_been_waiting_in_the_queue_keeps_his_place(waited: timedelta | None) -> None:
    """B4: brought out of the queue, he is called back before those who rang after he had joined it."""
    since = AT - waited if waited else None
    left = Left(
        unique_id="1.1",
        at=AT,
        scope="power",
        caller_id="13800000001",
        number="13800000001",
        source="own",
        matter="fault",
        language="zh-CN",
        tier=1,
        wanted=True,
        promised=True,
        incident="INC-1",
        waited_since=since,
    )
    capture = to_capture(left, "pbx1")
    assert capture.key == "pbx1:1.1"
    assert capture.at == AT
    assert capture.place_at == (since or AT)


def test_a_request_never_has_the_key_that_the_dial_plan_completes() -> None:
    """One who cancels and then asks to be called after all has asked for both."""
    facts = ("1.1", AT, "power", "13800000001", "13800000001", "own", "fault", "zh-CN", 2, True, True)
    call, second = (
        to_capture(Left(*facts, reference="482913"), "pbx1"),
        to_capture(Left(*facts, part=2), "pbx1"),
    )
    cancel = to_capture(Left(*facts, asks=Asks.CANCEL, about="111222"), "pbx1")
    assert [one.key for one in (call, second, cancel)] == ["pbx1:1.1", "pbx1:1.1/2", "pbx1:1.1/1"]
    assert (call.tier, call.reference, cancel.asks.value, cancel.about) == (2, "482913", "cancel", "111222")
