"""The MAC of FastAGI: what Asterisk's SHA1() gives, and nothing else."""

from hashlib import sha1

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.mac import is_right, keys_of, mac_of

SECRET = "a secret of a test"


def _sha1(text: str) -> str:
    """As Asterisk's function of that name."""
    return sha1(text.encode(), usedforsecurity=False).hexdigest()


def test_it_is_what_the_dialplan_computes_from_the_two_keys() -> None:
    inner, outer = keys_of(SECRET)
    asterisk = _sha1(outer + _sha1(f"{inner}1795304898.1"))
    assert mac_of(SECRET, "1795304898.1") == asterisk


def test_keys_fill_a_block_each_need_no_quoting_and_differ() -> None:
    inner, outer = keys_of(SECRET)
    assert inner != outer
    assert {len(inner), len(outer)} == {64}
    assert set(inner + outer) <= set("0123456789abcdef")


def test_case_of_the_hexadecimal_does_not_matter() -> None:
    assert is_right(SECRET, "1.1", mac_of(SECRET, "1.1").upper())


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_other_sum_is_wrong_and_never_raises(unique_id: str, mac: str) -> None:
    assert not is_right(SECRET, unique_id, mac)


@given(st.text(min_size=1, max_size=40).filter(lambda other: other != SECRET))
def test_another_secret_gives_another_sum(other: str) -> None:
    assert not is_right(SECRET, "1.1", mac_of(other.encode("utf-8", "replace").decode(), "1.1"))


def test_an_empty_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        mac_of("", "1.1")
