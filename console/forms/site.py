"""What a form needs to know of its site."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from callbacks.paper import PaperSite
from callbacks.values import Matter
from config.policy import SitePolicy
from config.prompts.catalogue import wordings
from console.forms.words import known_matters
from console.records.words import translator
from console.words import LANGUAGES, MATTERS
from ivr.numbers import check
from store.incidents import SavedIncident


@dataclass(frozen=True, slots=True)
class FormSite:
    """For a sheet or a blank. matters, regions: what is meant and its word. phrase: what callers are told (B1, B3)."""

    name: str
    zone: ZoneInfo
    language: str
    scopes: tuple[str, ...]
    matters: tuple[tuple[str, str], ...]
    regions: tuple[tuple[str, str], ...]
    languages: tuple[str, ...]
    phrase: str = ""


def form_site(policy: SitePolicy, language: str = "") -> FormSite:
    """language: zh-CN or en; "" the site's first that there are words for."""
    language = language or next((one for one in policy.languages if one in LANGUAGES), LANGUAGES[0])
    say = translator(language)
    return FormSite(
        name=policy.name,
        zone=ZoneInfo(policy.timezone),
        language=language,
        scopes=tuple(policy.fallback.scopes),
        matters=tuple((one.value, say(MATTERS[one.value])) for one in Matter if one is not Matter.UNSTATED),
        regions=tuple(
            (region.id, _region_word(policy, region.id, language)) for region in policy.caller.regions
        ),
        languages=policy.languages,
        phrase=_phrase(policy, language),
    )


def paper_site(policy: SitePolicy, who: str, incidents: Sequence[SavedIncident] = ()) -> PaperSite:
    """For reading what people filled in. incidents: those that a row may belong to (C4)."""
    regions: dict[str, str] = {}
    for region in policy.caller.regions:
        words = {region.id, *(_region_word(policy, region.id, language) for language in LANGUAGES)}
        regions |= {word.casefold(): region.id for word in words}
    return PaperSite(
        zone=ZoneInfo(policy.timezone),
        scopes={name.casefold(): name for name in policy.fallback.scopes},
        matters=known_matters(),
        regions=regions,
        languages=_languages(policy.languages),
        usual_language=policy.languages[0],
        dialled=_dialled(policy),
        incident=_incident_of(incidents),
        who=who,
    )


def _languages(known: Sequence[str]) -> dict[str, str]:
    names = {"zh-CN": ("中文", "zh", "chinese", "汉语", "普通话"), "en": ("english", "英文", "英语")}
    found = {one.casefold(): one for one in known}
    return found | {word: one for one in known for word in names.get(one, ())}


def _region_word(policy: SitePolicy, region: str, language: str) -> str:
    return policy.prompts.get(f"region-{region}", {}).get(language, region)


def _phrase(policy: SitePolicy, language: str) -> str:
    """What callers hear when something fails, in the approved wording of the first scope."""
    scope = next(iter(policy.fallback.scopes.values()), None)
    return (
        ""
        if scope is None
        else wordings(language, policy.prompts, scope.name).get(f"message-{scope.message}", "")
    )


def _dialled(policy: SitePolicy) -> Callable[[str], tuple[str, str]]:
    def dialled(number: str) -> tuple[str, str]:
        checked = check(number, policy.caller)
        return checked.number, checked.refusal.value if checked.refusal else ""

    return dialled


def _incident_of(incidents: Sequence[SavedIncident]) -> Callable[[str, datetime], str]:
    real = sorted((one for one in incidents if not one.drill), key=lambda one: one.opened_at, reverse=True)

    def incident(scope: str, at: datetime) -> str:
        """The newest that had begun then and was not over."""
        for one in real:
            if (
                one.scope in (scope, "")
                and one.opened_at <= at
                and (one.closed_at is None or at <= one.closed_at)
            ):
                return one.key
        return ""

    return incident
