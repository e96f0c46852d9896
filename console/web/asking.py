"""A wish of the person at this browser, and what he is told of it at once."""

from flask import flash

from console import intents
from console.bridge_socket import Answer, BridgeAway
from console.web.auth import who
from console.web.site import now, site, store
from console.web.words import translate as _
from store import StoreProblem


def ask(asked: intents.Asked) -> None:
    """Through the store; while it is away, of the bridge itself, whose answer is shown at once.

    Raises StoreProblem when no bridge stands in for the store.
    """
    try:
        intents.write(store(), asked, who(), now())
    except StoreProblem as problem:
        answer = _of_bridge(asked, problem)
        flash(answer.result, "good" if answer.state == "applied" else "bad")
        return
    flash(_("Asked for. The answer of the bridge appears under “Asked for”."), "good")


def _of_bridge(asked: intents.Asked, problem: StoreProblem) -> Answer:
    path = site().known.socket
    if path is None:
        raise problem
    try:
        return intents.ask_bridge(path, asked, who())
    except BridgeAway:
        raise problem from None
