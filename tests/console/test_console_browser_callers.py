"""What callers left, as people see and handle it: danger, a held callback, a message that is played. Headless Chromium."""

import wave
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import console_browser
import console_story as story
import pytest
from playwright.sync_api import Page, expect

from callbacks.policy import LimitPolicy
from callbacks.rules.passing_on import Report
from callbacks.values import Matter
from console.web import Shelf, Site, create_app
from store import Store
from store.intents import IntentState

pytest_plugins = ["console_fixtures"]
pytestmark = [
    pytest.mark.browser,
]


@pytest.fixture
def page(store: Store, tmp_path: Path) -> Iterator[Page]:
    """The board, signed in, while danger waits and one callback is held; fails on any error in the browser."""
    now = datetime.now(UTC)
    with wave.open(str(tmp_path / "77.1.wav"), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(b"\x10\x20" * 8000)
    told = {"matter": Matter.DANGER, "recording": "77.1.wav", "reference": "123456"}
    danger = story.capture("77.1", now - timedelta(minutes=2), "13900000077", **told)
    held = story.capture("78.1", now - timedelta(minutes=1), "13900000078", caller_id="13900000077")
    store.import_captures([danger, held], "spool/test", 1, now, limits=LimitPolicy(per_caller_day=1))
    store.duty_put(
        [Report(danger.key, "power", Matter.DANGER, danger.at, danger.number, rounds=1, told_at=now)]
    )
    store.put_live(rows(now, 1), now)
    site = Site(story.PASSWORD, "k" * 32, replace(story.KNOWN), shelf=Shelf(tmp_path, "pbx1"))
    with (
        console_browser.served(create_app(store, site)) as url,
        console_browser.browser() as chromium,
        chromium.new_context(viewport={"width": 1500, "height": 960}, locale="en-GB") as profile,
    ):
        shown = profile.new_page()
        errors: list[str] = []
        shown.on("pageerror", lambda error: errors.append(str(error)))
        shown.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        console_browser.sign_in(shown, url, story.PASSWORD, "person on duty")
        yield shown
        assert errors == []


def rows(now: datetime, danger: int) -> dict[str, object]:
    """Live rows with so much danger waiting, and a short dialogue."""
    made = story.live_rows(now)
    made["bridge"] |= {"length": "express", "lines_used": 0.72}
    oldest = story.iso(now - timedelta(minutes=2)) if danger else None
    made["duty"] = {"open": danger, "danger": danger, "oldest": oldest, "trouble": ""}
    return made


def test_danger_is_seen_heard_and_taken_on_and_a_held_callback_let(page: Page, store: Store) -> None:
    expect(page.locator(".length")).to_contain_text("one key, or a number keyed in")
    page.get_by_role("link", name="Danger: 1 of 1 reports").click()
    row = page.locator("tr.report")
    expect(row).to_contain_text("13900000077")
    expect(row.locator("time[data-age]")).to_have_text("2 min")
    page.evaluate("document.querySelector('audio').play().then(() => { window.heard = true })")
    page.wait_for_function("window.heard && document.querySelector('audio').currentTime > 0")

    page.get_by_role("button", name="Take on", exact=True).click()
    expect(page.locator("#reports")).to_contain_text("waiting for the bridge")
    intent = store.intents(1)[0]
    assert (intent.kind, intent.who, intent.payload["captures"]) == (
        "duty-ack",
        "person on duty",
        ["pbx1:77.1"],
    )
    now = datetime.now(UTC)
    store.duty_ack(["pbx1:77.1"], "person on duty", now)
    store.finish_intent(intent.id, IntentState.APPLIED, "1 taken on", now)
    store.put_live(rows(now, 0), now)
    expect(page.locator("#reports")).to_contain_text("Nothing waits.", timeout=6000)

    page.get_by_role("link", name="Back to the board").click()
    expect(page.locator(".note.duty")).to_have_count(0)
    page.get_by_role("link", name="Callbacks", exact=True).click()
    page.get_by_role("button", name="Let it be called").click()
    expect(page.get_by_role("status")).to_contain_text("is called in its turn")
    assert [one.attention for one in store.open_promises()] == [False, False]

    page.goto(page.url.rstrip("/") + "/1")
    expect(page.locator(".captures")).to_contain_text("reference 123456")
    with page.expect_download() as saved:
        page.get_by_role("link", name="save message").click()
    assert saved.value.suggested_filename.endswith("-123456.wav")
