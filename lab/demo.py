"""``make demo``: a hotline loses a carrier and then its agents, and every caller is called back. Prints a timeline.

Nothing is simulated but the people: Asterisk, SIP calls with RTP digits, kill -9, and Holdfast by its own commands.
"""

import argparse
import json
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab import people
from lab.account import Account, settle
from lab.errors import LabError
from lab.lab import Lab
from lab.people import Person
from lab.results import CallHandle
from lab.site import Site

POLICY = Path(__file__).with_name("demo_policy.yaml")
SPACING = 1.5  # seconds between two callers

FIRST = (
    people.corrected(4, 9),
    people.keyed(2, 8),
    people.withheld(6, 1),
    people.own(1, 1),
    people.own(3, 4, "presses 1 (his line will be busy)"),
    people.own(7, 5, "presses 1 (he will not answer)"),
    people.early(8),
    people.own(9, 2, "presses 1 (a man of few words)"),
    people.half_way(10, 1),
    people.own(1, 1, "the first caller again: presses 1"),
    people.silent(5, 0),
    people.own(11, 3, "presses 1 (a voicemail will answer)"),
)
SECOND = (
    people.silent(15, 8),
    people.keyed(13, 1),
    people.own(12, 1),
    people.own(14, 6, "presses 1 (his network is full)"),
    people.withheld(18, 9),
    people.own(16, 7, "presses 1 (his line will refuse)"),
    people.early(17),
    people.own(19, 1),
)


