"""``holdfast asterisk render|check``: the dial plan and the manager account for a site's Asterisk."""

import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from config.asterisk import LOCAL, PIN_FILE, DialplanSite, ScopeLine, codes_for
from config.asterisk import render as render_dialplan
from config.manager_account import render_manager_account
from config.policy import SitePolicy, load_policy
from config.settings import Settings, load_settings
from console.commands.shared import Problem, say

app = typer.Typer(help="Asterisk's files.", no_args_is_help=True)
MANAGER = "manager_holdfast.conf"


@app.command()
def render(
    directory: Annotated[Path, typer.Option("--out", help="Folder for the files; made if missing.")],
) -> None:
    """Write the files for Asterisk into a folder. Existing files of the same names are replaced."""
    for path in _write(directory):
        say(str(path))


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
                "DIR", f"{directory} is no folder", "Render one: holdfast asterisk render --out DIR"
            )
        raise typer.Exit(_lab_check(directory))
    with tempfile.TemporaryDirectory(prefix="holdfast-") as fresh:
        _write(Path(fresh))
        raise typer.Exit(_lab_check(Path(fresh)))


def files_for(settings: Settings, policy: SitePolicy, folder: Path | None = None) -> dict[str, str]:
    """File name → text. folder: where Asterisk will read them; without it there are neither phone codes nor tier 2.

    Raises SiteInvalid, or Problem for a manager account that Asterisk cannot hold.
    """
    try:
        account = render_manager_account(
            settings.ami_username,
            settings.ami_secret.get_secret_value(),
            endpoints=tuple(trunk.endpoint for trunk in policy.fallback.trunks.values()),
        )
    except ValueError as problem:
        raise Problem("ami_secret", str(problem), "Change it here and in manager.conf.") from None
    site = dialplan_site(settings, policy)
    if folder is not None and settings.local_agi:
        site = replace(site, local_agi=str(folder.absolute() / LOCAL))
    if folder is not None and settings.code_pin is not None:  # the PIN's hash lies beside the dial plan
        site = replace(
            site,
            codes=codes_for([scope.name for scope in site.scopes]),
            code_pin=settings.code_pin.get_secret_value(),
            code_pin_file=folder.absolute() / PIN_FILE,
        )
    return {**render_dialplan(site), MANAGER: account}


def dialplan_site(settings: Settings, policy: SitePolicy) -> DialplanSite:
    """What the dial plan must know, from settings and policy. Raises SiteInvalid with every problem."""
    caller = policy.caller
    return DialplanSite(
        scopes=tuple(
            ScopeLine(scope.name, scope.queue, scope.language) for scope in policy.fallback.scopes.values()
        ),
        prompts_dir=settings.prompts_dir,
        tier3_dir=settings.tier3_dir,
        agi_host=settings.agi_host,
        agi_port=settings.agi_port,
        languages=policy.languages,
        timezone=policy.timezone,
        max_tries=caller.max_tries,
        key_wait=max(1, round(caller.choice_seconds)),
        digit_wait=max(1, round(caller.digit_seconds)),
        ask_matter=caller.ask_matter,
        queue_wait=max(1, round(policy.callbacks.agent_patience)),
        shown=policy.callbacks.shown,
        recordings_dir=settings.recordings_dir,
        tier3_sync=settings.tier3_sync,
        danger_key=policy.danger.key,
        oncall=tuple(_ways(number, policy) for number in policy.danger.oncall),
        danger_ring=max(1, round(policy.danger.ring)),
        danger_in_normal=policy.danger.in_normal,
        local_program=Path(sys.executable).with_name("holdfast-local-agi"),
        local_book=settings.data_dir / "ivr" / "dialogue.json",
        local_start=policy.tier2.start,
        local_most=policy.tier2.most,
        agi_secret=settings.agi_secret.get_secret_value() if settings.agi_secret else "",
        apology_after=max(0, round(policy.waiting.apology_after)),
        own_lines=_own_lines(policy),
        premium_prefixes=policy.caller.premium_prefixes,
    )


def _own_lines(policy: SitePolicy) -> tuple[str, ...]:
    """As callers may key them: as they are given, and with the area code before them."""
    given = ("".join(c for c in line if c.isdigit()) for line in policy.caller.own_lines)
    forms = (form for line in given if line for form in (line, policy.caller.area_code + line))
    return tuple(dict.fromkeys(forms))


def _ways(oncall: str, policy: SitePolicy) -> tuple[str, ...]:
    """A dial string as it is; a number by every carrier link, in the order of the policy."""
    if "/" in oncall:
        return (oncall,)
    return tuple(trunk.dial.replace("{number}", oncall) for trunk in policy.fallback.trunks.values())


def _write(directory: Path) -> list[Path]:
    settings = load_settings()
    files = files_for(settings, load_policy(settings.policy_file), directory)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        return [_put(directory / name, text) for name, text in sorted(files.items())]
    except OSError as problem:
        what = f"cannot write {directory}: {problem.strerror}"
        raise Problem("--out", what, "Give a folder that you may write.") from None


def _put(path: Path, text: str) -> Path:
    """Readable by its group only: the manager account and the dial plan hold secrets. Its owner decides who that is."""
    mode = 0o750 if path.name == LOCAL else 0o640
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(descriptor, mode)  # one that was there before may have had other rights
        file.write(text)
    return path


def _lab_check(directory: Path) -> int:
    return subprocess.run([sys.executable, "-m", "lab", "check", str(directory)], check=False).returncode
