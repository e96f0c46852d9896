"""What a person sent with an action, from a form or as JSON: the same names, read the same way, and nothing of it trusted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import request

from callbacks.values import Outcome, Settled
from callbacks.work import MatterWord, NotAllowed
from callbacks.work.agent import NO_OUTCOME
from callbacks.work.settling import SATISFIED
from callbacks.work.values import MANY
from console.web.words import N_

MOST_MATTERS: Final = 50
NO_SETTLED: Final = N_("There is no such outcome of a matter: “%(name)s”.")
NO_NUMBER: Final = N_("Give the number of a promise.")
NOT_READ: Final = N_("Send a JSON object.")


@dataclass(frozen=True, slots=True)
class Given:
    """fields: name → text. promises: numbers that were chosen. matters: what was said of each matter, as sent."""

    fields: Mapping[str, str]
    promises: Sequence[str] = ()
    matters: Sequence[Mapping[str, Any]] = ()

    def text(self, name: str) -> str:
        """What stands in a field; "" when it was left out."""
        return self.fields.get(name, "").strip()

    def flag(self, name: str) -> bool:
        """Whether a box was ticked."""
        return self.text(name).lower() in {"1", "on", "true", "yes"}

    def outcome(self) -> Outcome:
        """Raises NotAllowed for a word that is no outcome."""
        try:
            return Outcome(self.text("outcome"))
        except ValueError:
            raise NotAllowed("outcome", NO_OUTCOME, name=self.text("outcome")[:40]) from None

    def number(self, name: str) -> int:
        """The number of a promise. Raises NotAllowed."""
        return _number(self.text(name).lstrip("#"), name)

    def chosen(self) -> list[int]:
        """The promises that were chosen. Raises NotAllowed for what is no number."""
        return [_number(one, "promise") for one in self.promises[: MANY + 1]]

    def said(self) -> list[MatterWord]:
        """Of which matters something was said. Raises NotAllowed."""
        return [_matter(one) for one in self.matters[:MOST_MATTERS] if str(one.get("settled") or "")]


def given() -> Given:
    """What came with this request. Raises NotAllowed for JSON of another shape."""
    return _of_json(request.get_json(silent=True)) if request.is_json else _of_form()


def _of_form() -> Given:
    form = request.form
    return Given(
        {name: form[name] for name in form},
        form.getlist("promise"),
        list(_rows(form)),
    )


def _rows(form: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    """The fields of the matters, numbered as the card shows them."""
    for place in range(MOST_MATTERS):
        if f"capture-{place}" in form:
            names = ("capture", "settled", "order", "satisfied", "note", "caused")
            yield {name: form.get(f"{name}-{place}", "") for name in names}


def _of_json(body: object) -> Given:
    if not isinstance(body, dict):
        raise NotAllowed("body", NOT_READ)
    several = body.get("promises", body.get("promise", []))
    matters = body.get("matters", [])
    return Given(
        {str(name): _plain(value) for name, value in body.items() if isinstance(value, str | int | bool)},
        [str(one) for one in (several if isinstance(several, list) else [several])],
        [one for one in matters if isinstance(one, dict)] if isinstance(matters, list) else [],
    )


def _plain(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _matter(row: Mapping[str, Any]) -> MatterWord:
    word = str(row.get("settled"))
    try:
        settled = Settled(word)
    except ValueError:
        raise NotAllowed("settled", NO_SETTLED, name=word[:40]) from None
    return MatterWord(
        capture=str(row.get("capture", "")),
        settled=settled,
        order=str(row.get("order") or ""),
        satisfied=_satisfied(row.get("satisfied")),
        note=str(row.get("note") or ""),
        caused=_plain(row.get("caused") or "") in {"1", "on", "true"},
    )


def _satisfied(value: object) -> int:
    text = str(value or "0").strip()
    if not (text.isascii() and text.isdigit() and len(text) == 1):
        raise NotAllowed("satisfied", SATISFIED)
    return int(text)


def _number(text: str, field: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise NotAllowed(field, NO_NUMBER)
    return int(text)