class Story:
    """Plays the story on a lab and a site; ``placed`` keeps what every caller did."""

    def __init__(self, lab: Lab, site: Site, say: Callable[[str], None]) -> None:
        self.lab, self.site, self.say = lab, site, say
        self.placed: list[tuple[Person, CallHandle]] = []
        self._told: set[str] = set()
        self._stated: set[str] = set()

    def play(self) -> Account:
        """The whole story; raises LabError with the step that did not happen."""
        self._a_normal_minute()
        self._a_carrier_is_lost()
        self._the_agents_vanish()
        self._callers_leave_numbers()
        self._all_returns()
        return self._callbacks()

    # -- the steps

    def _a_normal_minute(self) -> None:
        self.say("three callers reach agents")
        before = self._answered_by_agents()
        calls = [
            self.lab.call(people.number(900 + i, 1), carrier="ab"[i % 2], hangup_after=3.0) for i in range(3)
        ]
        for call in calls:
            call.result(30)
        self._must(self._answered_by_agents() - before == 3, "three calls answered by agents")

    def _a_carrier_is_lost(self) -> None:
        self.say("✂ carrier A is cut")
        self.lab.cut("carrier-a")
        scope = self._until(lambda scope: bool(scope["partial"]), "carrier A is noticed (kind A4, partial)")
        self._must(scope["effective"] == "NORMAL", "the hotline stays NORMAL")
        self.say(
            f"  {scope['lines_left']} of {scope['lines_total']} lines are left; lost: {scope['partial']}"
        )
        before = self._answered_by_agents()
        self.lab.call(people.number(910, 1), carrier="b", hangup_after=2.0).result(30)
        self._must(self._answered_by_agents() - before == 1, "a caller through carrier B reaches an agent")

    def _the_agents_vanish(self) -> None:
        self.say("✂ all agents vanish")
        self.lab.cut("agents")
        self._until(
            lambda scope: scope["action"] == "capture" and bool(scope["flag_written"]), "OUTAGE (kind A3)"
        )

    def _callers_leave_numbers(self) -> None:
        self.say(
            f"{len(FIRST) + len(SECOND)} callers through carrier B hear the announcement and leave numbers"
        )
        self._call(FIRST)
        time.sleep(3.5)
        talking = sum("!holdfast" in line for line in self.lab.cli("core show channels concise").splitlines())
        self._must(talking > 0, f"{talking} callers are in a dialogue with the bridge at this moment")
        self.say("✂ kill -9 of the bridge, in the middle of calls")
        self.site.kill_bridge()
        self._call(SECOND)
        self.say("  callers go on in Asterisk's own dial plan (tier 3)")
        time.sleep(4)
        self.say("the bridge is started again")
        self.site.start_bridge()

    def _all_returns(self) -> None:
        for _, call in self.placed:
            call.result(120)
        self.say("all callers have ended their calls")
        self.say("carrier A and the agents return")
        self.lab.restore("carrier-a")
        self.lab.restore("agents")
        self._until(
            lambda scope: bool(scope["callbacks_allowed"]),
            "stable for the recovery hold: NORMAL, callbacks may start",
        )

    def _callbacks(self) -> Account:
        end = time.monotonic() + 100
        while time.monotonic() < end:
            status = self.site.status()
            for call in status["live"]["calls"]:
                self._follow(call, status["promises"])
            if not status["figures"]["open"] and not status["figures"]["talking"]:
                break
            time.sleep(0.2)
        self._tell_the_short_ones()
        return settle(self.placed, self.site, self.lab)

    def _follow(self, call: dict[str, Any], promises: list[dict[str, Any]]) -> None:
        """Tells of a new callback; where a voicemail answers, the agent says so, as one who hears the greeting."""
        key, promise = call["attempt"], call["promise"]
        number = next((one["number"] for one in promises if one["id"] == promise), "")
        if number and key not in self._told:
            self._tell(key, number, call["trunk"])
        if call["stage"] == "talking" and number.endswith(people.VOICEMAIL) and key not in self._stated:
            self._stated.add(key)
            said = self.site.command("callbacks", "outcome", str(promise), "voicemail", "--who", "demo")
            self.say(
                f"    the agent hears a greeting and presses voicemail ({said.stdout.strip() or said.stderr.strip()})"
            )

    def _tell_the_short_ones(self) -> None:
        """Attempts that began and ended between two looks (a busy line), so that the list agrees with the account."""
        book = json.loads(self.site.run("callbacks", "list", "--all", "--json"))
        for promise in book:
            for attempt in promise["attempts_made"]:
                if attempt["key"] not in self._told:
                    ended = f"{attempt['trunk']} (short: {attempt['outcome']})"
                    self._tell(attempt["key"], promise["number"], ended)

    def _tell(self, key: str, number: str, trunk: str) -> None:
        self._told.add(key)
        self.say(f"  callback {len(self._told)}: {number} by {trunk}")

    # -- helpers

    def _call(self, persons: tuple[Person, ...]) -> None:
        for person in persons:
            shown = "withheld" if person.withheld else f"{person.caller_id[:3]}…{person.caller_id[-4:]}"
            self.say(f"  {shown} {person.who}")
            call = self.lab.call(
                person.caller_id,
                carrier="b",
                keys=person.keys,
                hangup_after=person.hangup_after,
                withheld=person.withheld,
            )
            self.placed.append((person, call))
            time.sleep(SPACING)

    def _answered_by_agents(self) -> int:
        return sum(call.outcome == "answered" for call in self.lab.agent_log())

    def _until(self, wanted: Callable[[dict[str, Any]], bool], what: str) -> dict[str, Any]:
        end = time.monotonic() + 40
        while time.monotonic() < end:
            scope: dict[str, Any] = self.site.status()["live"]["scopes"][0]
            if wanted(scope):
                self.say(f"→ {what}")
                return scope
            time.sleep(0.2)
        raise LabError(f"this did not happen within 40 s: {what}")

    def _must(self, holds: bool, what: str) -> None:
        if not holds:
            raise LabError(f"this did not happen: {what}")
        self.say(f"→ {what}")


def main() -> int:
    """Exit code 0 only if nothing was lost, nobody was called twice, and every step happened."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument(
        "--stay", action="store_true", help="leave everything running, with the console's address"
    )
    parser.add_argument("--asterisk", default=None, help="22 or 16; otherwise whatever is at hand")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return _demo(options.asterisk, options.stay)
    except LabError as problem:
        print(f"\nThe demo ended early: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; everything that was started is ended.", file=sys.stderr)
        return 130


def _demo(version: str | None, stay: bool) -> int:
    with Lab.start(version) as lab, Site(lab, POLICY.read_text(encoding="utf-8")) as site:
        site.install(lambda what: print(f"setting up: {what}", flush=True))
        site.start_bridge()
        console = site.start_console()
        print(
            f"Asterisk {lab.asterisk_version} on {lab.facts.ami_host}, console {console} (password {site.password})\n"
        )
        began = time.monotonic()

        def say(what: str) -> None:
            print(
                f"{int(time.monotonic() - began) // 60:02d}:{int(time.monotonic() - began) % 60:02d}  {what}",
                flush=True,
            )

        account = Story(lab, site, say).play()
        print(account.table())
        if stay:
            print(f"\nStill running: {console} (password {site.password}). Ctrl-C ends it.", flush=True)
            threading.Event().wait()
        return 0 if account.kept else 1


if __name__ == "__main__":
    sys.exit(main())
