"""Sounds as recordings of them may come: tones between silence, in every kind of WAV."""

import math
import struct
from array import array
from itertools import pairwise
from pathlib import Path

HERTZ = 440


def tone(seconds: float = 1.0, rate: int = 8000, level: float = 0.15) -> list[float]:
    """A tone; level: of its peak, 1.0 is the loudest that there is."""
    return [level * math.sin(2 * math.pi * HERTZ * n / rate) for n in range(int(seconds * rate))]


def silence(seconds: float, rate: int = 8000) -> list[float]:
    return [0.0] * int(seconds * rate)


def wav(
    samples: list[float],
    rate: int = 8000,
    channels: int = 1,
    bits: int = 16,
    tag: int = 1,
    extensible: bool = False,
) -> bytes:
    """A WAV file; every channel holds the same. tag: 1 whole numbers, 3 floating; others keep 16-bit samples."""
    frames = b"".join(_sample(value, bits, tag) * channels for value in samples)
    width = bits // 8 * channels
    said = 0xFFFE if extensible else tag
    head = struct.pack("<HHIIHH", said, channels, rate, rate * width, width, bits)
    if extensible:
        head += (
            struct.pack("<HHIH", 22, bits, 0, tag)
            + b"\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"
        )
    chunks = _chunk(b"fmt ", head) + _chunk(b"LIST", b"INFOabc") + _chunk(b"data", frames)
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\x00" * (len(body) % 2)


def _sample(value: float, bits: int, tag: int) -> bytes:
    if tag == 3:
        return struct.pack("<f" if bits == 32 else "<d", value)
    if bits == 8:
        return bytes([128 + max(-128, min(127, round(value * 128)))])
    most = 1 << (bits - 1)
    return max(-most, min(most - 1, round(value * most))).to_bytes(bits // 8, "little", signed=True)


def put(file: Path, data: bytes) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return file


def crossings(samples: "array[int]") -> int:
    """How often it rises through zero: its pitch, times its seconds."""
    return sum(before < 0 <= after for before, after in pairwise(samples))
