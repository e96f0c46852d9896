"""Every action of agents and leaders, by its name in addresses; forms and JSON come to the same ones."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Final

from callbacks.work import Bulk
from console.web.given import Given
from console.web.site import now, site
from console.web.words import translate as _
from console.web.working import actor, agent_work, leader_work

Told = tuple[str, dict[str, Any]]  # a sentence for the person, and what a program is answered


def agents_action(name: str, promise_id: int, given: Given) -> Told:
    """Do one thing with one promise. Raises KeyError for a name that there is not, and NotAllowed."""
    return AGENTS[name](promise_id, given)


def leaders_action(name: str, given: Given) -> Told:
    """Do one thing with one promise or many. Raises KeyError and NotAllowed."""
    return LEADERS[name](given)


def _take(promise_id: int, _given: Given) -> Told:
    agent_work().take(actor(), promise_id, now())
    return _("Promise %(id)s is yours.", id=promise_id), {}


def _keep(promise_id: int, _given: Given) -> Told:
    agent_work().keep(actor(), promise_id, now())
    return "", {}


def _release(promise_id: int, _given: Given) -> Told:
    agent_work().release(actor(), promise_id, now())
    return _("Promise %(id)s is back in its place.", id=promise_id), {}


def _call(promise_id: int, _given: Given) -> Told:
    return "", {"intent": agent_work().call(actor(), promise_id, now())}


def _outcome(promise_id: int, given: Given) -> Told:
    """With a time that the caller wishes for, where it is to be called again."""
    who, work, moment = actor(), agent_work(), now()
    if given.text("outcome") == "again" and given.text("date"):
        work.reschedule(who, promise_id, given.text("date"), given.text("time"), moment)
    wish = work.outcome(
        who,
        promise_id,
        given.text("attempt"),
        given.outcome(),
        moment,
        note=given.text("note"),
        said=given.said(),
    )
    return "", {"intent": wish}


def _note(promise_id: int, given: Given) -> Told:
    agent_work().note(actor(), promise_id, given.text("note"), now())
    return _("Noted."), {}


def _reschedule(promise_id: int, given: Given) -> Told:
    at = agent_work().reschedule(
        actor(), promise_id, given.text("date"), given.text("time"), now(), note=given.text("note")
    )
    local = at.astimezone(site().known.zone)
    return _("Promise %(id)s is called at %(time)s.", id=promise_id, time=f"{local:%Y-%m-%d %H:%M}"), {
        "at": at.isoformat()
    }


def _hand_on(promise_id: int, given: Given) -> Told:
    agent_work().hand_to(actor(), promise_id, given.text("agent"), now())
    name = given.text("agent").partition("/")[2] or given.text("agent")
    return _("Promise %(id)s is handed to %(agent)s.", id=promise_id, agent=name), {}


def _complaint(promise_id: int, given: Given) -> Told:
    key = agent_work().complaint(actor(), promise_id, given.text("note"), now(), caused=given.flag("caused"))
    return _("The complaint is in the book."), {"capture": key}


def _settle(promise_id: int, given: Given) -> Told:
    agent_work().settle(actor(), promise_id, given.said(), now())
    return _("Noted."), {}


def _adopt(promise_id: int, given: Given) -> Told:
    agent_work().adopt(actor(), promise_id, now(), note=given.text("note"), said=given.said())
    return _("Promise %(id)s is done: its caller got through.", id=promise_id), {}


def _assign(given: Given) -> Told:
    return _many(leader_work().assign(actor(), given.chosen(), given.text("agent"), now()))


def _pause(given: Given) -> Told:
    return _many(leader_work().pause(actor(), given.chosen(), given.text("why"), now()))


def _resume(given: Given) -> Told:
    return _many(leader_work().resume(actor(), given.chosen(), now()))


def _cancel(given: Given) -> Told:
    return _many(leader_work().cancel(actor(), given.chosen(), given.text("why"), now()))


def _seen(given: Given) -> Told:
    return _many(leader_work().seen(actor(), given.chosen(), now()))


def _let(given: Given) -> Told:
    return _many(leader_work().let(actor(), given.chosen(), now()))


def _front(given: Given) -> Told:
    leader_work().to_front(actor(), given.number("promise"), now(), why=given.text("why"))
    return _("Promise %(id)s is in front.", id=given.text("promise")), {}


def _before(given: Given) -> Told:
    one, other = given.number("promise"), given.number("before")
    leader_work().before(actor(), one, other, now(), why=given.text("why"))
    return _("Promise %(id)s is before %(other)s.", id=one, other=other), {}


def _merge(given: Given) -> Told:
    one, into = given.number("promise"), given.number("into")
    leader_work().merge(actor(), one, into, now())
    return _("Promise %(id)s goes on in %(other)s.", id=one, other=into), {}


def _close_group(given: Given) -> Told:
    return _many(leader_work().close_group(actor(), given.text("fault"), given.text("why"), now()))


def _gone(given: Given) -> Told:
    return _many(leader_work().gone(actor(), given.text("pbx"), given.text("why"), now()))


def _many(done: Bulk) -> Told:
    text = _("%(count)s done.", count=len(done.done))
    if done.left:
        left = ", ".join(f"#{one}" for one in done.left[:10]) + (" …" if len(done.left) > 10 else "")
        text += " " + _("Left as they were, being called or closed: %(ids)s.", ids=left)
    return text, asdict(done)


AGENTS: Final[Mapping[str, Callable[[int, Given], Told]]] = {
    "take": _take,
    "keep": _keep,
    "release": _release,
    "call": _call,
    "outcome": _outcome,
    "note": _note,
    "reschedule": _reschedule,
    "assign": _hand_on,
    "complaint": _complaint,
    "settle": _settle,
    "adopt": _adopt,
}
LEADERS: Final[Mapping[str, Callable[[Given], Told]]] = {
    "assign": _assign,
    "pause": _pause,
    "resume": _resume,
    "cancel": _cancel,
    "seen": _seen,
    "let": _let,
    "front": _front,
    "before": _before,
    "merge": _merge,
    "close-group": _close_group,
    "gone": _gone,
}
