"""Behind key 3: planned outages by region (requirement B5), and a notice instead of a callback (B8)."""

from dataclasses import replace
from datetime import datetime

from ivr.dialogue.reading import region_of
from ivr.dialogue.stages import Purpose, Stage
from ivr.dialogue.state import Dialogue, Move, back, facts, fresh
from ivr.speech import moment
from ivr.steps import Input, Keys, Play
from ivr.values import Asks, Outage

MOST_OUTAGES = 3  # told one after another; nobody remembers more


def more(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """To the menu; another tier goes on there too."""
    return fresh(dialogue, Stage.MORE), (facts(HF_KEY="3"),)


def outages(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """Of which region?"""
    return fresh(dialogue, Stage.OUTAGES), ()


def everywhere(dialogue: Dialogue) -> bool:
    """Whether there is no region to choose, or nothing to tell of any."""
    return not (dialogue.policy.regions and dialogue.outages)


def tell(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """What is planned there, or of all regions where none was chosen; then back to the first choice."""
    region = region_of(dialogue, given.text) if isinstance(given, Keys) else ""
    coming = (
        one for one in dialogue.outages if one.ends > now and (not region or one.region in ("", region))
    )
    first = sorted(coming, key=lambda one: one.starts)[:MOST_OUTAGES]
    spoken = [Play((*_where(dialogue, one, region), *_when(dialogue, one, now))) for one in first]
    moved, steps = back(dialogue, given, now)
    return moved, (*(spoken or [Play(("outage-none",))]), *steps)


def _where(dialogue: Dialogue, outage: Outage, chosen: str) -> tuple[str, ...]:
    """The region, unless he has just chosen it; one that callers cannot choose has no prompt."""
    spoken = {region.id for region in dialogue.policy.regions}
    return (f"region-{outage.region}",) if outage.region in spoken - {chosen} else ()


def _when(dialogue: Dialogue, outage: Outage, now: datetime) -> tuple[str, ...]:
    def at(when: datetime, intro: str) -> tuple[str, ...]:
        return moment(when, now, dialogue.zone, dialogue.language, intro)

    return *(at(outage.starts, "outage-from") or ("outage-now",)), *at(outage.ends, "outage-until")


def notice(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """Told when it is over, on the number he is calling from, else on one that he keys."""
    if dialogue.own:
        return replace(dialogue, stage=Stage.REQUESTING, asks=Asks.NOTICE, keyed=""), ()
    return replace(fresh(dialogue, Stage.KEYING), purpose=Purpose.NOTICE), ()
