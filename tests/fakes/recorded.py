"""What real Asterisks said, as events of ours."""

from collections.abc import Iterator
from typing import TypeVar

from ami_server import capture

from ami_bridge.inbox import AmiEvent
from ami_bridge.link.wire import Framer, event_name, parse
from ami_bridge.site import Site
from ami_bridge.translate import Translator

VERSIONS = ("asterisk-16.28", "asterisk-22.10.1")
SITE = Site(trunks={"carrier-a": "A", "carrier-b": "B"}, queues=frozenset({"power"}))
UNHEARD = {"Alarm", "AlarmClear", "SpanAlarm", "SpanAlarmClear"}  # of DAHDI, whose cards the lab has not
AGENT_1 = "PJSIP/agent-1"
Kind = TypeVar("Kind")


def events_of(data: bytes) -> Iterator[AmiEvent]:
    framer = Framer(1_000_000)
    if not data.startswith(b"Asterisk Call Manager/"):
        framer.feed(b"Asterisk Call Manager/1\r\n")
    for message in framer.feed(data):
        if name := event_name(message):
            yield AmiEvent(name.decode(), parse(message))


def translated(version: str, name: str) -> list[object]:
    translator = Translator(SITE)
    found: list[object] = []
    for event in events_of(capture(version, name)):
        found.extend(translator(event))
    assert not translator.malformed
    return found


def kinds(found: list[object], kind: type[Kind]) -> list[Kind]:
    return [item for item in found if isinstance(item, kind)]
