"""Takes the pictures of the docs: ``python tests/console/console_picture.py docs/images/console.png [LANGUAGE] [THEME]``.

The page itself over a real store, as it stands some minutes after an outage, with one trunk still lost, one more line, and danger
that nobody has taken on yet; beside it, with ``-duty`` and ``-leader`` behind its name, what the duty role and a leader see.
"""

import logging
import sys
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import console_browser
import console_story as story

from callbacks.policy import LimitPolicy
from callbacks.rules.passing_on import Report
from callbacks.values import Asks, Matter, NumberSource
from console.web import Site, create_app
from store import Store


def main(target: Path, language: str = "en-GB", theme: str = "light") -> None:
    """Fill a store, serve it, look at it."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as folder, Store(f"sqlite:///{folder}/holdfast.db") as store:
        store.migrate()
        story.tell_all(store, now)
        tell_what_callers_left(store, now)
        known = replace(story.KNOWN, scopes=("power", "water"))
        app = create_app(store, Site(password=story.PASSWORD, secret_key="k" * 32, known=known))
        with console_browser.served(app) as url, console_browser.browser() as chromium:
            page = chromium.new_page(
                viewport={"width": 1500, "height": 1030},
                locale=language,
                color_scheme="dark" if theme == "dark" else "light",
            )
            console_browser.sign_in(page, url, story.PASSWORD)
            tell_of_a_lost_trunk(store, datetime.now(UTC))  # only now: what a bridge says is old after 10 s
            page.locator("#desk-member").select_option("PJSIP/agent-2")
            page.locator("#desk form button").click()
            page.locator("#take").click()
            page.wait_for_selector(".card")
            page.wait_for_timeout(2500)
            page.screenshot(path=target)
            page.set_viewport_size({"width": 1100, "height": 420})
            for name, path in (("duty", "/duty/"), ("leader", "/callbacks/")):
                page.goto(url + path)
                page.wait_for_timeout(500)
                page.screenshot(path=target.with_stem(f"{target.stem}-{name}"))


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
    row["bridge"] |= {"length": "short", "lines_used": 0.57}
    row["duty"] = {"open": 2, "danger": 1, "oldest": story.iso(now - timedelta(minutes=2)), "trouble": ""}
    del row["calls"]
    store.put_live(row, now)


def tell_what_callers_left(store: Store, now: datetime) -> None:
    """Danger and a fault for the duty role; a promise that is held, a request without effect, a notice."""
    danger = story.capture(
        "77.1", now - timedelta(minutes=2), "13900000077", matter=Matter.DANGER, region="north"
    )
    fault = story.capture("77.2", now - timedelta(minutes=1), "13900000082", region="harbour")
    keyed = {"caller_id": "13900000077", "source": NumberSource.KEYED}
    held = story.capture("78.1", now - timedelta(seconds=50), "057188880001", **keyed)
    strange = {"asks": Asks.CANCEL, "about": "314159", "owner": "13900000099"}
    request = story.capture("78.2", now - timedelta(seconds=40), "", **strange)
    notice = story.capture("78.3", now - timedelta(seconds=30), "13900000085", asks=Asks.NOTICE)
    limits = LimitPolicy(per_caller_day=1)
    store.import_captures([danger, fault, held, request, notice], "spool/picture", 1, now, limits=limits)
    store.duty_put(
        [
            Report(one.key, "power", one.matter, one.at, one.number, one.region, rounds=rounds, told_at=now)
            for one, rounds in ((danger, 2), (fault, 1))
        ]
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:4])
