"""Which numbers are taken for a callback, and in which form."""

import pytest

from ivr.numbers import Refusal, check
from ivr.policy import CallerPolicy

SITE = CallerPolicy(area_code="0571", own_lines=("95598", "0571-87654321"))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("13912345678", "13912345678"),
        ("+8613912345678", "13912345678"),
        ("8613912345678", "13912345678"),
        ("008613912345678", "13912345678"),
        ("013912345678", "13912345678"),
        ("88886666", "057188886666"),
        ("02188886666", "02188886666"),
        ("8008205555", "8008205555"),
    ],
)
def test_a_number_is_brought_into_the_form_in_which_the_site_dials_it(text: str, number: str) -> None:
    assert check(text, SITE).number == number


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("", Refusal.NOT_A_NUMBER),
        ("anonymous", Refusal.NOT_A_NUMBER),
        ("139*2345678", Refusal.NOT_A_NUMBER),
        ("１３９１２３４５６７８", Refusal.NOT_A_NUMBER),
        ("110", Refusal.EMERGENCY),
        ("95588", Refusal.SHORT),
        ("139123456", Refusal.INVALID),
        ("139123456789", Refusal.INVALID),
        ("0" * 40, Refusal.INVALID),
        ("+14155552671", Refusal.INTERNATIONAL),
        ("0014155552671", Refusal.INTERNATIONAL),
        ("4008205555", Refusal.PREMIUM),
        ("16812345", Refusal.PREMIUM),
        ("057196812345", Refusal.PREMIUM),
        ("87654321", Refusal.OWN_LINE),
        ("057187654321", Refusal.OWN_LINE),
    ],
)
def test_what_may_not_be_dialled_is_refused(text: str, refusal: Refusal) -> None:
    assert check(text, SITE).refusal is refusal
    assert check(text, SITE).number == ""


def test_international_numbers_are_taken_where_the_policy_allows_them() -> None:
    assert check("0014155552671", CallerPolicy(allow_international=True)).number == "+14155552671"


def test_premium_numbers_abroad_are_refused_also_then() -> None:
    assert check("+449098790000", CallerPolicy(allow_international=True)).refusal is not None


def test_mobiles_are_refused_where_the_policy_says_so() -> None:
    assert check("13912345678", CallerPolicy(allow_mobile=False)).refusal is Refusal.MOBILE


@pytest.mark.parametrize("wrong", [{"dialogue": "long"}, {"max_tries": 0}, {"languages": ()}])
def test_a_policy_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        CallerPolicy(**wrong)  # type: ignore[arg-type]  # wrong on purpose
