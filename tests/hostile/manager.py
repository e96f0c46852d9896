"""A manager stream through what reads it: framing, headers, ids, and the table that makes events of ours."""

from collections.abc import Iterable
from itertools import islice

from ami_bridge.inbox import AmiEvent
from ami_bridge.link.wire import BANNER, Framer, LazyHeaders, WireError, action_id, event_name, parse
from ami_bridge.site import site_of
from ami_bridge.translate import TABLE, Translator
from bench.policy import policy
from config.policy import parse_policy

MOST = 1 << 20  # bytes of an unfinished message
HELLO = BANNER + b"11.0.0\r\n"


class ManagerEnd:
    """The bridge's side of manager streams; what the translator remembers goes on from one to the next."""

    def __init__(self) -> None:
        self._translator = Translator(site_of(parse_policy(policy()).fallback))

    def hear(self, packets: Iterable[bytes]) -> int:
        """One stream after its banner. Returns how many messages were in it; raises AssertionError for what may not be."""
        framer, messages = Framer(MOST), 0
        framer.feed(HELLO)
        try:
            for packet in packets:
                for message in framer.feed(packet):
                    messages += 1
                    self._message(message)
        except WireError:
            pass  # the link is given up and made anew
        strange = set(self._translator.malformed) - TABLE.keys()
        assert not strange, f"counted by names that a stranger chose: {list(islice(strange, 3))}"
        return messages

    def _message(self, message: bytes) -> None:
        action_id(message)
        name = event_name(message)
        if name:
            headers = LazyHeaders(message)
            self._translator(AmiEvent(name.decode("utf-8", "replace"), headers))
            return
        assert dict(LazyHeaders(message)) == dict(parse(message)) or b"\r\n\r\n" in message
