"""``holdfast asterisk render|check``: the dial plan for a site's Asterisk."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from config.asterisk import render as render_files
from config.policy import load_policy
from config.settings import load_settings
from console.commands.shared import Problem, out

app = typer.Typer(help="Asterisk's files.", no_args_is_help=True)


@app.command()
def render(
    directory: Annotated[Path, typer.Option("--out", help="Folder for the files; made if missing.")],
) -> None:
    """Write the files for Asterisk into a folder. Existing files of the same names are replaced."""
    for path in _write(directory):
        out.print(str(path), markup=False, highlight=False)


@app.command()
def check(
    directory: Annotated[
        Path | None, typer.Argument(help="Folder with rendered files; rendered afresh otherwise.")
    ] = None,
) -> None:
    """Load the files into the lab's Asterisk and say whether it takes them."""
    if directory is not None:
        if not directory.is_dir():
            raise Problem(
                "DIR", f"{directory} is no folder", "render one with: holdfast asterisk render --out DIR"
            )
        raise typer.Exit(_lab_check(directory))
    with tempfile.TemporaryDirectory(prefix="holdfast-") as fresh:
        _write(Path(fresh))
        raise typer.Exit(_lab_check(Path(fresh)))


def _write(directory: Path) -> list[Path]:
    settings = load_settings()
    files = render_files(dialplan_site(settings, load_policy(settings.policy_file)))
    try:
        directory.mkdir(parents=True, exist_ok=True)
        return [_put(directory / name, text) for name, text in sorted(files.items())]
    except OSError as problem:
        raise Problem(
            "--out", f"cannot write {directory}: {problem.strerror}", "give a folder you may write"
        ) from None


def _put(path: Path, text: str) -> Path:
    descriptor = os.open(
        path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640
    )  # manager_holdfast.conf holds a secret
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def _lab_check(directory: Path) -> int:
    return subprocess.run([sys.executable, "-m", "lab", "check", str(directory)], check=False).returncode
