"""A site's recordings: what is taken and in which form, what is refused and why, and what was there stays."""

import math
import wave
from array import array
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sounds import HERTZ, crossings, put, silence, tone, wav

from config.prompts import (
    BadSound,
    Imported,
    catalogue,
    check,
    import_recordings,
    languages,
    listen_to,
    prompts_with,
)
from config.prompts.decoding import decode
from config.prompts.listening import listen

ALL = prompts_with({"region-north": {"en": "the north"}}, ["region-north", "region-south"])
SPEECH = tone(1.0)


@pytest.fixture(autouse=True)
def no_programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Nothing but what a test puts there converts other kinds of audio."""
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    return programs


def taken(tmp_path: Path, data: bytes, name: str = "en/offer.wav") -> Imported:
    put(tmp_path / "in" / name, data)
    (one,) = import_recordings(tmp_path / "in", tmp_path / "out", ALL, ("power",))
    return one


def heard(file: Path) -> "array[int]":
    with wave.open(str(file)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, 1, 2)
        return array("h", sound.readframes(sound.getnframes()))


# -- what is taken


def test_a_recording_in_asterisks_form_is_taken_as_it_is(tmp_path: Path) -> None:
    one = taken(tmp_path, wav(SPEECH))
    assert (one.name, one.problem, one.notes) == ("en/offer", "", ())
    assert len(heard(tmp_path / "out/en/offer.wav")) == 8000


@pytest.mark.parametrize(
    ("form", "named"),
    [
        ({"bits": 8}, "8000 Hz, 1 channel(s), 8 bits"),
        ({"bits": 24}, "24 bits"),
        ({"bits": 32}, "32 bits"),
        ({"bits": 32, "tag": 3}, "32 bits, floating"),
        ({"bits": 64, "tag": 3}, "64 bits, floating"),
        ({"channels": 2}, "2 channel(s)"),
        ({"rate": 44100}, "44100 Hz"),
        ({"rate": 48000, "channels": 2, "bits": 24, "extensible": True}, "48000 Hz, 2 channel(s), 24 bits"),
    ],
)
def test_other_wavs_are_converted_and_keep_pitch_length_and_level(
    tmp_path: Path, form: dict[str, Any], named: str
) -> None:
    one = taken(tmp_path, wav(tone(1.0, form.get("rate", 8000)), **form))
    assert one.problem == ""
    assert named in one.notes[0]
    samples = heard(tmp_path / "out/en/offer.wav")
    assert 7900 <= len(samples) <= 8100
    assert abs(crossings(samples) - HERTZ * len(samples) / 8000) <= 3
    assert max(samples[1000:-1000]) == pytest.approx(0.15 * 32768, rel=0.03)


def test_silence_at_both_ends_is_cut_and_told(tmp_path: Path) -> None:
    one = taken(tmp_path, wav(silence(2.0) + SPEECH + silence(1.5)))
    assert one.notes == ("2.0 s of silence cut at the start", "1.5 s of silence cut at the end")
    assert 8000 <= len(heard(tmp_path / "out/en/offer.wav")) <= 9000


def test_a_scope_s_own_variant_of_a_message_has_a_place_of_its_own(tmp_path: Path) -> None:
    assert taken(tmp_path, wav(SPEECH), "en/message-fault@power.wav").name == "en/message-fault@power"
    assert (tmp_path / "out/en/message-fault@power.wav").exists()
    assert not (tmp_path / "out/en/message-fault.wav").exists()


def test_prompts_that_only_the_policy_knows_are_taken_with_words_and_without(tmp_path: Path) -> None:
    for name in ("region-north", "region-south"):
        put(tmp_path / f"in/en/{name}.wav", wav(SPEECH))
    done = import_recordings(tmp_path / "in", tmp_path / "out", ALL)
    assert [(one.name, one.problem) for one in done] == [("en/region-north", ""), ("en/region-south", "")]


@pytest.mark.parametrize(
    ("source", "language", "name", "expected"),
    [
        ("in/en/offer.wav", "", "", "en/offer"),
        ("in/loose/offer.wav", "zh-CN", "", "zh-CN/offer"),
        ("in/loose/take 3.wav", "en", "offer", "en/offer"),
    ],
)
def test_a_single_file_is_named_by_its_place_or_by_options(
    tmp_path: Path, source: str, language: str, name: str, expected: str
) -> None:
    file = put(tmp_path / source, wav(SPEECH))
    (one,) = import_recordings(file, tmp_path / "out", ALL, (), language, name)
    assert (one.name, one.problem) == (expected, "")


def test_a_kind_that_only_a_program_reads_is_converted_by_it(tmp_path: Path, no_programs: Path) -> None:
    sound = put(tmp_path / "sound.wav", wav(SPEECH))
    program = no_programs / "ffmpeg"
    program.write_text(f'#!/bin/sh\nfor last in "$@"; do :; done\n/bin/cp {sound} "$last"\n')
    program.chmod(0o755)
    one = taken(tmp_path, b"ID3\x04 an mp3", "en/offer.mp3")
    assert (one.problem, one.notes) == ("", ("converted from an MP3 file",))


# -- what is refused


BAD = [
    # data, file, problem, remedy
    (b"", "en/offer.wav", "is empty", "record it again"),
    (b"hello", "en/offer.wav", "no audio file", "save it as WAV"),
    (b"RIFF\x00\x00\x00\x00WAVE", "en/offer.wav", "without sound", "save it again"),
    (wav(SPEECH)[:5000], "en/offer.wav", "cut off", "copy it again"),
    (b"ID3\x04 an mp3", "en/offer.mp3", "an MP3 file", "install ffmpeg"),
    (b"\xff\xfb\x90\x00", "en/offer.mp3", "an MP3 file", "install ffmpeg"),
    (b"OggS", "en/offer.ogg", "an Ogg file", "install ffmpeg"),
    (wav(SPEECH, tag=7, bits=8), "en/offer.wav", "of kind 7 with 8 bits", "install ffmpeg"),
    (wav(tone(1.0, 6000), rate=6000), "en/offer.wav", "6000 Hz", "8,000 Hz or more"),
    (wav([float("nan")] * 8000, bits=32, tag=3), "en/offer.wav", "no numbers", "save it again"),
    (wav(silence(2.0)), "en/offer.wav", "silence", "record it again"),
    (wav([]), "en/offer.wav", "silence", "record it again"),
    (wav(tone(0.1)), "en/offer.wav", "0.10 s", "Record it again"),
    (wav(tone(61.0)), "en/offer.wav", "61 s", "say it in 60 s"),
    (wav(tone(601.0)), "en/offer.wav", "601 s", "say it in 60 s"),
    (wav(tone(1.0, level=0.01)), "en/offer.wav", "too quiet (-43 dBFS, peak -40)", "louder"),
    (wav(tone(1.0, level=0.99)), "en/offer.wav", "too loud (-3 dBFS)", "less gain"),
    (wav(tone(1.0, level=4.0)), "en/offer.wav", "cut flat", "less gain"),
    (wav(SPEECH), "en/ofer.wav", "no prompt is called 'ofer'", "Did you mean 'offer'?"),
    (wav(SPEECH), "en/zzzzzz.wav", "no prompt is called 'zzzzzz'", "holdfast prompts list"),
    (wav(SPEECH), "en/offer@power.wav", "'offer' has no variant", "only messages"),
    (wav(SPEECH), "en/message-fault@powr.wav", "no scope is called 'powr'", "Did you mean 'power'?"),
    (wav(SPEECH), "offer.wav", "in which language?", "--language"),
    (wav(SPEECH), "de/offer.wav", "in which language?", "--language"),
    (wav(SPEECH), "en/old/offer.wav", "means nothing", "<language>/<id>.wav"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "file", "problem", "remedy"), BAD, ids=[f"{one[1]}-{one[2]}" for one in BAD]
)
def test_a_bad_recording_is_refused_with_its_remedy_and_what_was_there_stays(
    tmp_path: Path, data: bytes, file: str, problem: str, remedy: str
) -> None:
    before = put(tmp_path / "out/en/offer.wav", wav(tone(0.5)))
    one = taken(tmp_path, data, file)
    assert problem in one.problem
    assert remedy in one.problem
    assert before.read_bytes() == wav(tone(0.5))
    assert [found.name for found in (tmp_path / "out").rglob("*") if found.is_file()] == ["offer.wav"]


def test_one_bad_file_keeps_no_good_one_out(tmp_path: Path) -> None:
    put(tmp_path / "in/en/matter.wav", b"hello")
    put(tmp_path / "in/en/offer.wav", wav(SPEECH))
    put(tmp_path / "in/en/script.txt", b"what to say")
    put(tmp_path / "in/.cache/en/offer.wav", b"not looked at")
    done = import_recordings(tmp_path / "in", tmp_path / "out", ALL)
    assert [(one.file.name, bool(one.problem), one.left_out) for one in done] == [
        ("matter.wav", True, False),
        ("offer.wav", False, False),
        ("script.txt", False, True),
    ]


def test_of_two_recordings_of_one_prompt_the_first_is_taken_and_the_other_named(tmp_path: Path) -> None:
    put(tmp_path / "in/en/offer.wav", wav(tone(0.5)))
    put(tmp_path / "in/offer.wav", wav(SPEECH))
    one, other = import_recordings(tmp_path / "in", tmp_path / "out", ALL, (), "en")
    assert (one.name, one.problem) == ("en/offer", "")
    assert "second recording of en/offer, beside offer.wav" in other.problem
    assert len(heard(tmp_path / "out/en/offer.wav")) == 4000


def test_a_folder_that_cannot_be_written_is_told_and_leaves_no_half_file(tmp_path: Path) -> None:
    put(tmp_path / "out/en", b"in the way")
    one = taken(tmp_path, wav(SPEECH))
    assert "cannot be put into" in one.problem
    assert (tmp_path / "out/en").read_bytes() == b"in the way"


@pytest.mark.parametrize("source", ["nothing", "empty"])
def test_where_there_is_nothing_to_look_at_it_is_said(tmp_path: Path, source: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadSound, match=source):
        import_recordings(tmp_path / source, tmp_path / "out", ALL)


@settings(deadline=None, max_examples=150)
@given(st.one_of(st.binary(max_size=200), st.tuples(st.integers(0, 900), st.binary(min_size=1, max_size=8))))
def test_whatever_a_file_holds_it_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, change: Any
) -> None:
    data = change
    if isinstance(change, tuple):  # a good file with some bytes overwritten
        good, (at, with_these) = wav(tone(0.05)), change
        data = good[:at] + with_these + good[at + len(with_these) :]
    file = put(tmp_path_factory.getbasetemp() / "any.wav", data)
    with suppress(BadSound):
        found = decode(file)
        assert math.isfinite(listen(found.samples, found.rate).speech)


# -- what is installed


def test_progress_is_told_for_every_file(tmp_path: Path) -> None:
    put(tmp_path / "in/en/offer.wav", wav(SPEECH))
    put(tmp_path / "in/en/matter.wav", wav(SPEECH))
    steps: list[tuple[int, int]] = []
    import_recordings(
        tmp_path / "in", tmp_path / "out", ALL, progress=lambda done, of, name: steps.append((done, of))
    )
    assert steps[0] == (0, 2)
    assert steps[-1] == (2, 2)


def test_installed_prompts_that_would_not_be_heard_well_are_named(tmp_path: Path) -> None:
    put(tmp_path / "en/offer.wav", wav(tone(1.0, level=0.01)))
    put(tmp_path / "en/matter.wav", wav(silence(1.5) + SPEECH))
    put(tmp_path / "en/today.wav", wav(SPEECH + silence(3.0)))
    put(tmp_path / "en/digit-1.wav", wav(tone(0.15)))  # a speech program's, which says it fast
    put(tmp_path / "en/promise.wav", wav(SPEECH))
    chosen = [ALL["en", name] for name in ("offer", "matter", "today", "digit-1", "promise", "confirm")]
    told = listen_to(tmp_path, chosen)
    assert [line.split(": ", 1)[1].split(":")[0] for line in told] == [
        "is too quiet (-43 dBFS, peak -40)",
        "begins with 1.5 s of silence",
        "ends with 3.0 s of silence",
    ]


def test_a_recording_whose_words_have_changed_since_is_named(tmp_path: Path) -> None:
    put(tmp_path / "in/en/message-fault.wav", wav(SPEECH))
    import_recordings(tmp_path / "in", tmp_path / "out", catalogue())
    said = [catalogue()["en", "message-fault"]]
    assert listen_to(tmp_path / "out", said) == []
    now = prompts_with({"message-fault": {"en": "Another wording."}})
    (line,) = listen_to(tmp_path / "out", [now["en", "message-fault"]])
    assert "its words have changed since it was recorded" in line


def test_check_names_prompts_that_nobody_has_written(tmp_path: Path) -> None:
    problems = [line for line in check(tmp_path, prompts=ALL) if "region-" in line and "intro" not in line]
    assert len(problems) == 2 * len(languages())
    assert any(
        "region-north.wav: missing: run `holdfast prompts build`" in line for line in problems
    )  # it has words
    assert any("has no words" in line and "prompts.region-north.zh-CN" in line for line in problems)
