"""What the commands share: problems told as field, what and remedy; the store; names of scopes; asking the bridge."""

import getpass
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.markup import escape
from rich.text import Text

from config.asterisk import SiteInvalid
from config.errors import ConfigError, ConfigErrors
from config.policy import SitePolicy, load_policy
from config.prompts import PromptsFailed
from config.settings import Settings, load_settings
from console import intents
from console.looks import NotWell
from console.summary import Known
from store import Store, StoreProblem
from store.vanished import folder_of, vanished

WAIT_SECONDS = 3.0  # for the bridge's answer
MOST_SHOWN: Final = 20  # problems in one answer; the first ones mended often mend the rest
Scope = Annotated[str, typer.Argument(help="Name of the scope, as in the policy file.")]
Who = Annotated[str, typer.Option("--who", help="Who asks; your login name otherwise.")]

out = Console()
err = Console(stderr=True)


class Problem(Exception):
    """One thing that a person can mend: the field, what is wrong with it, and the remedy."""

    def __init__(self, field: str, what: str, remedy: str) -> None:
        super().__init__(f"{field}: {what}")
        self.field, self.what, self.remedy = field, what, remedy


class Problems(Exception):
    """Several at once."""

    def __init__(self, all_of_them: Iterable[Problem]) -> None:
        self.problems = tuple(all_of_them)
        super().__init__("\n".join(str(problem) for problem in self.problems))


PROBLEMS: Final = (Problem, Problems, NotWell, ConfigErrors, StoreProblem, SiteInvalid, PromptsFailed)


def say(text: str, colour: str = "", rest: str = "") -> None:
    """One line on standard output: the first words coloured, nothing wrapped, nothing read as markup."""
    out.print(Text.assemble((text, colour), f" {rest}" if rest else ""), soft_wrap=True, highlight=False)


def show_problem(problem: Exception) -> None:
    """Tell a problem on standard error: every field with its remedy, no traceback."""
    lines = _lines(problem)
    for field, what, remedy in lines[:MOST_SHOWN]:
        err.print(f"[bold red]{escape(field)}[/bold red]: {escape(what)}", highlight=False, soft_wrap=True)
        if remedy:
            err.print(f"    {escape(remedy)}", highlight=False, soft_wrap=True)
    if len(lines) > MOST_SHOWN:
        err.print(f"… and {len(lines) - MOST_SHOWN} more", highlight=False)


def show_warning(warning: NotWell) -> None:
    """Tell on standard error what somebody should know, though nothing has failed."""
    err.print(
        f"[bold yellow]{escape(warning.field)}[/bold yellow]: {escape(warning.what)}",
        highlight=False,
        soft_wrap=True,
    )
    err.print(f"    {escape(warning.remedy)}", highlight=False, soft_wrap=True)


def _lines(problem: Exception) -> list[tuple[str, str, str]]:
    match problem:
        case ConfigErrors():
            return [(_place(error), error.problem, error.remedy) for error in problem.errors]
        case Problem() | NotWell():
            return [(problem.field, problem.what, problem.remedy)]
        case Problems():
            return [(one.field, one.what, one.remedy) for one in problem.problems]
        case SiteInvalid():
            return [("site", text, "") for text in problem.problems]
        case PromptsFailed():
            return [("prompts", text, "") for text in problem.problems]
        case _:
            return [("store", str(problem), "")]


def _place(error: ConfigError) -> str:
    where = error.source if error.line is None else f"{error.source}:{error.line}"
    return f"{where} {error.place}".rstrip()


@contextmanager
def open_store(settings: Settings | None = None) -> Iterator[Store]:
    """The site's store, its tables up to date. Raises StoreProblem with the remedy."""
    known = settings or load_settings()
    with Store(known.database_url) as store:
        try:
            store.ping()
        except StoreProblem:
            if why := gone(known):
                raise StoreProblem(why) from None
            raise
        yield store


def gone(settings: Settings) -> str:
    """That the database has vanished from a site that was in use, with the remedies; "" it has not."""
    return vanished(settings.database_url, settings.data_dir, (settings.spool_dir, settings.tier3_dir))


def make_folders(settings: Settings, *names: str) -> None:
    """Makes folders of the site that are missing, as the bridge does at its start. Raises Problems for those that cannot be."""
    folders: list[tuple[str, Path]] = [(name, getattr(settings, name)) for name in names]
    if "data_dir" in names and (place := folder_of(settings.database_url)):
        folders.append(("database_url", place))
    problems = []
    for name, folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            what, remedy = (
                f"{folder} cannot be made: {error.strerror}",
                "create it, or give this user the right to",
            )
            problems.append(Problem(name, what, remedy))
    if problems:
        raise Problems(problems)


def policy_now() -> SitePolicy:
    """The site's policy file. Raises ConfigErrors."""
    return load_policy(load_settings().policy_file)


def known_now() -> Known:
    """Scopes and time zone of the policy file. Raises ConfigErrors."""
    policy = policy_now()
    return Known(tuple(policy.fallback.scopes), ZoneInfo(policy.timezone))


def scope_named(name: str) -> str:
    """The name, if the policy knows it; else a Problem that lists the known ones."""
    known = tuple(policy_now().fallback.scopes)
    if name not in known:
        raise Problem("scope", f"there is no scope {name!r}", f"known scopes: {', '.join(sorted(known))}")
    return name


def ask(store: Store, asked: intents.Asked, who: str) -> None:
    """Write an intent, wait a little for the bridge, say what became of it. who: "" means the login name.

    Ends with code 1 when the bridge refused it or failed.
    """
    number = intents.write(store, asked, who.strip()[:40] or login_name(), datetime.now(UTC))
    tell(*answer_of(store, number))


def tell(state: str, result: str) -> None:
    """What became of a wish: applied, pending, refused or failed. Ends with code 1 for the last two."""
    if state == "applied":
        say("applied", "green", result)
    elif state == "pending":
        say("kept", "yellow", "but the bridge has not taken it yet; it will when it runs: holdfast status")
    else:
        err.print(f"[bold red]{state}[/bold red]: {escape(result)}", highlight=False, soft_wrap=True)
        raise typer.Exit(1)


def answer_of(store: Store, number: int) -> tuple[str, str]:
    """State and result of an intent, as soon as the bridge has answered; pending when it did not in time."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        row = store.intent(number)
        if row is not None and row.state != "pending":
            return row.state.value, row.result
        if time.monotonic() >= deadline:
            return "pending", ""
        time.sleep(0.1)


def login_name() -> str:
    """The name of the person at this shell; "uid N" where the machine has none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
