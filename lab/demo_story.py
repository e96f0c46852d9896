"""What the demo plays, step by step: a hotline loses an application, a carrier, its agents and the bridge, and all returns."""

import json
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from lab import demo_callers, demo_desk, demo_rungs, people
from lab.account import Account, settle
from lab.caches import cache
from lab.demo_peers import Peers
from lab.demo_rungs import Journal
from lab.errors import LabError
from lab.lab import Lab
from lab.ledger import CarrierCall
from lab.people import Person
from lab.results import CallHandle
from lab.site import Site

POLICY = Path(__file__).with_name("demo_staff_policy.yaml")
SPACING = 1.5  # seconds between two callers
CALLING_BACK = 160.0  # seconds at most; one caller wishes to be called at a full minute
# As many sites have it: the queue itself lets nobody go who waits in it, so he has to be brought out.
QUEUE = "[power](+)\nleavewhenempty = no\n"
AGENTS = range(1, 5)
CALLERS = sum(
    len(ones) for ones in (demo_callers.BEFORE, demo_callers.FIRST, demo_callers.SECOND, demo_callers.THIRD)
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
        self.oncall: list[str] = self.policy["danger"]["oncall"]
        self.staff |= set(self.oncall)
        self._told = 0
        self._stated: set[str] = set()

    def play(self) -> Account:
        """The whole story; raises LabError with the step that did not happen."""
        self._a_normal_minute()
        self._the_application_is_slow()
        self._a_carrier_is_lost()
        self._the_agents_vanish()
        self._danger_first()
        self._callers_leave_numbers()
        self._nobody_is_there_but_asterisk()
        self._one_cancels()
        self._the_book_is_put_in_order()
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
        call = self.lab.call(people.number(905, 1), carrier="a", hangup_after=24.0)
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
        self._call(demo_callers.WAITING)
        self._wait(lambda: self._in_the_queue() == len(demo_callers.WAITING), "both wait")
        self.say("✂ all agents vanish")
        self.lab.cut("agents")
        self._until(
            lambda scope: scope["action"] == "capture" and bool(scope["flag_written"]), "OUTAGE (kind A3)"
        )
        self._wait(lambda: not self._in_the_queue(), "those who waited are brought to the announcement")
        self._agents("unpause")

    def _danger_first(self) -> None:
        self.say(f"{CALLERS} callers through carrier B hear the danger key, the announcement and the offer")
        self._call(demo_callers.BEFORE)
        first, second = self.oncall
        self._wait(lambda: self._rung(first), "the first telephone on call rings, and nobody answers")
        self._wait(
            lambda: any(call.answered_at and call.pressed == "1" for call in self._rung(second)),
            "the second one answers and presses 1: caller and helper talk",
        )

    def _callers_leave_numbers(self) -> None:
        self._call(demo_callers.FIRST)
        time.sleep(3.5)
        talking = sum("!holdfast" in line for line in self.lab.cli("core show channels concise").splitlines())
        self._must(talking > 0, f"{talking} callers are in a dialogue with the bridge at this moment")
        self._tell_length()

    def _nobody_is_there_but_asterisk(self) -> None:
        self.say("✂ kill -9 of the bridge, in the middle of calls")
        self.site.kill_bridge()
        self.say(
            "  callers go on with a script of their own (tier 2) or, above two starts at once, in tier 3"
        )
        self._call(demo_callers.SECOND)
        self.say("✂ the script may not be started any more, as if there were no Python")
        (self.lab.holdfast_conf_dir / "holdfast_local.agi").chmod(0o640)
        self.say("  callers go on in Asterisk's own dial plan (tier 3)")
        self._call(demo_callers.THIRD)
        self.say("the bridge is started again")
        self.site.start_bridge()

    def _one_cancels(self) -> None:
        """Only a full dialogue offers that, so he is not asked before lines are free again."""
        self._tell_length()
        self._wait(
            lambda: self.site.status()["live"]["bridge"]["length"] == "full",
            "enough lines are free: dialogues are whole again",
        )
        self._call((people.cancelling(22, self._reference(demo_callers.CANCELS.due)),))

    def _the_book_is_put_in_order(self) -> None:
        """What a leader and an agent do while the hotline is still out."""
        handed, wishing = (
            self._promise(one.due)["id"] for one in (demo_callers.HANDED, demo_callers.WISHING)
        )
        self.site.run("callbacks", "assign", str(handed), "--agent", demo_desk.AGENT, "--who", "shift leader")
        self.say(f"the shift leader hands promise #{handed} to agent 2")
        at = demo_desk.wish(self.site, wishing, self.policy["site"]["timezone"])
        self.say(f"a caller wishes to be called at {at}: promise #{wishing} is moved to then")

    def _all_returns(self) -> None:
        for _, call in self.placed:
            call.result(120)
        self.say("all callers have ended their calls")
        self._must(
            self._state(demo_callers.CANCELS.due) == "cancelled", "one promise is cancelled by its caller"
        )
        self.say("carrier A and the agents return")
        self.lab.restore("carrier-a")
        self.lab.restore("agents")
        self._until(
            lambda scope: bool(scope["callbacks_allowed"]),
            "stable for the recovery hold: NORMAL, callbacks may start",
        )

    def _callbacks(self) -> None:
        end, desk = time.monotonic() + CALLING_BACK, None
        while time.monotonic() < end:
            status = self.site.status()
            self._tell_callbacks()
            for call in status["live"]["calls"]:
                self._press_voicemail(call, status["promises"])
            if not desk and self._told > len(demo_callers.WAITING) and not self._calling(status):
                desk = demo_desk.Desk(self.site, self.say)
                desk.work()
            if not status["figures"]["open"] and not status["figures"]["talking"]:
                break
            time.sleep(0.2)
        self._tell_callbacks()

    def _the_record(self) -> None:
        """Once all is over and everybody has heard so: the papers, and what the public reads."""
        self._wait(lambda: not self._open_incidents(), "every incident is closed")
        self._wait(
            lambda: not self.site.status()["live"]["duty"]["open"],
            "every report of danger and faults is taken on",
        )
        self._wait(self.journal.quiet, "everybody who was told has heard that it is over")
        self._wait(self._notified, "so has the caller who asked for no more than that")
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

    def _calling(self, status: dict[str, Any]) -> bool:
        """Whether a call that agent 2 could be busy with is under way, or may begin; his own is due, too, but waits for him."""
        return bool(status["figures"]["talking"]) or status["figures"]["due"] > 1

    def _tell_callbacks(self) -> None:
        """Those that reached a carrier since the last look, by the carriers' own log."""
        calls = [call for call in self.lab.carrier_log() if call.number not in self.staff]
        for call in calls[self._told :]:
            self._told += 1
            self.say(f"  {shown(call.number)} {self._why_called(call.number)} by carrier-{call.carrier}")

    @staticmethod
    def _why_called(number: str) -> str:
        if number == demo_callers.NOTICE.notice:
            return "is told that it is over, for which he had asked,"
        if number == demo_callers.CUT_OFF.due:
            return "is called back (danger)"
        if number == demo_callers.WISHING.due:
            return "is called back (at the time that he wished for)"
        if number == demo_callers.HANDED.due:
            return "is called back (by agent 2 himself)"
        waited = number in {one.due for one in demo_callers.WAITING}
        return f"is called back{' (he had waited in the queue)' if waited else ''}"

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

    def _tell_length(self) -> None:
        """Staff see it, too: ``holdfast status`` names the length of new dialogues and the share of lines in use."""
        bridge = self.site.status()["live"]["bridge"]
        self.say(
            f"  {bridge['lines_used']:.0%} of the lines are in use: new dialogues are {bridge['length']}"
        )

    def _rung(self, number: str) -> list[CarrierCall]:
        return [call for call in self.lab.carrier_log() if call.number == number]

    def _notified(self) -> bool:
        return any(call.ended_at for call in self._rung(demo_callers.NOTICE.notice))

    def _promise(self, number: str) -> dict[str, Any]:
        listed = json.loads(self.site.run("callbacks", "list", "--all", "--full", "--json"))
        return next((one for one in listed if one["number"] == number), {})

    def _state(self, number: str) -> str:
        return str(self._promise(number).get("state", "none"))

    def _reference(self, number: str) -> str:
        """What the caller heard; he cannot tell us, so the book is asked."""
        return next(str(one["reference"]) for one in self._promise(number)["captures_made"])

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


def records_folder() -> Path:
    """Where the papers stay after the demo: $XDG_CACHE_HOME/holdfast/demo."""
    folder = cache("demo")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def shown(number: str) -> str:
    """Enough of a number to know it again."""
    return f"{number[:3]}…{number[-4:]}"
