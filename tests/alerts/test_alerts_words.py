"""The words: both languages for every step, different from step to step, and never missing (B3, F2)."""

import re
from datetime import timedelta
from string import Formatter

import pytest
from alert_world import AT

from alerts.book import reference
from alerts.twilio_way import spoken_words
from alerts.words import LANGUAGES, TEXTS, facts_for, written

FACTS = {"scope": "power", "subject": "A2 billing", "kind": "A2", "opened_at": AT.isoformat()}
KNOWN = {"where", "what", "since", "minutes", "hurt", "kind", "drill", "mode", "plan"} | {
    "number",
    "count",
    "round",
    "late",
}


def said(
    text: str, language: str, facts: dict[str, str] | None = None, drill: bool = False, link: str = ""
) -> str:
    filled = facts_for(
        FACTS if facts is None else facts, language, "Asia/Shanghai", AT + timedelta(minutes=10)
    )
    return written(text, language, filled, "123456", drill, link)


@pytest.mark.parametrize("text", sorted(TEXTS))
def test_every_text_has_both_languages_and_only_known_placeholders(text: str) -> None:
    assert set(TEXTS[text]) == set(LANGUAGES)
    for template in TEXTS[text].values():
        assert {name for _, name, _, _ in Formatter().parse(template) if name} <= KNOWN


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_steps_say_the_same(language: str) -> None:
    words = [one[language] for one in TEXTS.values()]
    assert len(set(words)) == len(words)


def test_facts_are_filled_in_and_times_are_local() -> None:
    words = said("a2-managers", "en")
    assert "after 10 minutes at power: A2 billing" in words
    assert "11-23 16:00" in said("a2-engineer", "en")
    assert "123456" in words


def test_a_site_incident_and_missing_facts_leave_no_hole() -> None:
    assert "the whole site" in said("a5-now", "en", {"kind": "A5"})
    assert "全中心" in said("a5-now", "zh-CN", {"kind": "A5"})
    assert "{" not in said("a7-hurt", "en", {})


def test_a_drill_says_so_first_and_a_link_stands_last() -> None:
    assert said("drill", "zh-CN", drill=True).startswith("【演练】")
    assert said("a2-engineer", "en", link="https://x.example/ack/y").endswith("https://x.example/ack/y")


def test_an_id_without_words_gets_general_ones() -> None:
    assert "Incident A2 at power" in said("a-sites-own", "en")


def test_a_language_that_we_do_not_speak_gets_the_sites_first() -> None:
    assert said("a2-engineer", "fr") == said("a2-engineer", "zh-CN")


def test_a_reference_is_six_digits_and_the_same_in_every_process() -> None:
    assert reference("INC-1/a2.engineer") == reference("INC-1/a2.engineer")
    assert re.fullmatch(r"\d{6}", reference("INC-1/a2.engineer"))
    assert reference("INC-1/a2.engineer") != reference("INC-1/a2.supervisor")


def test_a_spoken_text_has_no_link() -> None:
    assert spoken_words("Ref. 1. Acknowledge: https://x.example/ack/y now") == "Ref. 1. Acknowledge: now"


def test_the_default_ladders_find_their_words() -> None:
    kinds = ("engineer", "supervisor", "managers", "higher", "vendor")
    wanted = {f"{kind}-{rung}" for kind in ("a2", "a3") for rung in kinds}
    wanted |= {"a1-leader", "a1-engineer", "a1-supervisor", "a4-supervisor", "a5-now", "a5-supervisor"}
    wanted |= {"a6-everybody", "a7-leader", "a7-hurt", "a8-l1", "a8-l2", "a8-l3", "a8-l4", "a9-engineer"}
    wanted |= {"a10-leader", "own-engineer", "plan-general", "plan-major", "drill", "end"}
    assert wanted <= set(TEXTS)
