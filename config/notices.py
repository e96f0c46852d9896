"""What the public reads of an outage (F5), in the one approved wording (B3). Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from config.prompts import wordings
from fallback.modes import Mode
from fallback.policy import Scope

END = "end"


@dataclass(frozen=True, slots=True)
class NoticesPolicy:
    """modes: in which a scope has a public notice. words: mode, or "end", → language → text; what is not given is
    what callers hear. names: scope → language → what the public calls it. heard: the site's own words for prompts.
    """

    modes: tuple[Mode, ...] = (Mode.PLANNED, Mode.DEGRADED, Mode.OUTAGE, Mode.EVACUATED)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    heard: Mapping[str, Mapping[str, str]] = field(default_factory=dict, metadata={"elsewhere": "prompts"})

    def name(self, scope: str, language: str) -> str:
        """What the public calls the scope; its own name where nothing is given."""
        return self.names.get(scope, {}).get(language, scope)

    def wording(self, scope: Scope, mode: Mode, language: str) -> str:
        """The approved words for a mode: the policy's, else those that callers hear (B3). "" when there are none."""
        own = self.words.get(mode, {}).get(language)
        heard = wordings(language, self.heard, scope.name)
        return own or heard.get(f"message-{message_of(scope, mode)}", "")

    def ended(self, language: str) -> str:
        """The words for the end; "" when the policy gives none."""
        return self.words.get(END, {}).get(language, "")


@dataclass(frozen=True, slots=True)
class WaitingPolicy:
    """What a waiting caller is owed. apology_after: seconds until an apology is heard (B7); abandoned_after: whoever
    leaves earlier does not count as abandoned (G)."""

    apology_after: float = 20.0
    abandoned_after: float = 20.0


def message_of(scope: Scope, mode: Mode) -> str:
    """Id of the wording that callers of a scope hear in a mode."""
    if mode is Mode.EVACUATED:
        return scope.messages.get(mode, scope.evacuated_message)
    return scope.messages.get(mode, scope.message)
