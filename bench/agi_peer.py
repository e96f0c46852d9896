"""Plays Asterisk to an AGI server: many dialogues, each answered at once. Counts the exchanges."""

import asyncio
from dataclasses import dataclass

HEADER = (
    b"agi_network: yes\nagi_network_script: capture\nagi_request: agi://127.0.0.1/capture\nagi_channel: PJSIP/carrier-a-1\n"
    b"agi_language: en\nagi_type: PJSIP\nagi_uniqueid: %d.%d\nagi_version: 22.10.1\nagi_callerid: 13857100001\n"
    b"agi_calleridname: unknown\nagi_callingpres: 0\nagi_callingani2: 0\nagi_callington: 0\nagi_callingtns: 0\nagi_dnid: 95598\n"
    b"agi_rdnis: unknown\nagi_context: holdfast\nagi_extension: agi\nagi_priority: 3\nagi_enhanced: 0.0\nagi_accountcode: \n"
    b"agi_threadid: 1\nagi_arg_1: scope=power\nagi_arg_2: lang=zh-CN\nagi_arg_3: message=fault\nagi_arg_4: incident=INC-power\n"
    b"agi_arg_5: own=13857100001\nagi_arg_6: ref=271828\nagi_arg_7: length=short\nagi_arg_8: tier=1\n\n"
)


@dataclass(slots=True)
class Tally:
    """What the peer has seen."""

    sessions: int = 0
    exchanges: int = 0


async def play(port: int, sessions: int, at_once: int) -> Tally:
    """Runs so many dialogues, ``at_once`` of them side by side."""
    tally = Tally()
    todo = iter(range(sessions))

    async def worker(number: int) -> None:
        for one in todo:
            exchanges = await _session(port, number, one)
            tally.exchanges += exchanges
            tally.sessions += 1

    await asyncio.gather(*(worker(number) for number in range(at_once)))
    return tally


async def _session(port: int, worker: int, one: int) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HEADER % (worker + 1, one))
    exchanges = 0
    while line := await reader.readline():
        exchanges += 1
        writer.write(answer(line))
    writer.close()
    return exchanges


def answer(line: bytes) -> bytes:
    """As Asterisk says it: a caller who presses 1 at every question."""
    if line.startswith(b"GET VARIABLE"):
        return b"200 result=1 (OK:1)\n"
    if line.startswith(b"GOSUB"):
        return b"100 result=0 Trying...\n200 result=0 Gosub complete\n"
    return b"200 result=0\n"
