"""Every text of the page has its Chinese, and every value has its word."""

import re
from enum import StrEnum
from gettext import GNUTranslations

import pytest

from ami_bridge import intents
from callbacks.rules import notifying
from callbacks.rules.deadlines import Duty
from callbacks.values import (
    Asks,
    Matter,
    NoticeState,
    NumberSource,
    Outcome,
    PromiseState,
    Settled,
    Touched,
)
from callbacks.work import When
from console.web import catalogue, words
from fallback.events import Presence
from fallback.modes import DialplanAction, Mode
from fallback.state import Health
from ivr.lengths import Length
from store.intents import IntentState


def test_every_text_of_code_and_templates_is_translated() -> None:
    known = catalogue.known()
    missing = [text for text in catalogue.used() if not (found := known.get(text)) or not found.string]
    assert missing == []


def test_no_translation_is_left_without_a_use() -> None:
    used = catalogue.used()
    assert [message.id for message in catalogue.known() if message.id and message.id not in used] == []


def test_translations_keep_the_places_for_values() -> None:
    def places(text: object) -> list[str]:
        return sorted(re.findall(r"%\(\w+\)s", str(text)))

    wrong = [m.id for m in catalogue.known() if m.id and places(m.id) != places(m.string)]
    assert wrong == []


def test_compiled_catalogue_is_that_of_the_text_file() -> None:
    with catalogue.PO.with_suffix(".mo").open("rb") as file:
        compiled = GNUTranslations(file)
    for message in catalogue.known():
        if message.id:
            assert compiled.gettext(str(message.id)) == message.string


@pytest.mark.parametrize(
    ("table", "values"),
    [
        (words.MODES, Mode),
        (words.ACTIONS, DialplanAction),
        (words.HEALTHS, Health),
        (words.PRESENCES, Presence),
        (words.STATES, PromiseState),
        (words.MATTERS, Matter),
        (words.OUTCOMES, Outcome),
        (words.INTENT_STATES, IntentState),
        (words.ASKS, Asks),
        (words.SOURCES, NumberSource),
        (words.NOTICE_STATES, NoticeState),
        (words.LENGTHS, Length),
        (words.SETTLED, Settled),
        (words.TOUCHES, Touched),
        (words.OWING, Duty),
        ({"": "", **words.WHENS}, When),
    ],
)
def test_every_value_has_a_word(table: dict[str, str], values: type[StrEnum]) -> None:
    assert {value.value for value in values} - table.keys() == set()


def test_every_intent_and_way_of_a_notice_has_a_word() -> None:
    assert set(intents._KINDS) - words.INTENTS.keys() == set()
    assert {notifying.SMS, notifying.CALL} - words.NOTICE_WAYS.keys() == set()
