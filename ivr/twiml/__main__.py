"""``python -m ivr.twiml``: looks whether this site could answer, and fetches recordings."""

import argparse
import sys
from collections.abc import Sequence
from time import sleep

import requests
from twilio.request_validator import RequestValidator

from ivr.twiml.assembly import Site
from ivr.twiml.settings import FailoverSettings, SettingsWrong, load_settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 0 when all is well, 1 when something failed, 2 for wrong settings."""
    parser = argparse.ArgumentParser(prog="python -m ivr.twiml", description=__doc__)
    tasks = parser.add_subparsers(dest="task", required=True)
    checking = tasks.add_parser(
        "check", help="settings, policy, prompts and spool: what is wrong, with its remedy"
    )
    checking.add_argument(
        "--public", action="store_true", help="ask over the public address too, signed as the provider does"
    )
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
    return _check(site, given.public) if given.task == "check" else _recordings(site, given.every)


def _check(site: Site, public: bool) -> int:
    problems = [
        *site.problems(),
        *filter(None, [site.keeper.try_now(), public and _ask_public(site.settings)]),
    ]
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    if not problems:
        sys.stdout.write("ready: policy, prompts and spool are good\n")
    return 1 if problems else 0


def _ask_public(settings: FailoverSettings) -> str:
    """What is wrong on the way from outside to the app, "" when nothing is: one request that leaves no trace of a call."""
    url, fields = f"{settings.public_url}/danger-answer?lang=en", {"CallSid": "check"}
    signature = RequestValidator(settings.auth_token.get_secret_value()).compute_signature(url, fields)
    try:
        with requests.post(url, fields, headers={"X-Twilio-Signature": signature}, timeout=10) as answer:
            status, text = answer.status_code, answer.text
    except requests.RequestException as error:
        return f"{settings.public_url} does not answer ({type(error).__name__}): are the app and its proxy running?"
    if status == 403:
        return f"{settings.public_url} refuses our signature: the app runs with another auth token or public address"
    good = status == 200 and text.startswith("<?xml")
    return (
        ""
        if good
        else f"{settings.public_url} answers {status}: does the proxy pass everything on to the app?"
    )


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
