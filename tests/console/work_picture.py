"""Takes the pictures of the agents' and the leaders' pages: ``python tests/console/work_picture.py docs/images [LANGUAGE]``."""

import logging
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import console_browser
import console_story as story

from callbacks.ports import Terms
from callbacks.rules.deadlines import Owed
from callbacks.rules.hours import CallCalendar, Span
from callbacks.values import Matter, Outcome
from console.web import Site, create_app
from store import Store

AGENT, LEADER = "PJSIP/agent-2", "shift leader"


def main(folder: Path, language: str = "en-GB") -> None:
    """Fill a store, serve it, look at it."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as made, Store(f"sqlite:///{made}/holdfast.db") as store:
        store.migrate()
        tell(store, now)
        site = Site(password=story.PASSWORD, secret_key="k" * 32, known=story.KNOWN, calendar=always)
        with console_browser.served(create_app(store, site)) as url, console_browser.browser() as chromium:
            page = chromium.new_page(viewport={"width": 1240, "height": 1000}, locale=language)
            console_browser.sign_in(page, url, story.PASSWORD, LEADER)
            store.put_live(story.live_rows(datetime.now(UTC)), datetime.now(UTC))
            page.goto(f"{url}/work/")
            page.locator("#work-member").select_option(AGENT)
            page.locator("#work form button").click()
            page.locator("#next").click()
            page.wait_for_selector(".card")
            story.dial(store, AGENT, datetime.now(UTC))
            page.reload()
            page.screenshot(path=folder / "agents-desk.png")
            page.set_viewport_size({"width": 1500, "height": 1240})
            page.goto(f"{url}/book/")
            page.locator("#pick-3").check()
            page.screenshot(path=folder / "leaders-desk.png")


def always(now: datetime) -> CallCalendar:
    """People may be called at any hour, whenever the picture is taken."""
    around = Span(now - timedelta(days=30), now + timedelta(days=60))
    return CallCalendar((around,), (around,))


def tell(store: Store, now: datetime) -> None:
    """Some minutes after an outage; one promise is late, one is owed soon, one is paused, two are of one fault."""
    story.leave_numbers(store, now)
    store.put_live(story.live_rows(now), now)
    story.call_back(store, now, (Outcome.ANSWERED, Outcome.BUSY))
    owing(
        store, "13600000070", now - timedelta(hours=26), now - timedelta(minutes=42), matter=Matter.COMPLAINT
    )
    owing(store, "13600000071", now - timedelta(hours=20), now + timedelta(minutes=55), matter=Matter.BILL)
    for number in ("13600000072", "13600000073"):
        at = now - timedelta(minutes=9)
        store.import_captures(
            [story.capture(number, at, number, region="north")],
            "spool/f",
            1,
            now,
            terms=Terms(fault=lambda one: f"power/{one.region}/20779"),
        )
    store.pause([8], now, LEADER, "waits for the crew")
    two = next(one for one in store.open_promises() if one.captures == 2)
    store.assign([two.id], AGENT, now, LEADER)
    store.note(two.id, "asks for the evening", now, "agent four")


def owing(store: Store, number: str, at: datetime, by: datetime, *, matter: Matter) -> None:
    """A caller to whom a first attempt is owed by then."""
    terms = Terms(owed=lambda _matter, _at: Owed(first_by=by))
    store.import_captures([story.capture(number, at, number, matter=matter)], "spool/o", 1, at, terms=terms)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:3])
