"""What an alert call says, as prompts of the catalogue. Pure.

How many: at most ``MOST``; without scope and number 5 and one for each sign of the reference. What has no prompt is left
out, so that every id exists in both languages; an id for a scope's name would not, so names are spelled.
"""

from collections.abc import Iterator, Mapping
from string import ascii_lowercase, digits

from config.prompts.catalogue import wordings

MOST = 48
_SPELLED = 12  # signs of a name or of a reference; more, nobody keeps in mind
_DIALLED = 16  # of a telephone number


def alert_prompts(language: str, facts: Mapping[str, str]) -> tuple[str, ...]:
    """Ids to be spoken in this order, the last of which asks for 1.

    language: zh-CN or en. facts: ``kind`` (A1 … A10, OWN, danger, fault; any case), ``number`` (of the caller who reports it; of
    several the first), ``scope`` ("" the site), ``mode`` (of the scope),
    ``reference`` (letters and digits), ``drill`` and ``over`` (any text: it is one, it has ended). All may be missing.
    What has ended is not to be taken on, so then nothing is asked.
    """
    known = wordings(language)
    return tuple(prompt for prompt in _prompts(facts, known) if prompt in known)


def _prompts(facts: Mapping[str, str], known: Mapping[str, str]) -> Iterator[str]:
    yield "alert-intro"
    if facts.get("drill"):
        yield "alert-drill"
    if facts.get("over"):
        yield "alert-over"
    kind = f"alert-kind-{facts.get('kind', '').lower()}"
    yield kind if kind in known else "alert-kind-other"
    yield from _named("alert-service", facts.get("scope", ""))
    if not facts.get("over"):
        yield f"alert-mode-{facts.get('mode', '').lower()}"
    yield from _number(facts.get("number", ""))
    yield from _named("alert-reference", facts.get("reference", ""))
    if not facts.get("over"):
        yield "alert-take"


def _number(numbers: str) -> Iterator[str]:
    """Whoever is on duty must be able to call back (requirement E0)."""
    number = "".join(sign for sign in numbers.partition(",")[0] if sign in digits + "+")[:_DIALLED]
    if number:
        yield "alert-number"
        yield from ("plus" if sign == "+" else f"digit-{sign}" for sign in number)


def _named(title: str, name: str) -> Iterator[str]:
    spelled = [sign for sign in name.lower() if sign in ascii_lowercase + digits]
    if spelled:
        yield title
    for sign in spelled[:_SPELLED]:
        yield f"digit-{sign}" if sign in digits else f"letter-{sign}"
