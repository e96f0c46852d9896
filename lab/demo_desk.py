"""An agent's own work in the demo, by the console's JSON as a program or a page does it; and the measures of the day."""

import http.cookiejar
import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from lab.errors import LabError
from lab.site import Site

AGENT = "PJSIP/agent-2"
ORDER = "F-2026-118"  # of the fault order, as another system would number it
NEAR = timedelta(seconds=20)  # a time that a caller wishes for: the next full minute after so long
PATIENCE = 40.0
MEASURES = (
    *("Total calls", "Answered", "Average speed of answer", "Average talk", "Promises", "Punctuality"),
    *(
        "Time to first attempt",
        "Contact share",
        "Attempts per success",
        "Given up as unreachable",
        "Never dialled",
    ),
)


class Desk:
    """An agent who has signed in at the console and chosen a telephone. Raises LabError with what was refused."""

    def __init__(self, site: Site, say: Callable[[str], None]) -> None:
        self._site, self._say, self._token = site, say, ""
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._browser = urllib.request.build_opener(jar)

    def work(self) -> None:
        """Take what was handed over, have it called, settle its matter, and say how it ended."""
        self._token = self._ask("session", get=True)["csrf_token"]
        signed = self._ask("session", who="agent 2", password=self._site.password)
        self._token = signed["csrf_token"]
        self._ask("session", member=AGENT)
        card = self._ask("work/next")["promise"]
        if card is None:
            raise LabError("the agent was given nothing to do")
        number = card["id"]
        self._say(f"  agent 2 takes promise #{number}, which was handed to him, and looks at it")
        self._ask(f"work/{number}/call")
        card = self._until(number, lambda one: one["state"] == "talking")
        self._say("  he presses call; the caller answers")
        matter = {"capture": card["matters"][0]["capture"], "settled": "ordered", "order": ORDER}
        self._ask(
            f"work/{number}/outcome",
            outcome="answered",
            attempt=card["attempt"],
            note="tree on the line",
            matters=[matter | {"satisfied": 5}],
        )
        self._until(number, lambda one: one["state"] == "done")
        self._say(f"  he writes the outcome: fault order {ORDER}, the caller is satisfied (5 of 5)")

    def _until(self, number: int, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            card: dict[str, Any] = self._ask(f"work/{number}", get=True)["promise"]
            if holds(card):
                return card
            time.sleep(0.3)
        raise LabError(f"promise {number} did not go on at the agent's desk; it is {card['state']}")

    def _ask(self, path: str, *, get: bool = False, **body: object) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310  # our own console, http on loopback
            f"{self._site.console_url}/api/{path}",
            data=None if get else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "X-CSRFToken": self._token},
        )
        try:
            with self._browser.open(request, timeout=10) as answer:
                said: dict[str, Any] = json.load(answer)
                return said
        except urllib.error.HTTPError as refused:
            raise LabError(f"the console refused {path}: {refused.read().decode()[:300]}") from None


def wish(site: Site, promise: int, zone: str) -> str:
    """Writes down that the caller wishes to be called at the next full minute that is far enough; returns HH:MM."""
    local = (datetime.now(UTC) + NEAR).astimezone(ZoneInfo(zone)).replace(second=0) + timedelta(minutes=1)
    at = f"{local:%H:%M}"
    site.run("callbacks", "reschedule", str(promise), f"{local:%Y-%m-%d}", at, "--note", "at work until then")
    return at


def measures(site: Site) -> str:
    """The measures of the day that a look is enough for, as ``holdfast measures`` tells them."""
    told = site.run("measures", "--language", "en").splitlines()
    rows = [re.split(r" {2,}", line.strip()) for line in told]
    values = {row[0]: row[1] for row in rows if len(row) > 1}
    width = max(map(len, MEASURES))
    return "\n".join(f"{name:<{width}}  {values.get(name, '–')}" for name in MEASURES)
