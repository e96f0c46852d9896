"""``make demo``: a hotline loses an application, a carrier and its agents; staff are told, every caller is called back.

Prints a timeline and an account.

Nothing is simulated but the people: Asterisk, SIP calls with RTP digits, kill -9, and Holdfast by its own commands.
"""

import argparse
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from lab import demo_rungs, people
from lab.account import Account, settle
from lab.demo_peers import Peers
from lab.demo_rungs import Journal
from lab.errors import LabError
from lab.lab import Lab
from lab.people import Person
from lab.results import CallHandle
from lab.site import Site

POLICY = Path(__file__).with_name("demo_staff_policy.yaml")
SPACING = 1.5  # seconds between two callers
# As many sites have it: the queue itself lets nobody go who waits in it, so he has to be brought out.
QUEUE = "[power](+)\nleavewhenempty = no\n"
AGENTS = range(1, 5)

WAITING = (people.waiting(20, 1), people.waiting(21, 8))

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

    def __init__(
        self, lab: Lab, site: Site, peers: Peers, journal: Journal, say: Callable[[str], None]
    ) -> None:
        self.lab, self.site, self.peers, self.journal, self.say = lab, site, peers, journal, say
        self.placed: list[tuple[Person, CallHandle]] = []
        self.policy = yaml.safe_load(POLICY.read_text(encoding="utf-8"))
        people_of = self.policy["alerts"]["people"].values()
        self.staff = {number for one in people_of for number in demo_rungs.numbers_of(one)}
        self._told = 0
        self._stated: set[str] = set()

    def play(self) -> Account:
        """The whole story; raises LabError with the step that did not happen."""
        self._a_normal_minute()
        self._the_application_is_slow()
        self._a_carrier_is_lost()
        self._the_agents_vanish()
        self._callers_leave_numbers()
        self._all_returns()
        self._callbacks()
        self._the_record()
        return self._account()

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

    def _the_application_is_slow(self) -> None:
        self.say("✂ the business system behind the agents becomes slow")
        self.peers.slow = True
        self._until(
            lambda scope: scope["action"] == "offer" and bool(scope["flag_written"]),
            "DEGRADED (kind A2): callers are told, and may wait or leave a number",
        )
        before = self._answered_by_agents()
        call = self.lab.call(people.number(905, 1), carrier="a", hangup_after=16.0)
        self.peers.slow = False
        self.say("the business system is quick again")
        self._wait(
            lambda: self._answered_by_agents() > before, "a caller hears that, stays, and reaches an agent"
        )
        self._until(lambda scope: scope["effective"] == "NORMAL", "stable for the recovery hold: NORMAL")
        call.result(30)
        self._must(not self._open_incidents(), "the incident is closed")

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
        self.say("all agents are on a break; two callers wait in the queue")
        self._agents("pause")
        self._call(WAITING)
        self._wait(lambda: self._in_the_queue() == len(WAITING), "both wait")
        self.say("✂ all agents vanish")
        self.lab.cut("agents")
        self._until(
            lambda scope: scope["action"] == "capture" and bool(scope["flag_written"]), "OUTAGE (kind A3)"
        )
        self._wait(lambda: not self._in_the_queue(), "those who waited are brought to the announcement")
        self._agents("unpause")

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

    def _callbacks(self) -> None:
        end = time.monotonic() + 100
        while time.monotonic() < end:
            status = self.site.status()
            self._tell_callbacks()
            for call in status["live"]["calls"]:
                self._press_voicemail(call, status["promises"])
            if not status["figures"]["open"] and not status["figures"]["talking"]:
                break
            time.sleep(0.2)
        self._tell_callbacks()

    def _the_record(self) -> None:
        """Once all is over and everybody has heard so: the papers, and what the public reads."""
        self._wait(lambda: not self._open_incidents(), "every incident is closed")
        self._wait(self.journal.quiet, "everybody who was told has heard that it is over")
        folder = records_folder()
        self.site.run("incident", "archive", "--all", str(folder))
        self.site.run("notice", "export", str(folder / "notice"))
        listed = json.loads(self.site.run("incident", "list", "--all", "--json"))
        self.say(f"  archived {len(listed)} in {folder}")
        for one in reversed(listed):
            self.say(f"    the papers of {one['key']}: incident-report.en.html and others")
        for entry in json.loads((folder / "notice" / "notice.json").read_text(encoding="utf-8"))["entries"][
            ::-1
        ]:
            at = self.journal.began(datetime.fromisoformat(entry["at"]))
            self.say(f"  the public read at {at} ({entry['event']}): {entry['text']['en']}")
        self.say(f"  the notice as a page: {folder / 'notice' / 'notice.html'}")

    def _account(self) -> Account:
        listed = json.loads(self.site.run("incident", "list", "--all", "--json"))
        records = [json.loads(self.site.run("incident", "show", one["key"], "--json")) for one in listed]
        entries, calls = self.journal.entries(), self.lab.carrier_log()
        rungs = demo_rungs.count(self.policy, records, entries, calls, len(self.peers.texts))
        return settle(self.placed, self.site, self.lab, rungs, self.staff)

    def _tell_callbacks(self) -> None:
        """Those that reached a carrier since the last look, by the carriers' own log."""
        calls = [call for call in self.lab.carrier_log() if call.number not in self.staff]
        for call in calls[self._told :]:
            self._told += 1
            waited = " (he had waited in the queue)" if call.number in {one.due for one in WAITING} else ""
            self.say(f"  callback {self._told}: {shown(call.number)} by carrier-{call.carrier}{waited}")

    def _press_voicemail(self, call: dict[str, Any], promises: list[dict[str, Any]]) -> None:
        """Where a voicemail answers, the agent says so, as one who hears the greeting."""
        key, promise = call["attempt"], call["promise"]
        number = next((one["number"] for one in promises if one["id"] == promise), "")
        if call["stage"] == "talking" and number.endswith(people.VOICEMAIL) and key not in self._stated:
            self._stated.add(key)
            said = self.site.command("callbacks", "outcome", str(promise), "voicemail", "--who", "demo")
            self.say(
                f"    the agent hears a greeting and presses voicemail ({said.stdout.strip() or said.stderr.strip()})"
            )

    # -- helpers

    def _agents(self, word: str) -> None:
        for number in AGENTS:
            self.lab.cli(f"queue {word} member PJSIP/agent-{number} queue power")

    def _in_the_queue(self) -> int:
        """Callers of carriers who stand in the queue and talk to nobody."""
        rows = [line.split("!") for line in self.lab.cli("core show channels concise").splitlines()]
        return sum(
            row[0].startswith("PJSIP/carrier") and row[5] == "Queue" and not row[-2]
            for row in rows
            if len(row) > 5
        )

    def _open_incidents(self) -> Sequence[Any]:
        found: list[Any] = json.loads(self.site.run("incident", "list", "--json"))
        return found

    def _call(self, persons: tuple[Person, ...]) -> None:
        for person in persons:
            self.say(f"  {'withheld' if person.withheld else shown(person.caller_id)} {person.who}")
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
        found: list[dict[str, Any]] = []

        def looks() -> bool:
            found[:] = self.site.status()["live"]["scopes"]
            return wanted(found[0])

        self._wait(looks, what)
        return found[0]

    def _wait(self, holds: Callable[[], object], what: str) -> None:
        end = time.monotonic() + 40
        while not holds():
            if time.monotonic() > end:
                raise LabError(f"this did not happen within 40 s: {what}")
            time.sleep(0.2)
        self.say(f"→ {what}")

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
    policy = POLICY.read_text(encoding="utf-8")
    with Peers() as peers, Lab.start(version) as lab, Site(lab, policy) as site:
        site.environment |= peers.environment
        (lab.holdfast_conf_dir / "queues_demo.conf").write_text(QUEUE, encoding="utf-8")
        site.install(lambda what: print(f"setting up: {what}", flush=True))
        site.start_bridge()
        console = site.start_console()
        print(
            f"Asterisk {lab.asterisk_version} on {lab.facts.ami_host}, console {console} (password {site.password})\n"
        )
        began, lock = datetime.now(UTC), threading.Lock()

        def stamp(at: datetime) -> str:
            seconds = int((at - began).total_seconds())
            return f"{seconds // 60:02d}:{seconds % 60:02d}"

        def say(what: str) -> None:
            with lock:
                print(f"{stamp(datetime.now(UTC))}  {what}", flush=True)

        with Journal(site.folder, say, stamp) as journal:
            account = Story(lab, site, peers, journal, say).play()
        print(account.table())
        if stay:
            print(f"\nStill running: {console} (password {site.password}). Ctrl-C ends it.", flush=True)
            threading.Event().wait()
        return 0 if account.kept else 1


def records_folder() -> Path:
    """Where the papers stay after the demo: $XDG_CACHE_HOME/holdfast/demo."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = base / "holdfast" / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def shown(number: str) -> str:
    """Enough of a number to know it again."""
    return f"{number[:3]}…{number[-4:]}"


if __name__ == "__main__":
    sys.exit(main())
