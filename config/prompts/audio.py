"""Sound as Asterisk plays it without help: WAV, 8,000 Hz, one channel, 16-bit samples."""

import sys
import wave
from array import array
from math import cos, gcd, pi, sin
from operator import mul
from pathlib import Path

RATE = 8000
_HALF = 6  # zero crossings of the low-pass on each side
_QUIET = 200  # of 32,767: below this is silence
_MARGIN = RATE // 20  # 50 ms of it stay at both ends


class BadSound(ValueError):
    """A file that Asterisk would not play; the text names what is wrong and the remedy."""


def problem_of(file: Path) -> str | None:
    """Why Asterisk would not play this file, with the remedy; None when it would."""
    try:
        with wave.open(str(file), "rb") as sound:
            found = (sound.getframerate(), sound.getnchannels(), sound.getsampwidth() * 8)
            frames = sound.getnframes()
    except FileNotFoundError:
        return f"{file}: missing: run `holdfast prompts build`, or record it"
    except (OSError, EOFError, wave.Error) as error:
        return f"{file}: not a WAV file that can be read ({error}): {_remedy(file)}"
    if found != (RATE, 1, 16):
        form = f"{found[0]} Hz, {found[1]} channel(s), {found[2]} bits"
        return f"{file}: has {form}, but Asterisk needs {RATE} Hz, 1 channel, 16 bits: {_remedy(file)}"
    return f"{file}: holds no sound: record it again" if frames == 0 else None


def _remedy(file: Path) -> str:
    return f"convert it, for example with `sox {file.name} -r 8000 -c 1 -b 16 new.wav`"


def convert(source: Path, target: Path) -> None:
    """Any 16-bit WAV as a speech program writes it → the form above, without silence at its ends. Raises BadSound."""
    samples, rate = _read(source)
    samples = _trimmed(samples if rate == RATE else resampled(samples, rate))
    if not samples:
        raise BadSound(f"{source}: holds no sound: does the speech program know this language?")
    write(target, samples)


def write(target: Path, samples: "array[int]") -> None:
    """Samples at ``RATE`` as a file in the form above."""
    with wave.open(str(target), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(_little_endian(samples).tobytes())


def _read(source: Path) -> "tuple[array[int], int]":
    try:
        with wave.open(str(source), "rb") as sound:
            if sound.getsampwidth() != 2:
                raise BadSound(
                    f"{source}: {sound.getsampwidth() * 8}-bit samples: let the program write 16-bit WAV"
                )
            samples = array("h", sound.readframes(sound.getnframes()))
            channels, rate = sound.getnchannels(), sound.getframerate()
    except (OSError, EOFError, wave.Error) as error:
        raise BadSound(f"{source}: the speech program wrote no WAV file ({error})") from error
    return _little_endian(samples)[::channels], rate


def _little_endian(samples: "array[int]") -> "array[int]":
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def _trimmed(samples: "array[int]") -> "array[int]":
    loud = [n for n in range(0, len(samples), 16) if abs(samples[n]) > _QUIET]
    if not loud:
        return array("h")
    return samples[max(0, loud[0] - _MARGIN) : loud[-1] + _MARGIN]


def resampled(samples: "array[int]", rate: int) -> "array[int]":
    """Windowed-sinc resampling; pure, so that no program is needed for it.

    The position between two samples repeats after ``period`` outputs, so each phase has one filter and goes at once.
    """
    cutoff = min(1.0, RATE / rate) * 0.95
    reach = int(_HALF / cutoff) + 1
    period = RATE // gcd(RATE, rate)
    step = period * rate // RATE
    padded = [0] * reach + samples.tolist() + [0] * reach
    wanted = len(samples) * RATE // rate
    out = array("h", bytes(2 * wanted))
    for first in range(min(period, wanted)):
        whole, rest = divmod(first * rate, RATE)
        taps = _filter(rest / RATE, reach, cutoff)
        count = len(range(first, wanted, period))
        starts = range(whole + 1, whole + 1 + count * step, step)
        values = [int(sum(map(mul, taps, padded[s : s + 2 * reach]))) for s in starts]
        out[first::period] = array("h", [max(-32768, min(32767, value)) for value in values])
    return out


def _filter(phase: float, reach: int, cutoff: float) -> list[float]:
    taps = []
    for k in range(1 - reach, reach + 1):
        distance = k - phase
        x = distance * cutoff
        sinc = 1.0 if abs(x) < 1e-9 else sin(pi * x) / (pi * x)
        taps.append(sinc * (0.5 + 0.5 * cos(pi * distance / (reach + 1))))
    total = sum(taps)
    return [tap / total for tap in taps]
