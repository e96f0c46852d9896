"""Digits as RTP telephone events (RFC 4733) for SIPp to play, or to be sent by the lab itself.

SIPp's own play_dtmf always sends payload 96, which Asterisk does not understand in calls that Asterisk offered; it
also waits 0.8 s before the first digit and takes 0.4 s for each. These take 0.2 s.
"""

import struct

EVENTS = "0123456789*#"
PRESS_MS = 120
GAP_MS = 80
PACKET_MS = 20
TICKS_PER_MS = 8
END = 0x80  # flag of the last packets of an event, which are sent three times
VOLUME = 10
SSRC = 0x4C4142


PAYLOAD_TYPE = 101  # what Asterisk names in its own offers
SECONDS = (PRESS_MS + GAP_MS) / 1000  # per digit


def capture(digits: str, since_answer: float = 0.0) -> bytes:
    """A pcap file with the packets of `digits`."""
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    return header + b"".join(_record(ms, rtp) for ms, rtp in packets(digits, since_answer))


def packets(digits: str, since_answer: float = 0.0) -> list[tuple[int, bytes]]:
    """(ms from now, RTP packet) of the events of `digits`, each PRESS_MS long with GAP_MS between them.

    since_answer: seconds; sets where the RTP numbers begin, because Asterisk takes events whose numbers do not grow
    within a call for repetitions.
    """
    sequence, begin = 1 + int(since_answer * 100), int(since_answer * 1000)
    made = []
    for position, digit in enumerate(digits):
        start = position * (PRESS_MS + GAP_MS)
        for at, payload, first in _events(digit):
            kind = PAYLOAD_TYPE | (0x80 if first else 0)
            ticks = (begin + start) * TICKS_PER_MS
            made.append(
                (start + at, struct.pack("!BBHII", 0x80, kind, sequence & 0xFFFF, ticks, SSRC) + payload)
            )
            sequence += 1
    return made


def _events(digit: str) -> list[tuple[int, bytes, bool]]:
    """(ms since the press, payload, first) of each packet of one press."""
    event = EVENTS.index(digit)
    times = list(range(0, PRESS_MS, PACKET_MS))
    packets = [
        (at, struct.pack("!BBH", event, VOLUME, (at + PACKET_MS) * TICKS_PER_MS), at == 0) for at in times
    ]
    last = struct.pack("!BBH", event, VOLUME | END, PRESS_MS * TICKS_PER_MS)
    return packets + [(PRESS_MS + again, last, False) for again in range(3)]


def _record(ms: int, rtp: bytes) -> bytes:
    """One packet as captured on an Ethernet; SIPp puts in the real addresses."""
    udp = struct.pack("!HHHH", 20000, 20000, 8 + len(rtp), 0) + rtp
    ip = (
        struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, b"\x7f\0\0\1", b"\x7f\0\0\1")
        + udp
    )
    frame = bytes(12) + b"\x08\x00" + ip
    return struct.pack("<IIII", ms // 1000, ms % 1000 * 1000, len(frame), len(frame)) + frame
