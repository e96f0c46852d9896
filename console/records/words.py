"""The words of records, from the page's catalogue, outside of any request."""

from collections.abc import Callable, Mapping
from functools import cache
from gettext import GNUTranslations
from pathlib import Path
from typing import Final

from console import words as page
from console.words import N_

LANGUAGES: Final = page.LANGUAGES
_COMPILED = Path(page.__file__).parent / "web" / "translations" / "zh_Hans_CN" / "LC_MESSAGES" / "messages.mo"

KINDS: Final[Mapping[str, str]] = {
    "A1": N_("one seat"),
    "A2": N_("application down or slow"),
    "A3": N_("network, ACD or telephone system"),
    "A4": N_("lines"),
    "A5": N_("power"),
    "A6": N_("fire, evacuation"),
    "A7": N_("accident, weather or other event"),
    "A8": N_("surge of calls"),
    "A9": N_("data store"),
    "A10": N_("planned outage"),
    "OWN": N_("part of the emergency system itself"),
}
WAYS: Final[Mapping[str, str]] = {
    "call": N_("call"),
    "sms": N_("SMS"),
    "voice": N_("voice call by a provider"),
    "note": N_("chat or mail"),
}
FATES: Final[Mapping[str, str]] = {
    "intended": N_("noted, not known to be sent"),
    "sent": N_("sent"),
    "delivered": N_("delivered"),
    "confirmed": N_("acknowledged"),
    "failed": N_("failed"),
    "unknown": N_("not known whether it arrived"),
    "stopped": N_("stopped, no longer needed"),
}
PART_WORDS: Final[Mapping[str, str]] = {
    "place": N_("More about the place"),
    "extent": N_("More about impact and extent"),
    "measures": N_("More about measures"),
    "trend": N_("Trend"),
    "loss": N_("Possible loss"),
    "further": N_("Further measures"),
    "other": N_("Other"),
    "device": N_("Device"),
    "repair": N_("Repair"),
    "cause": N_("Cause"),
    "handling": N_("Handling"),
    "mend": N_("What to mend"),
    "content": N_("Content"),
    "participants": N_("Participants"),
    "evaluation": N_("Evaluation"),
    "decided": N_("What was decided and told"),
}
EVENTS: Final[Mapping[str, str]] = {
    "start": N_("Disruption"),
    "change": N_("Update"),
    "end": N_("Over"),
}
ENDS: Final[Mapping[str, str]] = {
    "closed": N_("closed"),
    "started": N_("started"),
    "ended": N_("ended"),
}
_MOVES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("mode", "computed", "override"), "mode"),
    "component": "health",
    **dict.fromkeys(("incident", "drill"), "ends"),
}
_TABLES: Final[Mapping[str, Mapping[str, str]]] = {
    "kind": KINDS,
    "way": WAYS,
    "fate": FATES,
    "part": PART_WORDS,
    "event": EVENTS,
    "ends": ENDS,
    "mode": page.MODES,
    "health": page.HEALTHS,
    "change": page.CHANGES,
    "matter": page.MATTERS,
    "state": page.STATES,
}


@cache
def translator(language: str) -> Callable[[str], str]:
    """From the English text of the catalogue to the language's."""
    if language == "en":
        return str
    with _COMPILED.open("rb") as file:
        return GNUTranslations(file).gettext


def word(table: str, value: str, language: str) -> str:
    """The word for a value; one that has none yet is shown as it is rather than hidden."""
    text = _TABLES[table].get(value)
    return translator(language)(text) if text else value


def moved(kind: str, value: str, language: str) -> str:
    """What a change row moved from or to; times are left to ``Place``."""
    table = _MOVES.get(kind)
    return word(table, value, language) if table else value
