"""``holdfast prompts build|check|import|list``: the audio that callers hear."""

import csv
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import Progress

from config.policy import SitePolicy, load_policy
from config.prompts import (
    ESPEAK,
    BadSound,
    Imported,
    Prompt,
    catalogue,
    chosen_of,
    file_of,
    import_recordings,
    listen_to,
    with_variants,
)
from config.prompts import build as build_prompts
from config.prompts import check as check_prompts
from config.settings import PREFIX, environment_now, load_settings
from config.site_prompts import site_prompts
from console.commands.shared import Problem, Problems, err, say

app = typer.Typer(help="The audio that callers hear.", no_args_is_help=True)
Languages = Annotated[
    list[str] | None, typer.Option("--language", help="Only this language; may be repeated.")
]
Folder = Annotated[Path | None, typer.Option("--dir", help="Folder; HOLDFAST_PROMPTS_DIR otherwise.")]
PolicyFile = Annotated[
    Path | None,
    typer.Option("--policy", help="The policy whose words are spoken; HOLDFAST_POLICY_FILE otherwise."),
]


@app.command()
def build(
    folder: Folder = None,
    language: Languages = None,
    command: Annotated[str, typer.Option(help="Speech program; {text} and {out} are filled in.")] = ESPEAK,
    recordings: Annotated[
        Path | None, typer.Option(help="The site's own recordings, <language>/<id>.wav; they win.")
    ] = None,
    policy: PolicyFile = None,
) -> None:
    """Make every prompt that is new or has changed. Recordings that were imported stay."""
    target = _made(folder)
    known = _prompts(_policy(policy))
    with _progress("prompts") as moved:
        built = build_prompts(target, language or (), command, recordings, moved, prompts=known)
    for name in built.wordless:
        words = "nobody has written what it says: write it in the policy's prompts, or import a recording"
        say("note", "yellow", f"{name}: {words}")
    say(f"{target}: {built.made} made, {built.recorded} from recordings, {built.unchanged} unchanged")


@app.command()
def check(folder: Folder = None, language: Languages = None, policy: PolicyFile = None) -> None:
    """Say which prompts are missing, could not be played by Asterisk, or would not be heard well."""
    target = folder or load_settings().prompts_dir
    known = with_variants(target, _prompts(_policy(policy)))
    problems = check_prompts(target, language or (), known)
    with _progress("listening") as moved:
        problems += listen_to(target, chosen_of(known, language or ()), moved)
    if problems:
        raise Problems(Problem("prompts", text, "") for text in problems)
    say(f"{target}: every prompt is there")


@app.command("import")
def import_(
    source: Annotated[Path, typer.Argument(help="A recording, or a folder of them: <language>/<id>.wav.")],
    folder: Folder = None,
    language: Annotated[str, typer.Option(help="Of files that lie in no folder of a language.")] = "",
    name: Annotated[
        str, typer.Option("--id", help="The prompt that a single file says; its name otherwise.")
    ] = "",
    policy: PolicyFile = None,
) -> None:
    """Take recordings: each is judged, brought into Asterisk's form, and put in place whole. Bad ones change nothing."""
    if name and source.is_dir():
        raise Problem(
            "--id",
            "names one prompt, but this is a folder",
            "give a single file, or name the files by their ids",
        )
    site = _policy(policy)
    scopes = tuple(site.fallback.scopes) if site else ()
    target = _made(folder)
    try:
        with _progress("recordings") as moved:
            done = import_recordings(source, target, _prompts(site), scopes, language, name, moved)
    except BadSound as problem:
        raise Problem(
            "recordings", str(problem), "give a recording, or a folder of <language>/<id>.wav"
        ) from None
    taken = [one for one in done if one.name and not one.problem]
    for one in done:
        _report(one)
    say(f"{target}: {len(taken)} taken, {sum(bool(one.problem) for one in done)} refused")
    if len(taken) < sum(not one.left_out for one in done) or not taken:
        raise typer.Exit(1)


@app.command("list")
def list_(folder: Folder = None, language: Languages = None, policy: PolicyFile = None) -> None:
    """Every prompt as CSV (language, id, text, whether it is there), to be read out in a studio."""
    target = folder or load_settings().prompts_dir
    rows = csv.writer(sys.stdout)
    rows.writerow(("language", "id", "text", "there"))
    for prompt in chosen_of(_prompts(_policy(policy)), language or ()):
        there = file_of(target, prompt.language, prompt.id).exists()
        rows.writerow((prompt.language, prompt.id, prompt.text, "yes" if there else "no"))


def _policy(file: Path | None) -> SitePolicy | None:
    """The policy that is named, else the site's; None when neither is, and the catalogue's words alone count."""
    named = file or environment_now().get(f"{PREFIX}POLICY_FILE")
    return load_policy(Path(named)) if named else None


def _prompts(site: SitePolicy | None) -> "dict[tuple[str, str], Prompt]":
    return dict(site_prompts(site) if site else catalogue())


def _made(folder: Path | None) -> Path:
    """The prompts' folder, made if it is not there."""
    target = folder or load_settings().prompts_dir
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        what = f"{target} cannot be made: {problem.strerror}"
        raise Problem("prompts_dir", what, "create it, or give this user the right to") from None
    return target


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int, str], None]]:
    """A bar on standard error."""
    with Progress(console=err, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, of, name: bar.update(task, completed=done, total=of, description=escape(name))


def _report(one: Imported) -> None:
    if one.left_out:
        say("left out", "yellow", f"{one.file}: no recording by its name")
    elif one.problem:
        say("refused", "red", f"{one.file}: {one.problem}")
    else:
        say("taken", "green", "; ".join((f"{one.file} as {one.name}", *one.notes)))
