"""What an alert call says."""

import pytest

from config.prompts import MOST, alert_prompts, wordings

FACTS = {"kind": "A3", "scope": "power", "mode": "OUTAGE", "reference": "K7-4"}


def test_an_alert_says_kind_service_mode_and_reference_and_asks_for_one() -> None:
    assert alert_prompts("en", FACTS) == (
        "alert-intro",
        "alert-kind-a3",
        "alert-service",
        *("letter-p", "letter-o", "letter-w", "letter-e", "letter-r"),
        "alert-mode-outage",
        "alert-reference",
        *("letter-k", "digit-7", "digit-4"),
        "alert-take",
    )


def test_a_drill_is_named_before_anything_that_could_frighten() -> None:
    assert alert_prompts("zh-CN", {**FACTS, "drill": "1"})[:2] == ("alert-intro", "alert-drill")


def test_an_end_asks_nobody_to_take_it_on() -> None:
    said = alert_prompts("en", {**FACTS, "over": "1"})
    assert "alert-over" in said
    assert "alert-take" not in said


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"kind": "?"},
        {**FACTS, "kind": "A10"},
        {**FACTS, "scope": "电力", "reference": "x" * 500, "drill": "1"},
        {**FACTS, "scope": "s" * 50, "reference": "x" * 500, "drill": "1", "number": "+" + "1" * 40},
    ],
)
def test_every_prompt_of_an_alert_exists_and_they_are_few(language: str, facts: dict[str, str]) -> None:
    said = alert_prompts(language, facts)
    assert set(said) <= set(wordings(language))
    assert said[-1] == "alert-take"
    assert len(said) <= MOST
    assert len("&".join(said)) < 900  # a header of the manager protocol ends at 1,024


def test_e0_whoever_is_on_duty_hears_what_it_is_and_the_number_to_call() -> None:
    facts = {"kind": "danger", "scope": "a", "number": "+86139, 0571", "reference": "k"}
    assert alert_prompts("en", facts) == (
        *("alert-intro", "alert-kind-danger", "alert-service", "letter-a", "alert-number", "plus"),
        *("digit-8", "digit-6", "digit-1", "digit-3", "digit-9", "alert-reference", "letter-k", "alert-take"),
    )
    assert "alert-kind-fault" in alert_prompts("zh-CN", {"kind": "fault"})


def test_every_kind_of_failure_has_words() -> None:
    kinds = [f"A{n}" for n in range(1, 11)] + ["OWN"]
    assert all(f"alert-kind-{kind.lower()}" in alert_prompts("zh-CN", {"kind": kind}) for kind in kinds)
