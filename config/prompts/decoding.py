"""Recordings as people send them → mono samples. WAV of any usual kind is read here; the rest by a program, where one is."""

import shutil
import struct
import subprocess
import sys
import tempfile
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from config.prompts.audio import RATE, BadSound

MOST_BYTES = 64 * 1024 * 1024
COMMAND_SECONDS = 60
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_UNTIL_THE_END = (0, 0xFFFFFFFF)  # sizes that programs write which did not know it yet
_KINDS = (
    (0, b"ID3", "an MP3"), (0, b"\xff\xfb", "an MP3"), (0, b"\xff\xf3", "an MP3"), (0, b"\xff\xf2", "an MP3"),
    (0, b"OggS", "an Ogg"), (0, b"fLaC", "a FLAC"), (4, b"ftyp", "an MP4"), (0, b"FORM", "an AIFF"), (0, b"#!AMR", "an AMR"),
)  # fmt: skip


Samples = TypeVar("Samples", "array[int]", "array[float]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """samples: 16 bits, one channel, at ``rate``. form: what the file was, in words; "" when Asterisk plays it as it is."""

    samples: "array[int]"
    rate: int
    form: str


def decode(file: Path) -> Decoded:
    """What a file holds. Raises BadSound with what is wrong and the remedy, without the file's name."""
    try:
        if file.stat().st_size > MOST_BYTES:
            raise BadSound("is larger than 64 MB: is it the right file?")
        data = file.read_bytes()
    except OSError as error:
        raise BadSound(f"cannot be read ({error.strerror})") from None
    if not data:
        raise BadSound("is empty: record it again")
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return _wav(data, file)
    kind = next((kind for at, magic, kind in _KINDS if data[at : at + len(magic)] == magic), None)
    if kind is None:
        raise BadSound("is no audio file that is known: save it as WAV")
    return _by_program(file, f"{kind} file")


def _wav(data: bytes, file: Path) -> Decoded:
    chunks = dict(reversed(list(_chunks(data))))  # the first of each name counts
    head, body = chunks.get(b"fmt "), chunks.get(b"data")
    if head is None or body is None or len(head) < 16:
        raise BadSound("is a WAV file without sound in it: save it again")
    tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", head)
    if tag == _EXTENSIBLE and len(head) >= 26:
        tag = struct.unpack_from("<H", head, 24)[0]
    form = f"{rate} Hz, {channels} channel(s), {bits} bits{', floating' if tag == _FLOAT else ''}"
    if not 1 <= channels <= 8 or not RATE <= rate <= 192_000:
        raise BadSound(f"has {form}: record it with 8,000 Hz or more")
    samples = _samples(tag, bits, body)
    if samples is None:
        return _by_program(file, f"a WAV file of kind {tag} with {bits} bits")
    if channels > 1:
        whole = len(samples) // channels * channels
        tracks = (samples[track:whole:channels] for track in range(channels))
        samples = array("h", (sum(frame) // channels for frame in zip(*tracks, strict=True)))
    return Decoded(samples, rate, "" if (tag, rate, channels, bits) == (_PCM, RATE, 1, 16) else form)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        body = data[at + 8 :] if name == b"data" and size in _UNTIL_THE_END else data[at + 8 : at + 8 + size]
        if name == b"data" and len(body) < size != _UNTIL_THE_END[1]:
            raise BadSound("is cut off: copy it again")
        yield name, body
        at += 8 + len(body) + len(body) % 2


def _samples(tag: int, bits: int, body: bytes) -> "array[int] | None":
    """16-bit samples of the usual kinds of WAV; None for another kind."""
    width = bits // 8
    body = body[: len(body) // width * width] if width else body
    if tag == _PCM and bits == 8:
        return array("h", ((value - 128) << 8 for value in body))
    if tag == _PCM and bits in (16, 24, 32):
        pairs = bytearray(len(body) // width * 2)
        pairs[0::2], pairs[1::2] = body[width - 2 :: width], body[width - 1 :: width]
        return _native(array("h", bytes(pairs)))
    if tag == _FLOAT and bits in (32, 64):
        values: array[float] = _native(array("f" if bits == 32 else "d", body))
        try:
            return array("h", (max(-32768, min(32767, int(value * 32768))) for value in values))
        except (ValueError, OverflowError):
            raise BadSound("holds values that are no numbers: save it again") from None
    return None


def _native(samples: Samples) -> Samples:
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def _by_program(file: Path, kind: str) -> Decoded:
    """By ffmpeg or sox, whichever is there and knows the kind."""
    with tempfile.TemporaryDirectory(prefix="holdfast-prompt-") as folder:
        target = Path(folder) / "sound.wav"
        for words in _commands(file.absolute(), target):
            try:
                done = subprocess.run(words, capture_output=True, timeout=COMMAND_SECONDS, check=False)
            except (OSError, subprocess.TimeoutExpired):
                continue
            if done.returncode == 0 and target.exists():
                found = _wav(target.read_bytes(), target)
                return Decoded(found.samples, found.rate, kind)
    raise BadSound(f"is {kind}, and no program here can read it: install ffmpeg, or save it as WAV")


def _commands(file: Path, target: Path) -> Iterator[list[str]]:
    if shutil.which("ffmpeg"):
        form = ["-ac", "1", "-ar", str(RATE), "-c:a", "pcm_s16le", "-f", "wav"]
        yield [
            "ffmpeg",
            "-nostdin",
            "-v",
            "error",
            "-protocol_whitelist",
            "file",
            "-i",
            f"file:{file}",
            *form,
            str(target),
        ]
    if shutil.which("sox"):
        yield ["sox", str(file), "-r", str(RATE), "-c", "1", "-b", "16", str(target)]
