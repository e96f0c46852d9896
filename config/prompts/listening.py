"""Listening to a recording as its callers will: how loud, how long, how much of it is silence? Pure.

Levels are dBFS: decibels below the loudest that the format can hold. Telephone speech lies around -20.
"""

import math
from array import array
from dataclasses import dataclass
from operator import mul

from config.prompts.audio import RATE, BadSound, resampled

LONGEST, SHORTEST = 60.0, 0.2  # seconds of a recording
MADE_SHORTEST = 0.1  # a speech program says "er" faster than people do
LOUDEST, QUIETEST = -8.0, -35.0  # dBFS of what is spoken
PEAK_LEAST = -25.0
SILENCE_MOST = 1.0  # seconds at either end of an installed prompt
SILENCE_TOLD = 0.3  # seconds that are cut at an end without a word
_MARGIN = 0.05  # seconds of silence that stay
_FRAME = 0.02  # seconds over which loudness is taken
_FULL = 32_700  # from here on a sample is at the format's end
_RUN = 3  # so many of them on end are cut flat


@dataclass(frozen=True, slots=True)
class Heard:
    """seconds: without the silence at the ends. speech, peak: dBFS. before, after: seconds of silence. clipped: cut flat."""

    seconds: float
    speech: float
    peak: float
    before: float
    after: float
    clipped: bool


def listen(samples: "array[int]", rate: int = RATE) -> Heard:
    """What is heard. Raises BadSound when it is silence throughout."""
    size = max(1, int(rate * _FRAME))
    frames = [samples[at : at + size] for at in range(0, len(samples), size)]
    loudness = [math.sqrt(sum(map(mul, frame, frame)) / len(frame)) for frame in frames]
    loudest = max(loudness, default=0.0)
    floor = max(30.0, loudest * 0.04)
    spoken = [at for at, level in enumerate(loudness) if level > floor]
    if not spoken:
        raise BadSound("holds no sound but silence: record it again")
    squares = [loudness[at] ** 2 for at in spoken]
    before = spoken[0] * size / rate
    after = max(0.0, len(samples) - (spoken[-1] + 1) * size) / rate
    return Heard(
        seconds=len(samples) / rate - before - after,
        speech=_decibels(math.sqrt(sum(squares) / len(squares))),
        peak=_decibels(max(max(samples), -min(samples))),
        before=before,
        after=after,
        clipped=_is_clipped(samples),
    )


def problem_in(heard: Heard, shortest: float = SHORTEST) -> str:
    """Why callers should not hear it so, with the remedy; "" when they may."""
    if heard.seconds > LONGEST:
        return f"lasts {heard.seconds:.0f} s: say it in {LONGEST:.0f} s, or in two prompts"
    if heard.seconds < shortest:
        return f"lasts {heard.seconds:.2f} s: is it cut off? Record it again"
    if heard.clipped:
        return "is cut flat where it is loud: record it again, farther from the microphone or with less gain"
    if heard.speech < QUIETEST or heard.peak < PEAK_LEAST:
        return (
            f"is too quiet ({heard.speech:.0f} dBFS, peak {heard.peak:.0f}): record it louder, about -20 dBFS"
        )
    if heard.speech > LOUDEST:
        return f"is too loud ({heard.speech:.0f} dBFS): record it with less gain, about -20 dBFS"
    return ""


def silence_in(heard: Heard) -> str:
    """Silence at an end that callers would take for the end of the call, with the remedy; "" when there is none."""
    for seconds, where in ((heard.before, "begins"), (heard.after, "ends")):
        if seconds > SILENCE_MOST:
            return f"{where} with {seconds:.1f} s of silence: import it again, which cuts it"
    return ""


def prepared(samples: "array[int]", rate: int) -> "tuple[array[int], tuple[str, ...]]":
    """The samples as Asterisk plays them, and what was done to them. Raises BadSound with the reason for a refusal."""
    if len(samples) / rate > 10 * LONGEST:
        raise BadSound(f"lasts {len(samples) / rate:.0f} s: say it in {LONGEST:.0f} s, or in two prompts")
    heard = listen(samples, rate)
    if problem := problem_in(heard):
        raise BadSound(problem)
    first = max(0, int((heard.before - _MARGIN) * rate))
    last = len(samples) - max(0, int((heard.after - _MARGIN) * rate))
    cut = samples[first:last]
    done = [
        f"{seconds:.1f} s of silence cut at the {where}"
        for seconds, where in ((heard.before, "start"), (heard.after, "end"))
        if seconds - _MARGIN > SILENCE_TOLD
    ]
    return (cut if rate == RATE else resampled(cut, rate)), tuple(done)


def _is_clipped(samples: "array[int]") -> bool:
    """Runs at the format's end, more than one in 2,000 samples; a speech program's single peaks are none."""
    runs = flat = 0
    for sample in samples if max(max(samples), -min(samples)) >= _FULL else ():
        flat = flat + 1 if abs(sample) >= _FULL else 0
        runs += flat >= _RUN
    return runs > max(8, len(samples) // 2000)


def _decibels(level: float) -> float:
    return 20 * math.log10(max(level, 1.0) / 32768)
