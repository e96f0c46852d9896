"""The command ``holdfast``. Every problem that a person can mend ends as a list with field and remedy and code 2."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

from callbacks.logs import set_up
from console.commands.shared import PROBLEMS, show_problem
from console.commands.telling import site_zone

PLACES: Final = {
    "status": "status.status",
    "bridge": "serve.bridge",
    "console": "serve.console",
    "doctor": "doctor.doctor",
    "keep": "keep.keep",
    "policy": "policy.app",
    "asterisk": "asterisk.app",
    "prompts": "prompts.app",
    "override": "override.app",
    "recovery": "recovery.app",
    "callbacks": "callbacks.app",
    "spool": "spool.app",
    "form": "form.app",
    "person": "person.app",
    "incident": "incident.app",
    "component": "report.app",
    "leave": "leave.app",
    "drill": "drill.app",
    "notice": "notice.app",
    "measures": "measures.app",
    "db": "database.app",
}
"""Where each command is, below ``console.commands``. Only the one that is asked for is loaded: all of them together take
several times as long to load as most of them take to run.
"""


class Commands(Mapping[str, Any]):
    """Loads each when it is asked for."""

    def __getitem__(self, name: str) -> Any:
        module, member = PLACES[name].split(".")
        found = getattr(import_module(f"console.commands.{module}"), member)
        if isinstance(found, typer.Typer):
            made: Any = get_group(found)
        else:  # a command by itself
            alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
            alone.command(name)(found)
            made = get_command(alone)
        made.name = name
        return made

    def get(self, name: str, default: Any = None) -> Any:
        """As of every mapping; but a KeyError out of a command's own module is not taken for "no such command"."""
        return self[name] if name in PLACES else default

    def __iter__(self) -> Iterator[str]:
        return iter(PLACES)

    def __len__(self) -> int:
        return len(PLACES)


class Told(TyperGroup):
    """Tells problems, never throws them at people."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.commands = Commands()  # type: ignore[assignment]  # nobody writes to it

    def invoke(self, ctx: Any) -> Any:
        """The command's own result, or code 2 after a list of fields and remedies."""
        try:
            return super().invoke(ctx)
        except PROBLEMS as problem:
            show_problem(problem)
            raise typer.Exit(2) from None


app = typer.Typer(
    name="holdfast",
    cls=Told,
    help="Keeps a hotline answering when its systems fail, and calls every caller back.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"holdfast {installed_version()}")
        raise typer.Exit


def installed_version() -> str:
    """The version of the installed distribution; "unknown" when run from a bare tree."""
    try:
        return version("holdfast-hotline")
    except PackageNotFoundError:
        return "unknown"


@app.callback()
def holdfast(
    _show_version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and end.")
    ] = False,
) -> None:
    """Settings come from the environment (HOLDFAST_…); docs/reference/settings.md lists them."""
    site_zone.cache_clear()


def main() -> None:
    """Entry point."""
    set_up("warning", fast=False)
    app()
