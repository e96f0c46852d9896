"""What notices need to know of the moment, read from the core's picture and the policy in force."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from alerts.ports import Sender
from ami_bridge.capacity import free_lines
from ami_bridge.notices import PROMPT
from config.policy import SitePolicy
from config.prompts import wordings
from fallback.decide import callbacks_allowed
from fallback.policy import Trunk
from fallback.state import State


@dataclass
class NoticeSite:
    """Satisfies ``ami_bridge.notices.Site``. ready: whether anything may be dialled; refusal: why a number may not, "". left:
    free lines that a scope's callers are left."""

    policy: Callable[[], SitePolicy]
    state: Callable[[], State]
    ready: Callable[[], bool]
    refusal: Callable[[str], str]
    sender: Callable[[], Sender | None]
    left: Callable[[str], int]

    def stable(self) -> Iterable[str]:
        """Scopes whose callers may be called (E1)."""
        if not self.ready():
            return []
        state = self.state()
        return [scope for scope in self.policy().fallback.scopes if callbacks_allowed(state, scope)]

    def line(self, scope: str, soon: int) -> Trunk | None:
        """The freest line beyond those left for callers; soon: ordered calls that are no channel yet."""
        policy, state = self.policy(), self.state()
        if scope not in policy.fallback.scopes:
            return None
        lines = free_lines(scope, state, policy.fallback, state.in_use)
        left = sum(free for _, free in lines) - soon - self.left(scope)
        return lines[0][0] if left > 0 else None

    def refused(self, number: str) -> str:
        """Why it may not be dialled; "" when it may."""
        return self.refusal(number)

    def texts(self) -> Sender | None:
        """The way for text messages."""
        return self.sender()

    def international(self, number: str) -> str:
        """In E.164, as providers of text messages want it; "" for one that has no such form."""
        try:
            found = phonenumbers.parse(number, self.policy().caller.country)
        except NumberParseException:
            return ""
        if not phonenumbers.is_valid_number(found):
            return ""
        return phonenumbers.format_number(found, PhoneNumberFormat.E164)

    def words(self, scope: str, language: str) -> str:
        """The approved words for the end, the same as the public reads (B3); else those that callers hear."""
        notices = self.policy().notices
        said = notices.ended(language) or wordings(language).get(PROMPT, "")
        return f"{notices.name(scope, language)}: {said}"
