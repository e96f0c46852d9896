"""The pages of what is late go on (requirements E2, E3)."""

import re
from datetime import datetime, timedelta

import console_story as story
from console_visitor import Visitor
from flask.testing import FlaskClient

from callbacks.ports import Terms
from callbacks.rules.deadlines import Owed
from store import Store

pytest_plugins = ["console_fixtures"]


def test_every_late_promise_is_on_one_of_the_pages(client: FlaskClient, store: Store, now: datetime) -> None:
    calls = [story.capture(f"l{n}", now - timedelta(hours=3), f"1370000{n:04d}") for n in range(120)]
    late = Terms(owed=lambda _matter, _at: Owed(first_by=now - timedelta(minutes=5)))
    store.import_captures(calls, "spool/t", 1, now, terms=late)
    Visitor(client).sign_in()
    seen: list[str] = []
    address: str | None = "/book/?when=late"
    while address:
        page = client.get(address).text
        seen += re.findall(r'name="promise" value="(\d+)"', page)
        found = re.search(r'rel="next" href="([^"]+)"', page)
        address = found[1].replace("&amp;", "&") if found else None
    assert sorted(seen, key=int) == [str(n) for n in range(1, 121)]
    body = client.get("/api/book?when=late").json
    assert body is not None
    assert (len(body["promises"]), bool(body["after"])) == (50, True)
