"""The share of outgoing calls that fail by the trunk's own fault, within a window (D1, ``Evidence.SHARE``). Pure.

Only calls that we dial count. A call that came in was carried, and the cause it ends with is mostly our own dial plan's:
``Congestion()``, a queue without agents, a phone that is away. Of the calls that we dial each cause says one of three
things; the table states which, and why.
"""

from collections import deque
from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType

from ami_bridge.events import TrunkCallEnded
from config.sources import ShareRule
from fallback.events import Event, Evidence, TrunkSeen


class Verdict(StrEnum):
    """What the end of a call says of the trunk."""

    AGAINST = "against"
    CARRIED = "carried"
    NOTHING = "nothing"


_A, _C, _N = Verdict.AGAINST, Verdict.CARRIED, Verdict.NOTHING

CAUSES: Mapping[int, tuple[Verdict, str]] = MappingProxyType(
    {
        1: (_C, "number not in use (404): the network looked it up"),
        3: (_A, "no route: what Asterisk says when no contact of the trunk can be reached"),
        16: (
            _N,
            "normal end of a call that never rang: whoever dialled gave up before the trunk said anything",
        ),
        17: (_C, "callee busy (486)"),
        18: (_N, "no user responding: a silent phone, or SIP's 408 from a silent carrier"),
        19: (_C, "callee does not answer (480)"),
        20: (_C, "callee's mobile is switched off"),
        21: (_N, "rejected (403, 603): by the callee, or by a carrier that does not want our account"),
        22: (_C, "number changed"),
        26: (_N, "answered elsewhere"),
        27: (_A, "SIP's 502: the carrier's gateway gets no sense out of the next one"),
        28: (_C, "number incomplete or wrong (484): the network looked at it"),
        31: (_C, "normal, unspecified"),
        34: (_A, "no channel free, SIP's 503: the carrier cannot take the call"),
        38: (_A, "network out of order, SIP's 500"),
        41: (_A, "temporary failure in the network"),
        42: (_A, "switching equipment congested"),
        44: (_A, "the requested channel is not to be had"),
        47: (_A, "no resources"),
        58: (_A, "no common codec (488): nothing that we dial there can be heard"),
        102: (_A, "a timer ran out in the network, SIP's 504"),
        127: (_N, "interworking: Asterisk's word for every SIP answer that it has no cause for"),
    }
)
"""Q.850 cause → what it says, when the far side neither rang nor answered. One that is not listed says nothing.

A call that rang or was answered was carried, whatever its cause. The policy's ``causes`` stand over this table.
"""


def verdict(call: TrunkCallEnded, against: frozenset[int]) -> Verdict:
    """What one call says. against: the policy's causes."""
    if not call.outgoing:
        return Verdict.NOTHING
    if call.heard_of:
        return Verdict.CARRIED
    if call.cause in against:
        return Verdict.AGAINST
    said, _ = CAUSES.get(call.cause, (Verdict.NOTHING, ""))
    return Verdict.NOTHING if said is Verdict.AGAINST else said


class TrunkShare:
    """Counts the calls of every trunk and tells when their share of failures becomes bad, and good again.

    Good again: the share has fallen to ``good_share`` in a window with ``least_calls`` calls, or no failed call is left
    in the window. The second is the way back for a trunk on which nobody dials while it is down: silence ends the word
    against it after one window, and the next calls decide anew.
    """

    def __init__(self, rule: ShareRule, put: Callable[[Event], None]) -> None:
        self._rule = rule
        self._put = put
        self._against = frozenset(rule.causes)
        self._calls: dict[str, deque[tuple[float, bool]]] = {}
        self._bad: set[str] = set()

    def heard(self, call: TrunkCallEnded, mono: float) -> None:
        """Takes a call that has ended. mono: monotonic seconds."""
        said = verdict(call, self._against)
        if said is not Verdict.NOTHING:
            self._calls.setdefault(call.trunk, deque()).append((mono, said is Verdict.AGAINST))
            self._judge(call.trunk, mono)

    def tick(self, mono: float) -> None:
        """Lets time pass; often enough is every few seconds."""
        for trunk in tuple(self._bad):
            self._judge(trunk, mono)

    def say_again(self) -> None:
        """Tells what stands against trunks once more: the core has forgotten it with the link."""
        for trunk in self._bad:
            self._tell(trunk, good=False)

    def _judge(self, trunk: str, mono: float) -> None:
        calls = self._calls[trunk]
        while calls and calls[0][0] <= mono - self._rule.window:
            calls.popleft()
        failed = sum(against for _, against in calls)
        share = failed / len(calls) if calls else 0.0
        enough = len(calls) >= self._rule.least_calls
        if trunk not in self._bad:
            if enough and share >= self._rule.bad_share:
                self._bad.add(trunk)
                self._tell(trunk, good=False)
        elif not failed or (enough and share <= self._rule.good_share):
            self._bad.discard(trunk)
            self._tell(trunk, good=True)

    def _tell(self, trunk: str, *, good: bool) -> None:
        calls = self._calls[trunk]
        failed = sum(against for _, against in calls)
        detail = f"{failed} of {len(calls)} calls out failed within {self._rule.window:.0f} s"
        self._put(TrunkSeen(trunk, Evidence.SHARE, good, detail))
