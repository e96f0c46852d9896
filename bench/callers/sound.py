"""Prompts that a caller can tell apart by one byte: each kind is a steady level, which the line codes as itself."""

import wave
from array import array
from collections.abc import Iterable
from pathlib import Path

PACKET = 0.02  # seconds of sound in an RTP packet
RATE = 8000
HEADER = 12
SILENCE = bytes((0x80, 0, 0, 1, *bytes(7), 9)) + b"\xff" * 160
"""One RTP packet of it, in µ-law, as a caller's phone would send."""

PHRASE, OFFER, ENTER, READ_BACK, CONFIRM, MATTER = (
    "phrase",
    "offer",
    "enter",
    "read-back",
    "confirm",
    "matter",
)
ASK, LEAVE, PROMISE, OWN, OTHER = "ask", "leave", "promise", "own-number", "other"
PROMISES = frozenset({"promise", "promise-soon", "promise-open", "promise-short"})
QUESTIONS = frozenset({OFFER, ENTER, CONFIRM, MATTER, ASK, LEAVE})
SOUNDS = (
    *(PHRASE, OFFER, ENTER, READ_BACK, CONFIRM, MATTER, PROMISE, OWN, ASK, LEAVE, OTHER),
    *(str(digit) for digit in range(10)),
)
SECONDS = {PHRASE: 0.8, OFFER: 0.6, PROMISE: 0.8} | {str(digit): 0.1 for digit in range(10)}
USUAL = 0.3

_SAME = {
    "enter-number": ENTER,
    "read-back": READ_BACK,
    "confirm": CONFIRM,
    "matter": MATTER,
    "own-number": OWN,
    "leave-message": LEAVE,
    **dict.fromkeys(("more", "person", "ask-message", "reference-again", "undo", "back"), ASK),
    **dict.fromkeys(
        ("more-menu", "more-notice", "enter-reference", "promise-menu", "promise-menu-change"), ASK
    ),
    "press": ASK,
}


def sound_of(prompt: str) -> str:
    """Which sound a prompt of the catalogue is given."""
    if prompt.startswith("message-"):
        return PHRASE
    if prompt.startswith("digit-"):
        return prompt.removeprefix("digit-")
    if prompt in PROMISES:
        return PROMISE
    if prompt.startswith("offer") and prompt != "offer-waiting":
        return OFFER
    return _SAME.get(prompt, OTHER)


def _decoded(code: int) -> int:
    """The sample that a byte of µ-law stands for."""
    code = ~code & 0xFF
    size = (((code & 0x0F) << 3) + 0x84 << ((code & 0x70) >> 4)) - 0x84
    return -size if code & 0x80 else size


CODES = {0x90 + place: sound for place, sound in enumerate(SOUNDS)}
"""µ-law byte → sound. They lie close together, so that a step from one to the other is no crack."""


def hear(packet: bytes) -> str:
    """What an RTP packet holds, by the byte in its middle; "" for none of ours."""
    middle = HEADER + (len(packet) - HEADER) // 2
    return CODES.get(packet[middle], "") if len(packet) > HEADER else ""


def packets(sound: str) -> int:
    """How many packets carry the whole of it."""
    return round(SECONDS.get(sound, USUAL) / PACKET)


def write(folder: Path, prompts: Iterable[tuple[str, str]], times: int = 1) -> None:
    """A WAV file for each (language, prompt); times: so much longer than usual."""
    levels = {sound: _decoded(code) for code, sound in CODES.items()}
    for language, prompt in prompts:
        sound = sound_of(prompt)
        file = folder / language / f"{prompt}.wav"
        file.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(file), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(RATE)
            out.writeframes(array("h", [levels[sound]] * (times * packets(sound) * RATE // 50)).tobytes())
