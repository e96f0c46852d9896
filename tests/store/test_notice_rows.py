"""Callers who asked to be told that it is over (requirement B8): one message each, whoever looks and however often."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from callbacks.rules.notifying import Notice
from callbacks.values import Asks, Capture, Matter, NoticeState
from store import Store

MINUTE = timedelta(minutes=1)


@pytest.fixture
def asked(capture: Callable[..., Capture], keep: Callable[..., None]) -> Callable[..., None]:
    """Callers who asked for a notice, by number, one a minute."""

    def ask(*numbers: str, scope: str = "power", first: int = 1) -> None:
        one = capture("pbx1:0", scope=scope, asks=Asks.NOTICE, matter=Matter.UNSTATED, wanted=False)
        keep(
            *(
                replace(one, key=f"pbx1:{n}", number=number, at=one.at + n * MINUTE)
                for n, number in enumerate(numbers, first)
            )
        )

    return ask


def waiting(book: Store, scope: str = "power", limit: int = 10) -> list[str]:
    return [one.key for one in book.waiting_notices(scope, limit)]


def test_those_of_a_scope_wait_in_the_order_in_which_they_asked(
    book: Store, asked: Callable[..., None]
) -> None:
    asked("13900000001", "13900000002", "13900000003")
    asked("13900000009", scope="water", first=9)
    assert waiting(book) == ["pbx1:1", "pbx1:2", "pbx1:3"]
    assert waiting(book, limit=2) == ["pbx1:1", "pbx1:2"]
    assert [one.key for one in book.waiting_notices("power", 2, {"pbx1:1"})] == ["pbx1:2", "pbx1:3"]
    assert waiting(book, "water") == ["pbx1:9"]


def test_what_was_intended_once_is_not_intended_again(
    book: Store, asked: Callable[..., None], now: datetime
) -> None:
    asked("13900000001")
    assert book.intend_notice("pbx1:1", "call", now)
    assert not book.intend_notice("pbx1:1", "call", now), "somebody else has begun it"
    assert waiting(book) == []
    (one,) = book.intended_notices()
    assert (one.way, one.at) == ("call", now)


def test_another_way_follows_only_on_the_one_that_was_not_heard(
    book: Store, asked: Callable[..., None], now: datetime
) -> None:
    asked("13900000001")
    assert not book.intend_notice("pbx1:1", "call", now, after="sms"), "nothing was intended yet"
    book.intend_notice("pbx1:1", "sms", now)
    assert book.intend_notice("pbx1:1", "call", now, after="sms")
    assert not book.intend_notice("pbx1:1", "call", now, after="sms"), "the answer may come twice"


def test_an_outcome_stands_and_what_surely_did_not_leave_waits_again(
    book: Store, asked: Callable[..., None], now: datetime
) -> None:
    asked("13900000001", "13900000002")
    book.intend_notice("pbx1:1", "call", now)
    assert book.release_notice("pbx1:1", "no line is free", now)
    assert waiting(book) == ["pbx1:1", "pbx1:2"]
    assert book.end_notice("pbx1:2", NoticeState.EXPIRED, "", now)
    book.intend_notice("pbx1:1", "call", now)
    assert book.end_notice("pbx1:1", NoticeState.SENT, "heard", now)
    assert not book.end_notice("pbx1:1", NoticeState.UNKNOWN, "", now)
    assert not book.release_notice("pbx1:1", "", now)
    found = book.notice("pbx1:1")
    assert found is not None
    assert found.state is NoticeState.SENT


def test_whoever_rings_three_times_is_told_once(
    book: Store, asked: Callable[..., None], now: datetime
) -> None:
    asked("13900000001", "13900000001", "13900000002")
    first, second, other = book.waiting_notices("power", 9)
    later = now + 10 * MINUTE
    assert book.told_since(second) is None
    book.intend_notice(first.key, "call", later)
    assert book.told_since(second) is NoticeState.INTENDED
    assert book.told_since(other) is None
    book.end_notice(first.key, NoticeState.FAILED, "busy", later)
    assert book.told_since(second) is None, "he surely did not hear it"
    again = Notice("pbx1:7", "power", "13900000001", "zh-CN", later + MINUTE)
    book.intend_notice(second.key, "call", later)
    book.end_notice(second.key, NoticeState.SENT, "heard", later)
    assert book.told_since(first) is NoticeState.SENT
    assert book.told_since(again) is None, "he asked again in the next outage"


def test_all_are_listed_the_newest_first_whatever_became_of_them(
    book: Store, asked: Callable[..., None], now: datetime
) -> None:
    asked("13900000001", "13900000002")
    asked("13900000009", scope="water", first=9)
    book.end_notice("pbx1:2", NoticeState.EXPIRED, "too late", now)
    assert [(one.key, one.state, one.detail) for one in book.notices()] == [
        ("pbx1:9", NoticeState.WAITING, ""),
        ("pbx1:2", NoticeState.EXPIRED, "too late"),
        ("pbx1:1", NoticeState.WAITING, ""),
    ]
    assert [one.key for one in book.notices(1)] == ["pbx1:9"]
