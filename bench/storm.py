"""A storm day of 10,000 calls in fast time, and the days after it until every promise is closed.

At ten in the morning the agents cannot be reached for an hour, and in the first half of it twelve times as many people call as on
any other day. They meet the dialogue that takes their numbers. Afterwards all who were promised a call are called back by the
rules that the bridge uses, while the usual callers come as ever; and the same days are played without a callback, with the same
people. Erlang's formulas check the simulator where they hold.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import config
from bench import storm_page
from bench.report import show
from bench.storm_checks import checks, full_house
from bench.storm_figures import figures, late, refused, told
from bench.storm_people import CALLS, HOUR
from bench.storm_play import LINES, RESERVE, Played, World, dialogues, play
from bench.talk import Prompts
from config.policy import load_policy

SPARED = ((56, CALLS), (52, CALLS), (30, 5_000.0), (16, 2_700.0))  # lines and calls a day of the page's table
POLICY = Path(config.__file__).with_name("default_policy.yaml")


def spared(world: World, ours: Played, without: Played) -> storm_page.Spared:
    """How many live callers found no line, with callbacks and without; and promises that were late."""
    there, base = (refused(one, ours.last + HOUR) for one in (ours, without))
    shares = (there.refused / there.calls, base.refused / base.calls)
    return world.lines, round(world.calls), *shares, late(ours)


def other_sites(world: World, seed: int) -> Iterator[storm_page.Spared]:
    """The same storm over the table's other sites."""
    for lines, calls in SPARED:
        here = replace(world, lines=lines, calls=calls)
        yield spared(here, *(play(here, seed, callbacks) for callbacks in (True, False)))


def main(argv: Sequence[str] | None = None) -> int:
    """The command line."""
    site = load_policy(POLICY)
    shipped = site.callbacks
    parser = argparse.ArgumentParser(prog="python -m bench.storm", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lines", type=int, default=LINES, help="for both ways")
    parser.add_argument(
        "--reserve", type=float, default=RESERVE, help="reserve staff, as a share of the usual"
    )
    parser.add_argument("--calls", type=float, default=CALLS, help="on a working day")
    parser.add_argument(
        "--agent-reserve", type=int, default=shipped.agent_reserve, help="agents left for callers"
    )
    parser.add_argument(
        "--line-reserve", type=int, default=shipped.line_reserve, help="lines left for callers, at least"
    )
    parser.add_argument("--docs", type=Path, metavar="FOLDER", help="draw storm.svg and its tables there")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    policy = replace(shipped, agent_reserve=options.agent_reserve, line_reserve=options.line_reserve)
    talk = dialogues(Prompts.built(), options.seed)
    world = World(site, policy, talk, options.lines, options.reserve, calls=options.calls)
    ours, without = (play(world, options.seed, callbacks) for callbacks in (True, False))
    for line in told(ours, without):
        print(line, file=sys.stderr)
    if options.docs:
        sites = [spared(world, ours, without), *other_sites(world, options.seed)]
        storm_page.write(options.docs, ours, without, sites)
    return show(
        [*figures(ours, without), full_house(world, options.seed), *checks(options.seed)], options.json
    )


if __name__ == "__main__":
    sys.exit(main())
