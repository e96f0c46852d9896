"""A storm day of 10,000 calls in fast time, and the days after it until every promise is closed.

At ten in the morning the agents cannot be reached for an hour, and in the first half of it twelve times as many people call as on
any other day. They meet the dialogue that takes their numbers. Afterwards all who were promised a call are called back by the
rules that the bridge uses, while the usual callers come as ever; and the same days are played without a callback, with the same
people. Erlang's formulas check the simulator where they hold.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import config
from bench import storm_page
from bench.report import show
from bench.storm_checks import checks, full_house
from bench.storm_figures import figures, refused, told
from bench.storm_people import HOUR
from bench.storm_play import AGENT_RESERVE, LINE_RESERVE, LINES, RESERVE, World, dialogues, play
from bench.talk import Prompts
from config.policy import load_policy

SPARED = (
    (60, 1),
    (60, 10),
    (56, 1),
    (56, 8),
    (56, 12),
    (52, 1),
    (52, 12),
)  # lines, and those left, of the page's table
POLICY = Path(config.__file__).with_name("default_policy.yaml")


def spared(world: World, seed: int, lines: int, left: int) -> storm_page.Spared:
    """What so many lines, of which so many are left for callers, cost live callers; with callbacks and without."""
    here = replace(world, lines=lines, policy=replace(world.policy, line_reserve=left))
    ours, without = (play(here, seed, callbacks) for callbacks in (True, False))
    there, base = (refused(one, ours.last + HOUR) for one in (ours, without))
    return lines, left, there.refused / there.calls, base.refused / base.calls


def main(argv: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.storm", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lines", type=int, default=LINES, help="for both ways")
    parser.add_argument(
        "--reserve", type=float, default=RESERVE, help="reserve staff, as a share of the usual"
    )
    parser.add_argument(
        "--agent-reserve", type=int, default=AGENT_RESERVE, help="agents left for live callers"
    )
    parser.add_argument("--line-reserve", type=int, default=LINE_RESERVE, help="lines left for live callers")
    parser.add_argument("--docs", type=Path, metavar="FOLDER", help="draw storm.svg and its tables there")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    site = load_policy(POLICY)
    policy = replace(site.callbacks, agent_reserve=options.agent_reserve, line_reserve=options.line_reserve)
    talk = dialogues(Prompts.built(), options.seed)
    world = World(site, policy, talk, options.lines, options.reserve)
    ours, without = (play(world, options.seed, callbacks) for callbacks in (True, False))
    for line in told(ours, without):
        print(line, file=sys.stderr)
    if options.docs:
        storm_page.write(options.docs, ours, without, [spared(world, options.seed, *one) for one in SPARED])
    return show(
        [*figures(ours, without), full_house(world, options.seed), *checks(options.seed)], options.json
    )


if __name__ == "__main__":
    sys.exit(main())
