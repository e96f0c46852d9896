"""Takes the picture of the README: ``python tests/console/console_picture.py docs/images/console.png [LANGUAGE] [THEME]``.

The page itself over a real store, as it stands some minutes after an outage, with one trunk still lost and one more line.
"""

import logging
import sys
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import console_browser
import console_story as story

from console.web import Site, create_app
from store import Store


def main(target: Path, language: str = "en-GB", theme: str = "light") -> None:
    """Fill a store, serve it, look at it."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as folder, Store(f"sqlite:///{folder}/holdfast.db") as store:
        store.migrate()
        story.tell_all(store, now)
        tell_of_a_lost_trunk(store, now)
        known = replace(story.KNOWN, scopes=("power", "water"))
        app = create_app(store, Site(password=story.PASSWORD, secret_key="k" * 32, known=known))
        with console_browser.served(app) as url, console_browser.browser() as chromium:
            page = chromium.new_page(
                viewport={"width": 1500, "height": 1030},
                locale=language,
                color_scheme="dark" if theme == "dark" else "light",
            )
            console_browser.sign_in(page, url, story.PASSWORD)
            page.locator("#desk-member").select_option("PJSIP/agent-2")
            page.locator("#desk form button").click()
            page.locator("#take").click()
            page.wait_for_selector(".card")
            page.wait_for_timeout(2500)
            page.screenshot(path=target)


def tell_of_a_lost_trunk(store: Store, now: datetime) -> None:
    """carrier-b has just gone: the power line goes on with half its lines; another line is still out."""
    since = story.iso(now - timedelta(seconds=95))
    lost = {
        "kind": "A4",
        "key": "INC-power-20261121T105500Z",
        "opened_at": since,
        "detail": "carrier-b is lost",
    }
    out = {
        "kind": "A3",
        "key": "INC-water-20261121T104100Z",
        "opened_at": since,
        "detail": "no agent can be reached",
    }
    row = story.live_rows(
        now,
        power=story.scope_row(now, partial="carrier-b", lines_left=30, incident=lost, waiting=2),
        water=story.scope_row(
            now,
            computed="OUTAGE",
            effective="OUTAGE",
            action="capture",
            since=story.iso(now - timedelta(minutes=13)),
            lines_left=30,
            partial="carrier-b",
            callbacks_allowed=False,
            stable_for=None,
            recovery_at=story.iso(now + timedelta(minutes=40)),
            incident=out,
        ),
    )
    down = {"health": "DOWN", "since": since, "detail": "contact unreachable", "in_use": 0}
    row["trunks"]["carrier-b"] = story.trunk_row(now, **down)
    row["trunks"]["carrier-a"] = story.trunk_row(now, in_use=17)
    del row["calls"]
    store.put_live(row, now)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:4])
