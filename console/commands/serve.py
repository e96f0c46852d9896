"""``holdfast bridge`` and ``holdfast console``: become the long-running process, so that a supervisor sees the real one."""

import socket
from typing import Annotated

import typer

from config.settings import load_settings
from console.commands.shared import Problem, open_store
from console.entry import become


def bridge() -> None:
    """Run the bridge: it holds the manager link, decides, and calls back."""
    become("-m", "ami_bridge")


def console(
    host: Annotated[str, typer.Option(help="Address to listen on; HOLDFAST_CONSOLE_HOST otherwise.")] = "",
    port: Annotated[
        int, typer.Option(help="Port; HOLDFAST_CONSOLE_PORT otherwise.", min=0, max=65535, show_default=False)
    ] = 0,
) -> None:
    """Serve the live page. Needs HOLDFAST_CONSOLE_PASSWORD and HOLDFAST_CONSOLE_SECRET_KEY."""
    from console.wsgi import site_of  # only here: a web framework that no other command should wait for

    settings = load_settings()
    host, port = host or settings.console_host, port or settings.console_port
    site_of(settings)  # wrong settings are told here, before a worker process repeats them
    with open_store(settings):
        pass  # the same for the store: opening it checks it
    _must_be_free(host, port)
    bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    typer.echo(f"console on http://{bind}/")
    become(
        *("-m", "gunicorn", "--worker-class", "gthread", "--workers", "1", "--threads", "8"),
        *("--bind", bind, "--no-control-socket", "--access-logfile", "/dev/null", "--log-level", "warning"),
        "console.wsgi:build()",
    )


def _must_be_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except (OSError, OverflowError) as problem:
            what = f"cannot listen on {host} port {port}: {problem}"
            raise Problem(
                "console_port", what, "stop what listens there, or give another one with --port"
            ) from None
