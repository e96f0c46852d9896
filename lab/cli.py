"""A real Asterisk in a folder, with carriers, agents' phones and callers."""

import argparse
import json
import signal
import sys
from pathlib import Path
from typing import Any

from lab import serve
from lab.check import check
from lab.errors import LabError
from lab.facts import DID, Options
from lab.lab import Lab

TARGETS = (
    "carrier-a, carrier-b, agent-1 … agent-4, agents, asterisk; or packets: network, manager, path-a, path-b"
)


def main(arguments: list[str]) -> int:
    """Runs one command; returns 0, 1 when a check failed, 2 when the lab cannot do it, 130 on Ctrl-C."""
    if arguments[:1] == ["serve"]:
        return serve.main(arguments[1:])
    given = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a polite end clears up just as Ctrl-C does
    try:
        return int(given.do(given) or 0)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("lab: interrupted; everything is cleared away", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lab", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    up = verbs.add_parser("up", help="start a lab in the background and print its addresses")
    up.add_argument("--asterisk", choices=["22", "16"], help="which one (default: an installed one, else 22)")
    up.add_argument("--conf", type=Path, help="folder with Holdfast's rendered files (default: an empty one)")
    up.add_argument(
        "--agent-talks", type=float, help="seconds after which an agent hangs up (default: never)"
    )
    up.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
    up.set_defaults(do=_up)

    for name, text in (("down", "end the lab"), ("status", "show what runs"), ("log", "show who was called")):
        _on_a_lab(verbs.add_parser(name, help=text)).set_defaults(do=globals()[f"_{name}"])
    for name, text in (("cut", "take something away"), ("restore", "bring it back")):
        verb = _on_a_lab(verbs.add_parser(name, help=text))
        verb.add_argument("target", help=TARGETS)
        verb.set_defaults(do=_cut_or_restore, name=name)

    call = _on_a_lab(verbs.add_parser("call", help="place a call and wait for its end"))
    call.add_argument("caller_id", nargs="?", default="13800000001")
    call.add_argument("--did", default=DID)
    call.add_argument("--carrier", choices=["a", "b"], default="a")
    call.add_argument(
        "--keys", nargs="*", type=_key, default=[], metavar="SECONDS:DIGITS", help="after the answer"
    )
    call.add_argument("--hangup-after", type=float, metavar="SECONDS")
    call.add_argument("--give-up-after", type=float, metavar="SECONDS", default=60.0)
    call.add_argument("--withheld", action="store_true", help="without a caller id")
    call.set_defaults(do=_call)

    cli = _on_a_lab(verbs.add_parser("asterisk", help="ask Asterisk's own command line"))
    cli.add_argument("line", nargs="+")
    cli.set_defaults(do=_asterisk)

    looked = verbs.add_parser(
        "check", help="load rendered files into a bare Asterisk and report what is wrong"
    )
    looked.add_argument("folder", type=Path)
    looked.add_argument("--asterisk", choices=["22", "16"])
    looked.set_defaults(do=_check)
    return parser


def _on_a_lab(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("--run", type=Path, help="the lab's folder (default: the only lab that runs)")
    return parser


def _key(text: str) -> tuple[float, str]:
    seconds, _, digits = text.partition(":")
    return float(seconds), digits


def _up(given: argparse.Namespace) -> None:
    conf = str(given.conf.absolute()) if given.conf else None
    lab = Lab.start(given.asterisk, options=Options(agent_talks=given.agent_talks, holdfast_conf=conf))
    facts = lab.facts.public()
    lab.release()
    if given.json:
        print(json.dumps(facts))
        return
    for name, value in facts.items():
        print(f"{name:20} {value}")
    print(f"\nEnd it with: python -m lab down --run {facts['run_dir']}")


def _down(given: argparse.Namespace) -> None:
    Lab.attach(given.run).down()


def _status(given: argparse.Namespace) -> None:
    lab = Lab.attach(given.run)
    status: dict[str, Any] = lab.status()
    reachable = lab.reachable() if status["running"]["asterisk"] else {}
    print(f"lab in {lab.run_dir}, Asterisk {lab.asterisk_version} on {lab.ami_host}")
    for name, alive in status["running"].items():
        seen = {True: ", reachable", False: ", unreachable", None: ""}[reachable.get(name)]
        print(f"  {name:12} {'runs' if alive else 'cut'}{seen}")
    print(f"  callers      {status['callers']} under way")
    if status["dropping"]:
        print(f"  packets of {', '.join(status['dropping'])} are dropped")


def _log(given: argparse.Namespace) -> None:
    lab = Lab.attach(given.run)
    for call in lab.carrier_log():
        print(f"{call.at:%H:%M:%S} carrier-{call.carrier} called {call.number}: {call.outcome or 'ringing'}")
    for ring in lab.agent_log():
        print(f"{ring.at:%H:%M:%S} agent-{ring.agent} rang for {ring.caller_id}: {ring.outcome or 'ringing'}")


def _cut_or_restore(given: argparse.Namespace) -> None:
    lab = Lab.attach(given.run)
    (lab.cut if given.name == "cut" else lab.restore)(given.target)


def _call(given: argparse.Namespace) -> None:
    call = Lab.attach(given.run).call(
        given.caller_id,
        given.did,
        given.carrier,
        given.keys,
        hangup_after=given.hangup_after,
        give_up_after=given.give_up_after,
        withheld=given.withheld,
    )
    result = call.result(timeout=600)
    print(
        f"{result.outcome}"
        + (f" ({result.sip_code})" if result.sip_code else "")
        + (
            f", ended by {'the caller' if result.ended_by == 'us' else 'the hotline'}"
            if result.ended_by
            else ""
        )
        + (f" after {result.seconds:.1f} s" if result.seconds is not None else "")
        + f", {result.audio_packets} packets of audio heard"
    )


def _asterisk(given: argparse.Namespace) -> None:
    print(Lab.attach(given.run).cli(" ".join(given.line)))


def _check(given: argparse.Namespace) -> int:
    report = check(given.folder, given.asterisk)
    for text in report.shown:
        print(text)
    for problem in report.problems:
        print(f"problem: {problem}")
    print(f"Asterisk {report.asterisk_version}: {len(report.problems) or 'no'} problems in {given.folder}")
    return 0 if report.ok else 1
