"""The catalogue, and how it becomes audio that Asterisk plays."""

import math
import wave
from array import array
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from config.prompts import PromptsFailed, build, catalogue, check, languages, wordings
from config.prompts.audio import BadSound, convert
from config.prompts.numerals import chinese, english, english_ordinal
from lab.site import prompt_cache

pytestmark = pytest.mark.slow


@pytest.fixture
def speaker(tmp_path: Path) -> str:
    """A speech program that makes a tone of any text."""
    tone = array("h", (int(9000 * math.sin(n / 9)) for n in range(1102)))
    file = write_wav(tmp_path / "tone.wav", rate=22050, samples=tone.tobytes())
    return f"cp {file} {{out}}"


def write_wav(
    file: Path, rate: int = 8000, channels: int = 1, width: int = 2, frames: int = 800, samples: bytes = b""
) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(file), "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(width)
        sound.setframerate(rate)
        sound.writeframes(samples or b"\x11" * (frames * channels * width))
    return file


# -- catalogue


def test_b1_the_standard_phrase_is_the_approved_wording() -> None:
    assert wordings("zh-CN")["message-fault"] == "我们的系统发生故障,我们的工程师正在维修。"
    assert wordings("en")["message-fault"] == "Our system has a fault; our engineers are repairing it."


def test_every_prompt_exists_in_every_language() -> None:
    assert languages() == ("zh-CN", "en")
    assert wordings("zh-CN").keys() == wordings("en").keys()
    assert all(prompt.text.strip() for prompt in catalogue().values())


@pytest.mark.parametrize(
    ("prompt", "zh", "en"),
    [
        ("hour-0", "零点", "zero"),
        ("hour-2", "两点", "two"),
        ("hour-14", "十四点", "fourteen"),
        ("hour-22", "二十二点", "twenty-two"),
        ("minute-0", "整", "o'clock"),
        ("minute-5", "零五分", "oh five"),
        ("minute-30", "三十分", "thirty"),
        ("month-11", "十一月", "November"),
        ("day-21", "二十一日", "twenty-first"),
        ("day-12", "十二日", "twelfth"),
        ("day-30", "三十日", "thirtieth"),
    ],
)
def test_times_are_said_as_people_say_them(prompt: str, zh: str, en: str) -> None:
    assert (wordings("zh-CN")[prompt], wordings("en")[prompt]) == (zh, en)


def test_no_two_numbers_sound_the_same() -> None:
    for words in (chinese, english, english_ordinal):
        assert len({words(n) for n in range(60)}) == 60


def test_the_way_to_the_other_language_is_spoken_by_its_own_voice() -> None:
    assert catalogue()["zh-CN", "language"].voice != catalogue()["zh-CN", "offer"].voice


# -- building


def test_everything_is_built_once_and_again_only_where_something_changed(
    tmp_path: Path, speaker: str
) -> None:
    out = tmp_path / "out"
    steps: list[tuple[int, int]] = []
    built = build(out, ["en"], speaker, progress=lambda done, of, name: steps.append((done, of)))
    assert built.made == len(wordings("en"))
    assert steps[-1] == (built.made, built.made)
    assert check(out, ["en"]) == []
    (out / "en/today.wav").unlink()
    again = build(out, ["en"], speaker)
    assert (again.made, again.unchanged) == (1, built.made - 1)


def test_a_sites_own_recording_wins_and_is_taken_again_when_it_changes(tmp_path: Path, speaker: str) -> None:
    site, out = tmp_path / "site", tmp_path / "out"
    recording = write_wav(site / "en/message-fault.wav", frames=1000)
    assert build(out, ["en"], speaker, site).recorded == 1
    assert (out / "en/message-fault.wav").read_bytes() == recording.read_bytes()
    write_wav(recording, frames=1200)
    assert build(out, ["en"], speaker, site).recorded == 1
    assert (out / "en/message-fault.wav").read_bytes() == recording.read_bytes()


