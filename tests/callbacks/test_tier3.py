"""The dial plan's own lines: checked as what they are, untrusted."""

from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import md5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbacks.lines import DamagedLine
from callbacks.tier3 import parse
from callbacks.values import Capture, Matter, NumberSource

GOOD = "hf1|1763720100.17|1763720101|power|13912341234|13800000000|keyed|bill|zh-CN|1|1|INC-power-1"


def line(text: str = GOOD) -> bytes:
    return f"{text}|{md5(text.encode(), usedforsecurity=False).hexdigest()}".encode()


def changed(**values: str) -> bytes:
    names = [
        "hf",
        "uid",
        "epoch",
        "scope",
        "caller",
        "number",
        "source",
        "matter",
        "lang",
        "wanted",
        "promised",
        "incident",
    ]
    fields = dict(zip(names, GOOD.split("|"), strict=True)) | values
    return line("|".join(fields.values()))


def test_a_whole_line_is_a_capture() -> None:
    assert parse(line(), "pbx1") == Capture(
        key="pbx1:1763720100.17",
        at=datetime(2025, 11, 21, 10, 15, 1, tzinfo=UTC),
        scope="power",
        caller_id="13912341234",
        number="13800000000",
        source=NumberSource.KEYED,
        matter=Matter.BILL,
        language="zh-CN",
        tier=3,
        wanted=True,
        promised=True,
        incident="INC-power-1",
    )


@given(st.integers(0, len(line()) - 1), st.integers(1, 255))
def test_a_damaged_byte_is_recognised(place: int, change: int) -> None:
    whole = line()
    damaged = whole[:place] + bytes([whole[place] ^ change]) + whole[place + 1 :]
    if damaged.lower() == whole:
        return  # the checksum may be written in capitals
    with pytest.raises(DamagedLine):
        parse(damaged, "pbx1")


@given(st.binary(max_size=300))
def test_rubbish_is_refused_and_never_repeated_in_the_message(rubbish: bytes) -> None:
    with pytest.raises(DamagedLine) as caught:
        parse(rubbish, "pbx1")
    assert len(str(caught.value)) < 80


def test_a_line_that_begins_inside_a_torn_one_is_read() -> None:
    """Asterisk was killed while writing, and appended to the same minute's file when it was back."""
    assert parse(line()[:40] + line(), "pbx1") == parse(line(), "pbx1")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("uid", "../../etc"),
        ("uid", ""),
        ("uid", "1" * 97),
        ("epoch", "soon"),
        ("epoch", "9" * 30),
        ("scope", ""),
        ("scope", "power;x"),
        ("wanted", "yes"),
        ("hf", "hf2"),  # which has more fields
        ("hf", "hf9"),
    ],
)
def test_a_line_with_a_right_checksum_but_a_wrong_value_is_set_aside(field: str, value: str) -> None:
    with pytest.raises(DamagedLine):
        parse(changed(**{field: value}), "pbx1")


@pytest.mark.parametrize("number", ["139;1234", "x", "1" * 40, "++1", ""])
def test_a_number_that_is_none_leaves_the_call_on_the_missed_list(number: str) -> None:
    """Toll fraud is the attack: only digits with a leading + come through."""
    one = parse(changed(number=number), "pbx1")
    assert (one.number, one.source) == ("", NumberSource.NONE)


def test_a_word_that_is_not_known_loses_the_matter_and_never_the_caller() -> None:
    one = parse(changed(matter="poetry", lang="xx-yy-zz", incident="a b", caller="anonymous"), "pbx1")
    assert (one.matter, one.language, one.incident, one.caller_id) == (Matter.UNSTATED, "", "", "")
    assert one.number == "13800000000"


@pytest.mark.parametrize(
    ("source", "number", "origin"),
    [
        ("", "13912341234", NumberSource.OWN),
        ("", "13800000000", NumberSource.KEYED),
        ("stolen", "13800000000", NumberSource.KEYED),
    ],
)
def test_a_number_is_kept_also_when_nothing_tells_where_it_came_from(
    source: str, number: str, origin: NumberSource
) -> None:
    one = parse(changed(source=source, number=number), "pbx1")
    assert (one.number, one.source) == (number, origin)


def test_a_hang_up_before_anything_was_said_is_a_missed_call() -> None:
    one = parse(changed(number="", source="none", matter="", wanted="0", promised="0"), "pbx1")
    assert (one.wanted, one.promised, one.number) == (False, False, "")


def test_own_and_other_pbx_never_share_a_key(capture: Callable[..., Capture]) -> None:
    assert parse(line(), "pbx1").key != parse(line(), "pbx2").key


GOOD2 = (
    "hf2|1763720100.17|1763720101|power|13912341234|13800000000|keyed|danger|zh-CN|1|1|INC-power-1|1763719000|482913|"
    "east|1763720100.17.wav|2"
)


def test_a_line_of_the_newer_form_says_all_that_the_caller_left() -> None:
    one = parse(line(GOOD2), "pbx1")
    assert (one.reference, one.region, one.recording, one.tier) == ("482913", "east", "1763720100.17.wav", 2)
    assert (one.matter, one.place_at) == (Matter.DANGER, datetime(2025, 11, 21, 9, 56, 40, tzinfo=UTC))


def test_what_is_empty_in_the_newer_form_is_no_damage() -> None:
    empty = "hf2|1763720100.17|1763720101|power" + "|" * 13
    one = parse(line(empty), "pbx1")
    assert (one.tier, one.reference, one.recording, one.wanted) == (3, "", "", False)
    assert one.place_at == one.at


@pytest.mark.parametrize("recording", ["../../etc/passwd", "a/b.wav", ".hidden", "x" * 161, "a b.wav"])
def test_a_recording_is_a_name_in_one_folder_or_none(recording: str) -> None:
    one = parse(line(GOOD2.replace("1763720100.17.wav", recording)), "pbx1")
    assert (one.recording, one.number) == ("", "13800000000")


def test_a_line_that_begins_inside_a_torn_one_is_read_whatever_the_forms() -> None:
    assert parse(line()[:40] + line(GOOD2), "pbx1") == parse(line(GOOD2), "pbx1")
    assert parse(bytes(4096) + line(GOOD2), "pbx1") == parse(line(GOOD2), "pbx1")
