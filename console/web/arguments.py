"""What stands behind the question mark of an address: read here, and nothing of it is ignored in silence.

A page that was asked for with something wrong says so on itself and leaves it out; everything else (parts, files, JSON) is
refused with the field and the remedy. The public notice and /healthz take anything: links that are passed on grow tails.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final, cast

from flask import flash, g, request

from callbacks.values import Matter, PromiseState
from callbacks.work import NotAllowed, When
from callbacks.work.ground import NO_AGENT
from console.web.site import site, store
from console.web.words import N_
from console.web.words import translate as _
from console.web.working import floor
from console.words import LANGUAGES

NO_ARGUMENT: Final = N_("This address does not take “%(name)s”. It takes: %(known)s.")
TWICE: Final = N_("Give “%(name)s” only once.")
NOT_ONE_OF: Final = N_("“%(value)s” is no value for “%(name)s”. Use one of: %(known)s.")
TOO_LONG: Final = N_("Give “%(name)s” in at most %(most)s characters.")
NO_TELEPHONE_NUMBER: Final = N_("Give a telephone number in digits, with a plus before them if it has one.")
NO_REFERENCE: Final = N_("A reference has digits only, at most 12.")
NO_SCOPE: Final = N_("There is no scope “%(name)s”. Known: %(known)s.")
NO_COUNT: Final = N_("Give “%(name)s” as a number from 1 to %(most)s.")

THEMES: Final = ("light", "dark")
PAGES_MOST: Final = 50  # sheets in one file; the command makes more
EVERYWHERE: Final = frozenset({"lang", "theme"})
FILTERS: Final = (
    *("state", "scope", "matter", "when", "agent", "number", "reference", "fault", "attention", "paused"),
)
_BOOK: Final = frozenset({*FILTERS, "after"})
_FIND: Final = frozenset({"reference", "number"})
_MEASURES: Final = frozenset({"from", "until", "by", "level"})  # their values are told by console.measures
_TAKES: Final[Mapping[str, frozenset[str]]] = {
    "pages.board": frozenset({"choose"}),
    "work.listed": frozenset({"choose"}),
    "work.find": _FIND,
    "api_work.find": _FIND,
    "book.listed": _BOOK,
    "book.rows": _BOOK,
    "api_work.listed": _BOOK,
    "callbacks.missed": frozenset({"full"}),
    "measures.page": _MEASURES,
    "measures.as_csv": _MEASURES,
    "measures.as_xlsx": _MEASURES,
    "recordings.recording": frozenset({"call", "save"}),
    "form.sheet": frozenset({"pages"}),
}
_WITH_MESSAGES: Final = frozenset(
    {
        *(
            "pages.board",
            "work.listed",
            "work.find",
            "work.show",
            "book.listed",
            "measures.page",
            "form.page",
        ),
        *("callbacks.listed", "callbacks.missed", "callbacks.show", "duty.listed"),
        *("incidents.listed", "incidents.show", "auth.login"),
    }
)
_OPEN: Final = frozenset({"static", "pages.healthz", "notice.page", "notice.as_json", "notice.as_atom"})
_FLAGS: Final = frozenset({"choose", "full", "save", "attention", "paused"})
_YES: Final = frozenset({"1", "on", "true", "yes"})
_NO: Final = frozenset({"0", "off", "false", "no"})
_NUMBER: Final = re.compile(r"\+?[0-9][0-9 ()./-]{0,39}")
_WRITTEN: Final = str.maketrans("", "", " ()./-")
_REFERENCE: Final = re.compile(r"[0-9]{1,12}")
_LONGEST: Final = {"fault": 160, "agent": 160, "scope": 80, "call": 200, "after": 60}


def check() -> None:
    """Before every request, after ``auth``. Raises NotAllowed where no page can say what is wrong."""
    if request.endpoint is None or request.endpoint in _OPEN:
        return
    if request.method not in ("GET", "HEAD") and not request.path.startswith("/api/"):
        return
    wrong = list(_wrong())
    if wrong and request.endpoint not in _WITH_MESSAGES:
        raise wrong[0]
    for one in wrong:
        flash(_(one.text, **one.values), "bad")
    g.wrong_arguments = frozenset(one.field for one in wrong)


def text(name: str) -> str:
    """What was given, without blanks around it, a number as the book has it however people write it; "" when nothing was, or
    something wrong, which was told.
    """
    given = "" if name in wrong() else request.args.get(name, "").strip()
    return site().dialled(given.translate(_WRITTEN)) if name == "number" else given


def flag(name: str) -> bool:
    """Whether it is asked for; ``?name`` alone asks for it, too."""
    return name in request.args and name not in wrong() and text(name).lower() not in _NO


def wrong() -> frozenset[str]:
    """Names of what was wrong on this page, and told."""
    return cast(frozenset[str], g.get("wrong_arguments", frozenset()))


def _wrong() -> Iterable[NotAllowed]:
    known = EVERYWHERE | _TAKES.get(request.endpoint or "", frozenset())
    for name, values in request.args.lists():
        given = values[0].strip()
        if name not in known:
            yield NotAllowed(name[:40], NO_ARGUMENT, name=name[:40], known=", ".join(sorted(known)))
        elif len(values) > 1:
            yield NotAllowed(name, TWICE, name=name)
        elif len(given) > _LONGEST.get(name, len(given)):
            yield NotAllowed(name, TOO_LONG, name=name, most=_LONGEST[name])
        elif given and (problem := _CHECKS.get(name, _fine)(name, given)):
            yield problem


def _fine(_name: str, _given: str) -> NotAllowed | None:
    return None


def _one_of(known: Iterable[str]) -> Callable[[str, str], NotAllowed | None]:
    words = tuple(known)

    def look(name: str, given: str) -> NotAllowed | None:
        told = ", ".join(words)
        return (
            None if given in words else NotAllowed(name, NOT_ONE_OF, value=given[:40], name=name, known=told)
        )

    return look


def _flag(name: str, given: str) -> NotAllowed | None:
    if given.lower() in _YES | _NO:
        return None
    return NotAllowed(name, NOT_ONE_OF, value=given[:40], name=name, known="1, 0")


def _number(name: str, given: str) -> NotAllowed | None:
    return None if _NUMBER.fullmatch(given) else NotAllowed(name, NO_TELEPHONE_NUMBER)


def _reference(name: str, given: str) -> NotAllowed | None:
    return None if _REFERENCE.fullmatch(given) else NotAllowed(name, NO_REFERENCE)


def _pages(name: str, given: str) -> NotAllowed | None:
    right = given.isascii() and given.isdigit() and 1 <= int(given[:6]) <= PAGES_MOST
    return None if right else NotAllowed(name, NO_COUNT, name=name, most=PAGES_MOST)


def _scope(name: str, given: str) -> NotAllowed | None:
    """One that the policy has, or that it had once and of which somebody still waits."""
    known = site().known.scopes
    if given in known or store().search(scope=given, limit=1):
        return None
    return NotAllowed(name, NO_SCOPE, name=given[:40], known=", ".join(known))


def _agent(name: str, given: str) -> NotAllowed | None:
    """One who is there, or who went and still has something."""
    if given in floor().members or store().search(agent=given, limit=1):
        return None
    return NotAllowed(name, NO_AGENT, name=given[:60])


_CHECKS: Final[Mapping[str, Callable[[str, str], NotAllowed | None]]] = {
    "state": _one_of(PromiseState),
    "matter": _one_of(Matter),
    "when": _one_of(one for one in When if one),
    "lang": _one_of(LANGUAGES),
    "theme": _one_of(THEMES),
    "number": _number,
    "reference": _reference,
    "scope": _scope,
    "agent": _agent,
    "pages": _pages,
    **dict.fromkeys(_FLAGS, _flag),
}
