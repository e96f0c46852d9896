"""``holdfast prompts build|check``: the audio that callers hear."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from config.prompts import ESPEAK
from config.prompts import build as build_prompts
from config.prompts import check as check_prompts
from config.settings import load_settings
from console.commands.shared import Problem, Problems, err, say

app = typer.Typer(help="The audio that callers hear.", no_args_is_help=True)
Languages = Annotated[
    list[str] | None, typer.Option("--language", help="Only this language; may be repeated.")
]
Folder = Annotated[Path | None, typer.Option("--dir", help="Folder; HOLDFAST_PROMPTS_DIR otherwise.")]


@app.command()
def build(
    folder: Folder = None,
    language: Languages = None,
    command: Annotated[str, typer.Option(help="Speech program; {text} and {out} are filled in.")] = ESPEAK,
    recordings: Annotated[
        Path | None, typer.Option(help="The site's own recordings, <language>/<id>.wav; they win.")
    ] = None,
) -> None:
    """Make every prompt that is new or has changed."""
    target = folder or load_settings().prompts_dir
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        what = f"{target} cannot be made: {problem.strerror}"
        raise Problem("prompts_dir", what, "create it, or give this user the right to") from None
    with Progress(console=err, transient=True) as bar:
        task = bar.add_task("prompts", total=None)
        built = build_prompts(
            target,
            language or (),
            command,
            recordings,
            lambda done, of, name: bar.update(task, completed=done, total=of, description=name),
        )
    say(f"{target}: {built.made} made, {built.recorded} from recordings, {built.unchanged} unchanged")


@app.command()
def check(folder: Folder = None, language: Languages = None) -> None:
    """Say which prompt files are missing or could not be played by Asterisk."""
    target = folder or load_settings().prompts_dir
    problems = check_prompts(target, language or ())
    if problems:
        raise Problems(Problem("prompts", text, "") for text in problems)
    say(f"{target}: every prompt is there")
