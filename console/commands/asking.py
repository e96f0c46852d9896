"""The store first, and the bridge's own socket when the store is away; which of the two it was is said on standard error."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, TypeVar

import typer
from rich.markup import escape

from config.settings import load_settings
from console import bridge_socket, intents
from console.bridge_socket import BridgeAway
from console.commands.shared import Problem, Problems, answer_of, err, login_name, open_store, say, tell
from store import Store, StoreProblem

BySocket = Annotated[
    bool, typer.Option("--socket", help="Ask the bridge itself over its local socket, not the store.")
]
T = TypeVar("T")


def ask_anyhow(asked: intents.Asked, who: str, by_socket: bool = False) -> None:
    """As ``shared.ask``, over the socket when the store is away or ``by_socket``. who: "" means the login name.

    Never asks twice: once the wish stands in the store, it is the store's. Raises Problems when neither can be reached.
    """
    name = who.strip()[:40] or login_name()
    from_either(
        lambda store: _over_store(store, asked, name),
        lambda: _over_socket(asked, name),
        by_socket,
    )


def from_either(from_store: Callable[[Store], T], from_socket: Callable[[], T], by_socket: bool = False) -> T:
    """What the store tells, or the bridge when the store is away. Raises Problems naming both when neither does."""
    if by_socket:
        try:
            return from_socket()
        except BridgeAway as away:
            raise Problem("bridge", str(away), "without --socket the store is asked") from None
    try:
        with open_store() as store:
            return from_store(store)
    except StoreProblem as problem:
        return _instead(problem, from_socket)


def _instead(problem: StoreProblem, from_socket: Callable[[], T]) -> T:
    try:
        found = from_socket()
    except BridgeAway as away:
        raise Problems([Problem("store", str(problem), ""), Problem("bridge", str(away), "")]) from None
    except typer.Exit:
        _aside(problem)
        raise
    _aside(problem)
    return found


def _aside(problem: StoreProblem) -> None:
    words = f"[yellow]store away[/yellow]: {escape(str(problem))}; the bridge itself was asked"
    err.print(words, highlight=False, soft_wrap=True)


def _over_store(store: Store, asked: intents.Asked, who: str) -> None:
    number = intents.write(store, asked, who, datetime.now(UTC))
    try:
        state, result = answer_of(store, number)
    except StoreProblem:
        say("kept", "yellow", "but the store went away before the bridge's answer: holdfast status")
        return
    tell(state, result)


def _over_socket(asked: intents.Asked, who: str) -> None:
    answer = intents.ask_bridge(bridge_socket.socket_path(load_settings().data_dir), asked, who)
    tell(answer.state, answer.result)
