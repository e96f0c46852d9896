"""The command ``holdfast``. Every problem that a person can mend ends as a list with field and remedy and code 2."""

from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from callbacks.logs import set_up
from console.commands import (
    asterisk,
    callbacks,
    database,
    doctor,
    drill,
    form,
    incident,
    keep,
    leave,
    measures,
    notice,
    override,
    person,
    policy,
    prompts,
    recovery,
    report,
    serve,
    spool,
    status,
)
from console.commands.shared import PROBLEMS, show_problem
from console.commands.telling import site_zone


class Told(TyperGroup):
    """Tells problems, never throws them at people."""

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
app.command("status")(status.status)
app.command("bridge")(serve.bridge)
app.command("console")(serve.console)
app.command("doctor")(doctor.doctor)
app.command("keep")(keep.keep)
app.add_typer(policy.app, name="policy")
app.add_typer(asterisk.app, name="asterisk")
app.add_typer(prompts.app, name="prompts")
app.add_typer(override.app, name="override")
app.add_typer(recovery.app, name="recovery")
app.add_typer(callbacks.app, name="callbacks")
app.add_typer(spool.app, name="spool")
app.add_typer(form.app, name="form")
app.add_typer(person.app, name="person")
app.add_typer(incident.app, name="incident")
app.add_typer(report.app, name="component")
app.add_typer(leave.app, name="leave")
app.add_typer(drill.app, name="drill")
app.add_typer(notice.app, name="notice")
app.add_typer(measures.app, name="measures")
app.add_typer(database.app, name="db")


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
