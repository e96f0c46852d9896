"""``python -m bench``: the quick figures one after the other; ``--list`` names all programs, the long ones with their times.

With ``--json`` one object a figure. The exit code is the worst of all: 0 only when every figure was reached.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module


@dataclass(frozen=True, slots=True)
class Program:
    """name, with the options that are used; what it measures; roughly how long it takes on two cores."""

    words: str
    what: str
    takes: str

    def run(self, more: Sequence[str]) -> int:
        """Its exit code. Programs are imported when they are run: some need much."""
        name, *options = self.words.split()
        main: Callable[[Sequence[str]], int] = import_module(f"bench.{name}").main
        return main([*options, *more])


QUICK = (
    Program("captures --rate 60 --seconds 30", "express captures, our CPU for one, an AGI exchange", "2 min"),
    Program("switch", "manager event to the flag in AstDB", "1 min"),
    Program("events", "manager events through translating and deciding", "15 s"),
    Program("detect_false", "switches in 24 restless hours: none", "15 s"),
)
LONG = (
    Program("detect", "something broke to the first caller who hears the phrase, shipped times", "5 min"),
    Program("switch --noise 5000", "the same as switch, while 5,000 other events come a second", "2 min"),
    Program("halfopen", "a manager link whose packets are dropped is noticed", "3 min"),
    Program("rungs", "staff told on time over 200 kills, nobody twice, nobody left out", "4 min"),
    Program("busy", "refused callers on 8 to 60 lines: adaptive dialogue, fixed one, Erlang B", "30 s"),
    Program(
        "storm", "a storm day of 10,000 calls and the days after it, with callbacks and without", "1 min"
    ),
    Program("silence", "silence after a prompt when the bridge dies or freezes in mid-dialogue", "3 min"),
    Program("held", "200 whole dialogues at once for five minutes, and our reply to an AGI line", "7 min"),
    Program("hostile", "replies to callers while strangers hold and flood the FastAGI port", "1 min"),
    Program("quiet_trunks", "false alarms of silent trunks, and how soon a real one is noticed", "10 min"),
    Program(
        "claims --store sqlite", "claim of the next callback at a million open promises, 8 at once", "4 min"
    ),
    Program("claims --store postgresql", "the same on PostgreSQL", "4 min"),
    Program("restart", "a bridge's restart with 100,000 open promises", "3 min"),
    Program(
        "takeover --faults 300",
        "an Asterisk's bridge killed, frozen, cut off: the next one, and who is called twice",
        "40 min",
    ),
    Program("captures --rate 100 --seconds 60", "captures at 100 calls a second", "4 min"),
)


def listed() -> str:
    """Every program, for people."""
    rows = [f"  python -m bench.{one.words:34} {one.takes:>6}  {one.what}" for one in (*QUICK, *LONG)]
    rows.insert(len(QUICK), "by themselves, because they take longer:")
    return "\n".join(["run by python -m bench:", *rows])


def main() -> int:
    """The worst exit code of all."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--list", action="store_true", help="name all programs and run none")
    options = parser.parse_args()
    if options.list:
        print(listed())
        return 0
    worst = max(one.run(["--json"] if options.json else []) for one in QUICK)
    print(_others(), file=sys.stderr)
    return worst


def _others() -> str:
    return "not run here: " + ", ".join(f"python -m bench.{one.words}" for one in LONG)


if __name__ == "__main__":
    sys.exit(main())
