"""A day of an agent and a day of a leader in a real browser, over a real store; the test plays the bridge."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import console_browser
import console_story as story
import pytest
from playwright.sync_api import Browser, Page, expect

from callbacks.ports import Terms
from callbacks.rules.deadlines import Owed
from callbacks.rules.hours import CallCalendar, Span
from callbacks.values import Matter, PromiseState, Settled
from console.web import Site, create_app
from store import Store
from store.intents import IntentState

pytest_plugins = ["console_fixtures"]
pytestmark = [pytest.mark.browser]
LEADERS_OWN = "a leader's own password"
MEMBER = "PJSIP/agent-2"


def always(now: datetime) -> CallCalendar:
    """People may be called at any hour."""
    around = Span(now - timedelta(days=30), now + timedelta(days=60))
    return CallCalendar((around,), (around,))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with console_browser.browser() as started:
        yield started


@pytest.fixture
def address(store: Store) -> Iterator[str]:
    """The page over nineteen promises, one of them late."""
    now = datetime.now(UTC)
    story.leave_numbers(store, now)
    late = story.capture(
        "70.1", now - timedelta(hours=3), "13600000070", reference="271828", matter=Matter.BILL
    )
    owed = Owed(first_by=now - timedelta(minutes=3))
    store.import_captures([late], "spool/late", 1, now, terms=Terms(owed=lambda _matter, _at: owed))
    store.put_live(story.live_rows(now), now)
    site = Site(
        password=story.PASSWORD,
        leader_password=LEADERS_OWN,
        secret_key="k" * 32,
        known=story.KNOWN,
        calendar=always,
    )
    with console_browser.served(create_app(store, site)) as url:
        yield url


def opened(chromium: Browser, errors: list[str], *, width: int = 1300) -> Page:
    page = chromium.new_context(viewport={"width": width, "height": 900}, locale="en-GB").new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    return page


def alive(store: Store) -> None:
    """The bridge says that it is there, which it does every second; what it said is old after ten."""
    store.put_live(story.live_rows(datetime.now(UTC)), datetime.now(UTC))


def sign_in(page: Page, url: str, password: str, who: str) -> None:
    page.goto(f"{url}/login")
    page.get_by_label("Your name").fill(who)
    page.get_by_label("Password of the console").fill(password)
    page.get_by_role("button").first.click()


def test_a_day_of_an_agent(address: str, chromium: Browser, store: Store) -> None:
    errors: list[str] = []
    page = opened(chromium, errors, width=390)
    sign_in(page, address, story.PASSWORD, "agent two")
    page.get_by_label("My telephone").select_option(MEMBER)
    page.get_by_role("button", name="This is mine").click()
    alive(store)
    page.locator("#next").click(timeout=8000)
    expect(page.locator(".card")).to_be_visible()
    (one,) = store.promises_of(MEMBER)
    expect(page.locator(".card .big")).to_have_text(one.number)
    page.get_by_role("button", name="Call", exact=True).click()
    expect(page.get_by_role("button", name="Call", exact=True)).to_be_disabled()
    attempt = story.dial(store, MEMBER, datetime.now(UTC))  # as the bridge does
    page.get_by_text("Order, complaint, satisfaction").click(timeout=6000)
    page.get_by_label("What became of it").first.select_option("ordered")
    page.get_by_label("Number of the order").fill("F-2026-77")
    page.get_by_label("Satisfied").select_option("4")
    with page.expect_response(lambda answer: "/work/panel" in answer.url):
        pass  # a poll goes by, and what was typed stays
    expect(page.get_by_label("Number of the order")).to_have_value("F-2026-77")
    page.get_by_role("button", name="Done").click()
    expect(page.locator(".card .note")).to_contain_text("waiting for the bridge")
    wish = store.intents(1)[0]
    store.finish_intent(wish.id, IntentState.APPLIED, "recorded", datetime.now(UTC))
    story.finish(store, attempt, datetime.now(UTC))
    alive(store)
    expect(page.locator("#next")).to_be_visible(timeout=6000)
    (said,) = store.matter_outcomes(one.id)
    assert (said.settled, said.order, said.satisfied) == (Settled.ORDERED, "F-2026-77", 4)

    page.get_by_label("Reference").fill("271828")  # a caller who got through tells it
    page.get_by_role("button", name="Find").click()
    expect(page.locator(".mark.late")).to_be_visible()
    page.get_by_text("The caller got through").click()
    page.get_by_role("button", name="Dealt with: nobody calls").click()
    expect(page.locator(".history li").first).to_contain_text("the caller got through")
    (served,) = store.search(reference="271828")
    assert served.state is PromiseState.DONE
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "fits a telephone"
    assert page.goto(f"{address}/book/").status == 403  # type: ignore[union-attr]  # a page of ours answers
    assert [one for one in errors if "403" not in one] == []
    page.context.close()


def test_a_day_of_a_leader(address: str, chromium: Browser, store: Store) -> None:
    errors: list[str] = []
    page = opened(chromium, errors)
    sign_in(page, address, LEADERS_OWN, "shift leader")
    page.get_by_text("1 are late").click()
    expect(page.locator("#rows tbody tr")).to_have_count(1)
    page.get_by_role("link", name="everything", exact=True).click()
    (late,) = store.late(datetime.now(UTC))
    page.locator(f"#rows a[href='/work/{late.id}']").first.click()
    page.get_by_role("button", name="To the front").click()
    expect(page.locator(".history")).to_contain_text("moved to another place")
    page.get_by_role("link", name="Book", exact=True).click()

    page.locator("#pick-1").check()
    page.locator("#pick-2").check()
    store.note(5, "something changes", datetime.now(UTC), "x")
    store.pause([5], datetime.now(UTC), "x", "y")
    expect(page.locator("#rows")).to_contain_text("paused", timeout=6000)  # redrawn, and the ticks stay
    expect(page.locator("#pick-1")).to_be_checked()
    page.locator("#many").get_by_label("Why").fill("line closed for good")
    page.get_by_role("button", name="Cancel: nobody calls").click()
    expect(page.locator(".note.good")).to_contain_text("2 done.")
    page.locator("#pick-3").check()
    page.locator("#many").get_by_label("Agent").select_option(MEMBER)
    page.get_by_role("button", name="Hand over").click()
    expect(page.locator(".note.good")).to_contain_text("1 done.")
    page.get_by_label("Number").fill("13900001201")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("#rows tbody tr")).to_have_count(1)
    cancelled = [one.reason for number in (1, 2) if (one := store.promise(number))]
    assert cancelled == ["line closed for good"] * 2
    handed = store.promise(3)
    assert handed is not None
    assert handed.assigned == MEMBER
    unnamed = page.evaluate(
        "[...document.querySelectorAll('input:not([type=hidden]), select, button')]"
        ".filter(f => !(f.labels && f.labels.length) && !f.textContent.trim() && !f.ariaLabel).length"
    )
    assert unnamed == 0
    assert errors == []
    page.context.close()
