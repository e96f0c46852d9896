"""Which prompts a site must have: the catalogue's, its own words, and those that its policy speaks of."""

from collections.abc import Mapping

from config.policy import SitePolicy
from config.prompts import Prompt, prompts_with


def needed(site: SitePolicy) -> tuple[str, ...]:
    """Ids that the policy speaks of: its regions, and the messages of its scopes and of its planned outages."""
    regions = (f"region-{region.id}" for region in site.caller.regions)
    messages = [f"message-{rule.message}" for rule in site.hours.planned]
    for scope in site.fallback.scopes.values():
        messages += [
            f"message-{one}" for one in (scope.message, scope.evacuated_message, *scope.messages.values())
        ]
    return tuple(dict.fromkeys((*regions, *messages)))


def site_prompts(site: SitePolicy) -> Mapping[tuple[str, str], Prompt]:
    """(language, id) → prompt, all that callers and staff of this site may hear. Those that nobody has written have no text."""
    return prompts_with(site.prompts, needed(site))
