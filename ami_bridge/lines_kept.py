"""How many free lines callbacks leave for live callers, by scope, from what other calls held lately (E5)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ami_bridge.capacity import healthy_lines
from callbacks.policy import CallbackPolicy
from callbacks.rules import LineUse, lines_to_leave
from fallback.decide import ready_since
from fallback.policy import Policy
from fallback.state import State


@dataclass(slots=True)
class LinesKept:
    """What every look at the channels says. A scope is remembered only while its callbacks may be made: what its lines carried in
    an outage, the dialogue, says nothing of the hour after it.
    """

    _uses: dict[str, LineUse] = field(default_factory=dict)
    _lines: dict[str, int] = field(default_factory=dict)

    def look(self, state: State, policy: Policy, others: Mapping[str, int], mono: float) -> None:
        """others: trunk → channels of calls that are no callbacks. mono: monotonic seconds."""
        before, self._uses, self._lines = self._uses, {}, {}
        for scope in policy.scopes:
            if ready_since(state, scope) is not None:
                trunks = healthy_lines(scope, state, policy)
                busy = sum(others.get(trunk.name, 0) for trunk in trunks)
                self._uses[scope] = before.get(scope, LineUse()).seen(busy, mono)
                self._lines[scope] = sum(trunk.channels for trunk in trunks)

    def of(self, scope: str, rules: CallbackPolicy) -> int:
        """Free lines that are left now; of a scope that was not looked at, what the policy says."""
        if scope not in self._uses:
            return rules.line_reserve
        return lines_to_leave(self._lines[scope], self._uses[scope].mean, rules.line_reserve)
