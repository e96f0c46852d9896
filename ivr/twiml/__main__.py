"""``python -m ivr.twiml``: looks whether this site could answer, and fetches recordings."""

import argparse
import sys
from collections.abc import Sequence
from time import sleep

from ivr.twiml.assembly import Site
from ivr.twiml.settings import SettingsWrong, load_settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 0 when all is well, 1 when something failed, 2 for wrong settings."""
    parser = argparse.ArgumentParser(prog="python -m ivr.twiml", description=__doc__)
    tasks = parser.add_subparsers(dest="task", required=True)
    tasks.add_parser("check", help="settings, policy, prompts and spool: what is wrong, with its remedy")
    fetching = tasks.add_parser(
        "recordings", help="fetch recordings from the provider, delete there what is old"
    )
    fetching.add_argument(
        "--every", type=float, default=0.0, metavar="SECONDS", help="go on for ever, so often"
    )
    given = parser.parse_args(arguments)
    try:
        site = Site(load_settings())
    except SettingsWrong as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return _check(site) if given.task == "check" else _recordings(site, given.every)


def _check(site: Site) -> int:
    problems = [*site.problems(), *filter(None, [site.keeper.try_now()])]
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    if not problems:
        sys.stdout.write("ready: policy, prompts and spool are good\n")
    return 1 if problems else 0


def _recordings(site: Site, every: float) -> int:
    fetcher = site.fetcher()
    try:
        while True:
            fetched, deleted, failed = fetcher.once()
            if fetched or deleted or failed or not every:
                sys.stdout.write(f"{fetched} fetched, {deleted} deleted at the provider, {failed} failed\n")
                sys.stdout.flush()
            if not every:
                return 1 if failed else 0
            sleep(every)
    except KeyboardInterrupt:
        return 0
    finally:
        fetcher.close()


if __name__ == "__main__":
    sys.exit(main())
