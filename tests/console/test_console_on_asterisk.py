"""An agent's own call from the page to the carrier: browser, console, store, bridge and a real Asterisk."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import console_browser
import console_story as story
import pytest
from playwright.sync_api import Page, expect

import lab as lab_room
from callbacks.values import Outcome, PromiseState
from lab import Lab
from lab.site import Site
from store import Store

pytestmark = [
    pytest.mark.asterisk,
    pytest.mark.browser,
    pytest.mark.slow,
]
ANSWERS, HAS_VOICEMAIL = "13900001231", "13900001233"  # the lab's carriers go by the last digit


def policy() -> str:
    """The demo's site; every agent is kept for live callers, so that nobody is called but from the desk."""
    text = (Path(lab_room.__file__).parent / "demo_policy.yaml").read_text(encoding="utf-8")
    return text.replace("\n  ramp: 2", "\n  agent_reserve: 99\n  ramp: 2")


def take_call_and_say(page: Page, number: str, word: str) -> None:
    """Take the next promise, have it called, say how it ended, and wait until the desk is clear."""
    page.get_by_role("button", name="Take next").click(timeout=30_000)
    expect(page.locator(".card .big")).to_have_text(number)
    page.get_by_role("button", name="Call", exact=True).click()
    expect(page.locator(".card")).to_contain_text("talking", timeout=15_000)
    page.get_by_role("button", name=word).click()
    expect(page.locator(".card")).to_have_count(0, timeout=30_000)


def test_an_agents_own_call_reaches_the_caller_and_his_word_stands(lab: Lab) -> None:
    now = datetime.now(UTC)
    with Site(lab, policy(), name="desk") as site:
        site.install()
        site.start_bridge()
        url = site.start_console()
        with (
            Store(f"sqlite:///{site.folder}/holdfast.db") as store,
            console_browser.browser() as chromium,
            chromium.new_context(locale="en-GB") as profile,
        ):
            left = [
                story.capture("1.1", now - timedelta(minutes=9), ANSWERS),
                story.capture("2.1", now - timedelta(minutes=8), HAS_VOICEMAIL),
            ]
            store.import_captures(left, "test", 1, now)
            page = profile.new_page()
            console_browser.sign_in(page, url, site.password)
            page.locator("#desk-member").select_option("PJSIP/agent-2", timeout=15_000)
            page.get_by_role("button", name="This is mine").click()
            take_call_and_say(page, ANSWERS, "Done")
            take_call_and_say(page, HAS_VOICEMAIL, "Voicemail")
            first, second = store.promise(1), store.promise(2)
            assert first is not None
            assert second is not None
            assert first.state is PromiseState.DONE
            assert (second.state, second.attempts) == (PromiseState.OPEN, 1)
            ended = [store.attempts_of(number)[0] for number in (1, 2)]
            assert [attempt.outcome for attempt in ended] == [Outcome.ANSWERED, Outcome.VOICEMAIL]
            assert [attempt.agent for attempt in ended] == ["PJSIP/agent-2"] * 2
            assert [intent.state.value for intent in store.intents(4)] == ["applied"] * 4
        looked = site.command("doctor", "--files", str(lab.holdfast_conf_dir))
        assert "logged in as holdfast" in looked.stdout, looked
        assert "Asterisk has loaded extensions_holdfast.conf" in looked.stdout + looked.stderr, looked
        assert "dialogue.json is fresh" in looked.stdout, looked
