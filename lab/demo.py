"""``make demo``: a hotline loses an application, a carrier, its agents and the bridge; every caller is heard and called back.

Prints a timeline and an account.

Nothing is simulated but the people: Asterisk, SIP calls with RTP digits, kill -9, and Holdfast by its own commands.
"""

import argparse
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from lab import demo_desk
from lab.demo_peers import Peers
from lab.demo_rungs import Journal
from lab.demo_story import POLICY, QUEUE, Story, records_folder
from lab.errors import LabError
from lab.lab import Lab
from lab.site import Site


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
    with Peers() as peers, Lab.start(version) as lab, Site(lab, policy) as site, kept_logs(site):
        site.environment |= peers.environment | {"HOLDFAST_LOCAL_AGI": "true"}
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
        print(f"\nThe day in figures (holdfast measures):\n\n{demo_desk.measures(site)}")
        if stay:
            print(f"\nStill running: {console} (password {site.password}). Ctrl-C ends it.", flush=True)
            threading.Event().wait()
        return 0 if account.kept else 1


@contextmanager
def kept_logs(site: Site) -> Iterator[None]:
    """What went wrong is mostly told there, and the run's folder goes with the run."""
    try:
        yield
    except LabError as problem:
        folder = records_folder() / f"failed-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        folder.mkdir(parents=True)
        for log in (*site.folder.glob("*.log"), site.lab.log):
            if log.exists():
                shutil.copy(log, folder / (log.name if log.suffix else "asterisk.log"))
        raise LabError(f"{problem}\nThe logs of this run are in {folder}") from problem


if __name__ == "__main__":
    sys.exit(main())