@pytest.mark.parametrize(
    ("form", "named"),
    [
        ({"rate": 16000}, "16000 Hz"),
        ({"channels": 2}, "2 channel"),
        ({"width": 4}, "32 bits"),
        ({"frames": 0}, "no sound"),
    ],
)
def test_a_recording_in_a_wrong_form_is_named_with_the_remedy_before_anything_is_built(
    tmp_path: Path, speaker: str, form: dict[str, Any], named: str
) -> None:
    file = write_wav(tmp_path / "site/en/offer.wav", **form)
    with pytest.raises(PromptsFailed) as failed:
        build(tmp_path / "out", ["en"], speaker, tmp_path / "site")
    (problem,) = failed.value.problems
    assert str(file) in problem
    assert named in problem
    assert "sox" in problem or "record" in problem
    assert not (tmp_path / "out").exists()


def test_check_names_what_is_missing_and_what_cannot_be_played(tmp_path: Path, speaker: str) -> None:
    build(tmp_path, ["en"], speaker)
    (tmp_path / "en/offer.wav").unlink()
    (tmp_path / "en/matter.wav").write_bytes(b"RIFFnothing")
    problems = check(tmp_path, ["en"])
    assert len(problems) == 2
    assert any("offer.wav: missing: run `holdfast prompts build`" in p for p in problems)
    assert any("matter.wav: not a WAV file" in p for p in problems)


def test_a_speech_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PromptsFailed, match=r"no-such-voice.*not installed"):
        build(tmp_path, ["en"], "no-such-voice {text} {out}")


@pytest.mark.parametrize("command", ["espeak-ng {text}", "x {nothing} {out}", "x '{out}", ""])
def test_a_command_that_cannot_work_is_refused_with_what_it_needs(tmp_path: Path, command: str) -> None:
    with pytest.raises(PromptsFailed, match=r"\{out\}"):
        build(tmp_path, ["en"], command)


def test_a_speech_program_that_fails_names_every_prompt_and_keeps_the_good_ones(
    tmp_path: Path, speaker: str
) -> None:
    program = tmp_path / "half.sh"
    program.write_text(f'[ "$1" = today ] && exit 3\n{speaker.replace("{out}", "$2")}\n')
    with pytest.raises(PromptsFailed) as failed:
        build(tmp_path / "out", ["en"], f"sh {program} {{text}} {{out}}")
    (problem,) = failed.value.problems
    assert problem.startswith("en/today")
    assert "ended with 3" in problem
    assert len(check(tmp_path / "out", ["en"])) == 1


def test_a_language_that_is_not_in_the_catalogue_is_named() -> None:
    with pytest.raises(PromptsFailed, match="fr"):
        check(Path(), ["fr"])


# -- sound


def test_speech_is_brought_to_8_khz_without_changing_its_pitch_and_without_silence(tmp_path: Path) -> None:
    rate, hertz = 22050, 440
    quiet = array("h", bytes(2 * rate))
    tone = array("h", (int(10000 * math.sin(2 * math.pi * hertz * n / rate)) for n in range(rate)))
    with wave.open(str(tmp_path / "in.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes((quiet + tone + quiet).tobytes())
    convert(tmp_path / "in.wav", tmp_path / "out.wav")
    with wave.open(str(tmp_path / "out.wav")) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, 1, 2)
        samples = array("h", sound.readframes(sound.getnframes()))
    assert 8000 <= len(samples) <= 8900  # one second of tone and a margin; two seconds of silence are gone
    middle = samples[1000:5000]
    crossings = sum(a < 0 <= b for a, b in pairwise(middle))
    assert abs(crossings / (4000 / 8000) - hertz) <= 4
    assert 9500 < max(middle) < 10500


def test_silence_is_no_prompt(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "in.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(22050)
        sound.writeframes(bytes(22050))
    with pytest.raises(BadSound, match="no sound"):
        convert(tmp_path / "in.wav", tmp_path / "out.wav")


def test_espeak_speaks_the_whole_catalogue() -> None:
    """In the folder that every site beside a lab uses too, so that a run speaks the catalogue once."""
    built = build(prompt_cache())
    assert built.made + built.unchanged == len(catalogue())
    assert check(prompt_cache()) == []
    assert build(prompt_cache()).made == 0
