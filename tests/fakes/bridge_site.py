"""A whole site beside the shared lab, for tests that break things: its policy is short, its book is its own."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import lab as lab_room
from callbacks.values import Capture, Matter, NumberSource
from lab import Lab
from lab.site import Site
from store import Store

T = TypeVar("T")
OWN_NUMBER = ((2.5, "1"),)  # the caller presses: call me on this number
NUMBER, SCOPE = 5, 3  # places in a line of tier 3


def policy() -> str:
    """The demo's policy with holds of a second, and nobody called a second time within a test."""
    text = (Path(lab_room.__file__).parent / "demo_policy.yaml").read_text(encoding="utf-8")
    for old, new in (
        ("down_after: 2s, up_after: 3s", "down_after: 1s, up_after: 1s"),
        ("recovery_hold: 6s", "recovery_hold: 1s"),
        ("ramp: 2\n", "ramp: 10\n"),
        ("max_attempts: 2\n", "max_attempts: 2\n  claim_lease: 8s\n"),  # what a killed run had claimed
        ("unknown: 8s", "unknown: 1h"),
        ("no_answer: 8s", "no_answer: 1h"),
    ):
        assert old in text, f"the demo's policy has changed: {old}"
        text = text.replace(old, new)
    return text


@contextmanager
def site(lab: Lab, name: str) -> Iterator[Site]:
    """Installed, with no bridge yet. Leaves nothing of ours in Asterisk's database."""
    with Site(lab, policy(), name=name) as one:
        one.install()
        forget(lab)
        try:
            yield one
        finally:
            one.close()
            forget(lab)


def forget(lab: Lab) -> None:
    """As an Asterisk that Holdfast has never written to."""
    for family in ("holdfast", "holdfast-scope", "holdfast-attempt"):
        lab.cli(f"database deltree {family}")


@contextmanager
def bridge(one: Site, wait: bool = True, **changes: str) -> Iterator[Site]:
    """Its bridge, with these settings changed; ends it politely and expects a clean end."""
    before = dict(one.environment)
    one.environment |= changes
    try:
        one.start_bridge(wait)
        yield one
    finally:
        one.environment = before
        if one.bridge is not None and one.bridge.poll() is None:
            assert one.stop_bridge() == 0


@contextmanager
def book(one: Site) -> Iterator[Store]:
    with Store(f"sqlite:///{one.folder}/holdfast.db") as store:
        yield store


def promised(one: Site, numbers: list[str]) -> None:
    """Callers whose numbers are in the book, as if they had called an hour ago."""
    now = datetime.now(UTC)
    lines = [
        Capture(
            key=f"lab:{number}",
            at=now - timedelta(hours=1),
            scope="power",
            caller_id=number,
            number=number,
            source=NumberSource.OWN,
            matter=Matter.FAULT,
            language="zh-CN",
            tier=1,
            wanted=True,
            promised=True,
        )
        for number in numbers
    ]
    with book(one) as store:
        store.import_captures(lines, f"test-{numbers[0]}", 1, now)


def until(find: Callable[[], T], what: str, timeout: float = 30.0) -> T:
    """What ``find`` finds, as soon as it is something; fails with ``what`` after so many seconds."""
    end = time.monotonic() + timeout
    while not (found := find()):
        assert time.monotonic() < end, f"this did not happen within {timeout:g} s: {what}"
        time.sleep(0.1)
    return found


def scope(one: Site) -> Mapping[str, Any]:
    """The scope as ``holdfast status`` shows it."""
    rows = one.status()["live"]["scopes"]
    return dict(rows[0]) if rows else {}


def tier3_numbers(lab: Lab) -> list[str]:
    """The numbers in the lines that the dial plan itself wrote, for whichever site."""
    files = sorted(lab.run_dir.glob("*/tier3/*.txt"))
    lines = [line for file in files for line in file.read_text().splitlines()]
    return [line.split("|")[NUMBER] for line in lines]
