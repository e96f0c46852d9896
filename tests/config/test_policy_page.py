"""The page about the policy names every section, and what it says of defaults holds."""

from pathlib import Path

import yaml

from config.policy import DEFAULT_POLICY, parse_policy
from config.prompts import wordings
from config.sections import PolicySection, ScopeSection
from config.sections_watch import SourcesSection

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "reference" / "policy.md").read_text(encoding="utf-8")
CALENDAR = (DOCS / "how-to" / "calendar.md").read_text(encoding="utf-8")


def test_the_page_names_every_section_and_every_key_of_a_scope_and_of_sources() -> None:
    for model in (PolicySection, ScopeSection, SourcesSection):
        assert [name for name in model.model_fields if f"`{name}`" not in PAGE] == []


def test_the_default_file_shows_every_section_and_every_key_of_a_scope() -> None:
    shown = yaml.safe_load(DEFAULT_POLICY.read_text(encoding="utf-8"))
    assert set(shown) == set(PolicySection.model_fields)
    assert set(shown["scopes"]["power"]) == set(ScopeSection.model_fields)


def test_the_calendar_s_examples_are_right() -> None:
    text = DEFAULT_POLICY.read_text(encoding="utf-8")
    data = yaml.safe_load(text)
    examples = [yaml.safe_load(part.split("```")[0]) for part in CALENDAR.split("```yaml")[1:]]
    assert [list(one) for one in examples] == [["hours"], ["hours"], ["planned"]]
    data["planned"] = [one for one in examples[2]["planned"] if "file" not in one]
    for hours in examples[:2]:
        assert parse_policy(yaml.safe_dump({**data, **hours}, allow_unicode=True)).hours


def test_every_message_of_the_default_scope_is_in_the_catalogue() -> None:
    scope = parse_policy(DEFAULT_POLICY.read_text(encoding="utf-8")).fallback.scopes["power"]
    messages = {scope.message, scope.evacuated_message, *scope.messages.values(), "planned"}
    for language in ("zh-CN", "en"):
        assert {f"message-{one}" for one in messages} <= wordings(language).keys()
