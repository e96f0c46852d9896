"""What the dial plan says of a call, read with care: it comes from a telephone line."""

from datetime import UTC, datetime

import pytest
from agi_peer import HEADER
from hypothesis import given
from hypothesis import strategies as st

from ivr.agi_header import arguments, call_facts
from ivr.values import CallFacts

WHOLE = {
    "scope": "power",
    "lang": "en",
    "message": "surge",
    "recovery": "1795312800",
    "incident": "INC-1",
    "key": "2",
    "own": "+8613912345678",
    "waited": "1795305000",
    "ref": "402913",
    "length": "short",
    "person": "1",
    "number": "13800001111",
    "source": "keyed",
    "wanted": "1",
    "keyed": "13800002222",
    "matter": "bill",
    "region": "west-2",
    "recording": "1795304898-1.wav",
    "spooled": "1",
    "parts": "2",
    "tier": "2",
}


def header(*said: str) -> dict[str, str]:
    return HEADER | {f"agi_arg_{place}": text for place, text in enumerate(said, 1)}


def named(**said: str) -> CallFacts:
    return call_facts(header(*(f"{name}={value}" for name, value in said.items())))


def test_every_named_argument_arrives_in_any_order() -> None:
    call = named(**dict(reversed(WHOLE.items())))
    assert call == CallFacts(
        unique_id=HEADER["agi_uniqueid"],
        scope="power",
        language="en",
        message="surge",
        caller_id=HEADER["agi_callerid"],
        own="+8613912345678",
        key="2",
        recovery_at=datetime.fromtimestamp(1795312800, UTC),
        incident="INC-1",
        waited_since=datetime.fromtimestamp(1795305000, UTC),
        tier=2,
        reference="402913",
        length="short",
        person=True,
        number="13800001111",
        source="keyed",
        wanted=True,
        keyed="13800002222",
        matter="bill",
        region="west-2",
        recording="1795304898-1.wav",
        spooled=True,
        parts=2,
    )


def test_what_is_left_out_is_not_known_and_a_withheld_number_is_none() -> None:
    call = named(scope="power", lang="zh-CN")
    assert call == CallFacts(HEADER["agi_uniqueid"], "power", "zh-CN", "fault", HEADER["agi_callerid"])
    assert call.own == ""


def test_a_number_that_the_network_gives_though_its_caller_withholds_it_is_not_written_down() -> None:
    """Asterisk's own header has it in any case."""
    assert named(scope="power", lang="zh-CN", withheld="1").caller_id == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("scope", "power,1)&Dial(x"),
        ("lang", "../../etc"),
        ("message", "fault&beep"),
        ("recovery", "soon"),
        ("recovery", "9" * 40),
        ("incident", "INC|1"),
        ("own", "anonymous"),
        ("own", "1391234\u0665678"),
        ("own", "+"),
        ("own", "1" * 17),
        ("waited", "-5"),
        ("ref", "12a456"),
        ("length", "endless"),
        ("person", "yes"),
        ("number", "139;rm"),
        ("source", "danger"),
        ("keyed", "110&120"),
        ("matter", "b!ll"),
        ("region", "a b"),
        ("recording", "../x.wav"),
        ("spooled", "true"),
        ("parts", "99"),
        ("tier", "3"),
    ],
)
def test_what_is_not_in_its_form_is_as_good_as_not_said(name: str, value: str) -> None:
    said = {"scope": "power", "lang": "en"}
    without = {key: text for key, text in said.items() if key != name}
    assert named(**(said | {name: value})) == named(**without)


def test_the_first_argument_of_a_name_counts_and_one_without_a_name_is_nothing() -> None:
    assert arguments(header("scope=a", "scope=b", "junk", "=x", "key=")) == {"scope": "a"}


def test_a_dial_plan_without_names_still_says_eight_things_by_their_places() -> None:
    call = call_facts(header("power", "en", "fault", "", "INC-1", "1", "13912345678", "1795305000"))
    assert (call.scope, call.language, call.key, call.own) == ("power", "en", "1", "13912345678")
    assert call.waited_since == datetime.fromtimestamp(1795305000, UTC)
    assert call_facts(header("power")).own == HEADER["agi_callerid"]


@given(st.lists(st.text(max_size=40), max_size=40), st.text(max_size=30))
def test_nothing_that_can_be_said_raises(said: list[str], caller_id: str) -> None:
    call = call_facts(header(*said) | {"agi_callerid": caller_id})
    assert all(c in "+0123456789" for c in call.caller_id + call.own + call.number + call.keyed)


@given(st.sampled_from(sorted(WHOLE)), st.text(max_size=200))
def test_no_value_of_a_name_raises_or_brings_a_sign_that_a_file_or_a_command_knows(
    name: str, value: str
) -> None:
    call = named(**(WHOLE | {name: value}))
    told = (call.scope, call.language, call.message, call.incident, call.region, call.recording, call.matter)
    assert not set("".join(told)) & set("/&,;|\"'\\\n\r\0()$ ")
