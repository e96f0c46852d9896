"""The page as a person sees it: a real server on loopback, a real store, headless Chromium."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import console_browser
import console_story as story
import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from store import Store

pytest_plugins = ["console_fixtures"]
pytestmark = [
    pytest.mark.browser,
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for all; every page has a profile of its own."""
    with console_browser.browser() as started:
        yield started


@pytest.fixture
def page(app: Flask, store: Store, chromium: Browser) -> Iterator[Page]:
    """The board, signed in, over the whole story; fails on any error in the browser."""
    story.tell_all(store, datetime.now(UTC))
    with (
        console_browser.served(app) as url,
        chromium.new_context(viewport={"width": 1600, "height": 960}, locale="en-GB") as profile,
    ):
        shown = profile.new_page()
        errors: list[str] = []
        shown.on("pageerror", lambda error: errors.append(str(error)))
        shown.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        console_browser.sign_in(shown, url, story.PASSWORD)
        yield shown
        assert errors == []


def test_a_change_in_the_store_appears_without_reloading(page: Page, store: Store) -> None:
    expect(page.locator(".scope .mode")).to_have_text("Normal")
    page.evaluate("window.sameDocument = true")
    now = datetime.now(UTC)
    outage = story.scope_row(now, effective="OUTAGE", action="capture", callbacks_allowed=False)
    store.put_live(story.live_rows(now, power=outage), now)
    expect(page.locator(".scope .mode")).to_have_text("Outage", timeout=6000)
    expect(page.locator(".scope .says")).to_contain_text("hear the announcement")
    assert page.evaluate("window.sameDocument") is True


def unchanged(page: Page) -> None:
    """Returns when the page was told that its board is still the same."""
    with page.expect_response(
        lambda answer: answer.url.endswith("/live") and answer.status == 304, timeout=8000
    ):
        pass


def test_an_unchanged_board_is_polled_but_not_redrawn(page: Page) -> None:
    unchanged(page)
    page.evaluate("document.querySelector('#live .scope').dataset.drawn = 'once'")
    unchanged(page)
    assert page.locator("#live .scope").get_attribute("data-drawn") == "once"


def test_an_agent_takes_the_next_calls_and_says_how_it_ended(
    page: Page, store: Store, tmp_path: Path
) -> None:
    page.get_by_label("My telephone").select_option("PJSIP/agent-2")
    page.get_by_role("button", name="This is mine").click()
    page.get_by_role("button", name="Take next").click()
    expect(page.locator(".card")).to_be_visible()
    promise = store.promises_of("PJSIP/agent-2")[0]
    expect(page.locator(".card .big")).to_have_text(promise.number)
    page.get_by_role("button", name="Call", exact=True).click()
    expect(page.get_by_role("button", name="Call", exact=True)).to_be_disabled()
    assert store.intents(1)[0].kind == "dial"
    story.dial(store, "PJSIP/agent-2", datetime.now(UTC))
    expect(page.get_by_role("button", name="Voicemail")).to_be_visible(timeout=6000)
    page.get_by_label("Remark").fill("left a message")
    page.get_by_role("button", name="Voicemail").click()
    expect(page.locator(".card .note")).to_contain_text("waiting for the bridge")
    assert store.intents(1)[0].payload["note"] == "left a message"
    picture = tmp_path / "desk.png"
    page.screenshot(path=picture)
    assert picture.stat().st_size > 20_000


def test_what_is_being_typed_survives_the_polling(page: Page, store: Store) -> None:
    page.get_by_label("My telephone").select_option("PJSIP/agent-2")
    page.get_by_role("button", name="This is mine").click()
    page.get_by_role("button", name="Take next").click()
    expect(page.locator(".card")).to_be_visible()
    story.dial(store, "PJSIP/agent-2", datetime.now(UTC))
    remark = page.get_by_label("Remark")
    expect(remark).to_be_visible(timeout=6000)
    remark.fill("half a sentence")
    rows = story.live_rows(datetime.now(UTC))
    rows["agents"][1]["presence"] = "paused"
    store.put_live(rows, datetime.now(UTC))
    expect(page.locator(".me")).to_contain_text("paused", timeout=6000)
    expect(remark).to_have_value("half a sentence")
    expect(remark).to_be_focused()


def test_the_desk_can_be_used_with_the_keyboard_alone(page: Page, store: Store) -> None:
    page.locator("#desk-member").focus()
    page.keyboard.type("agent-4")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".me")).to_contain_text("agent-4")
    page.locator("#take").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".card")).to_be_visible()
    assert len(store.promises_of("PJSIP/agent-4")) == 1


def test_every_field_has_its_label(page: Page) -> None:
    for summary in page.locator("details summary").all():
        summary.click()
    unnamed = page.evaluate(
        "[...document.querySelectorAll('input:not([type=hidden]), select, button')]"
        ".filter(field => !(field.labels && field.labels.length) && !field.textContent.trim()).length"
    )
    assert unnamed == 0
