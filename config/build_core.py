"""From the policy file's sections to the values of the core."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from config.sections import PartSection, PolicySection, ScopeSection
from config.sections_base import given
from config.sections_defaults import defaults
from config.sections_staff import DrillSection, RungSection
from fallback.modes import DialplanAction, Mode
from fallback.policy import (
    OWN_PARTS,
    AgentRules,
    DrillPlan,
    HealthTimes,
    KindRule,
    Ladder,
    OnAck,
    Part,
    PartKind,
    PlanRule,
    Policy,
    Pool,
    Rung,
    Scope,
    SurgeRule,
    Trunk,
)

FAILURE: Mapping[PartKind, tuple[str, Mode, bool]] = {
    PartKind.APPLICATION: ("A2", Mode.DEGRADED, False),
    PartKind.STORE: ("A9", Mode.NORMAL, True),
    PartKind.POWER: ("A5", Mode.DEGRADED, True),
    PartKind.PBX: ("A3", Mode.OUTAGE, True),
    PartKind.OWN: ("OWN", Mode.NORMAL, True),
}
"""Kind of failure, effect on scopes, and whether it concerns the site, where the file does not say."""


def fallback_policy(section: PolicySection, own_drills: Mapping[str, DrillSection]) -> Policy:
    """The core's policy. own_drills: those that came as files."""
    trunk_times, pool_times = _times(section.health.trunks), _times(section.health.pools)
    scopes = {name: _scope(name, s, section) for name, s in section.scopes.items()}
    kinds, ladders = _kinds(section), _ladders(section)
    policy = Policy(
        trunks={
            name: Trunk(name, t.endpoint, t.dial, t.channels, replace(trunk_times, **given(t.health)))
            for name, t in section.trunks.items()
        },
        pools={
            name: Pool(name, p.queue, p.minimum, replace(pool_times, **given(p.health)))
            for name, p in section.pools.items()
        },
        scopes=scopes,
        armed=section.armed,
        boot_grace=section.boot_grace,
        override_max=section.override_max,
        parts=_parts(section),
        agents=AgentRules(**given(section.agents)),
        kinds=kinds,
        ladders=ladders,
        plans=_plans(section),
        drills=_drills(section, own_drills, scopes, kinds),
    )
    return policy if section.assess_after is None else replace(policy, assess_after=section.assess_after)


def _times(health: Any) -> HealthTimes:
    return replace(HealthTimes(), **given(health))


def _parts(section: PolicySection) -> dict[str, Part]:
    """The file's parts, then our own, which a policy always holds."""
    common = _times(section.health.parts)
    parts = {name: _part(name, p, common) for name, p in section.parts.items()}
    for name in OWN_PARTS:
        times = replace(common, **given(section.own[name].health)) if name in section.own else common
        failure = "A9" if name == "store" else "OWN"
        parts[name] = Part(name, PartKind.OWN, failure, Mode.NORMAL, True, times)
    return parts


def _part(name: str, part: PartSection, common: HealthTimes) -> Part:
    kind = PartKind(part.kind)
    failure, effect, site = FAILURE[kind]
    return Part(
        name=name,
        kind=kind,
        failure=part.failure or failure,
        effect=Mode(part.effect) if part.effect else effect,
        site=site if part.site is None else part.site,
        times=replace(common, **given(part.health)),
    )


def _scope(name: str, s: ScopeSection, section: PolicySection) -> Scope:
    return Scope(
        name=name,
        queue=s.queue,
        pools=tuple(s.pools),
        trunks=tuple(s.trunks),
        message=s.message,
        language=s.language or section.site.languages[0],
        recovery_hold=s.recovery_hold,
        evacuated_message=s.evacuated_message,
        parts=tuple(s.parts),
        messages={Mode(mode): message for mode, message in s.messages.items()},
        actions={Mode(mode): DialplanAction(action) for mode, action in s.actions.items()},
        surge=SurgeRule(**given(s.surge)) if s.surge else None,
        region=s.region,
    )


def _kinds(section: PolicySection) -> dict[str, KindRule]:
    merged = {**defaults().section.kinds, **section.kinds}
    usual = {kind: rule.gravity or 0 for kind, rule in defaults().section.kinds.items()}
    return {
        kind: KindRule(kind, rule.ladder, usual.get(kind, 0) if rule.gravity is None else rule.gravity)
        for kind, rule in merged.items()
    }


def _ladders(section: PolicySection) -> dict[str, Ladder]:
    merged = {**defaults().section.ladders, **section.ladders}
    return {name: Ladder(name, _rungs(rungs)) for name, rungs in merged.items()}


def _rungs(rungs: list[RungSection]) -> tuple[Rung, ...]:
    """In the order of their due times; those that count working days come last."""
    made = (
        Rung(r.name, r.after, tuple(r.roles), r.text, OnAck(r.on_ack), r.after_workdays, r.min_hurt)
        for r in rungs
    )
    return tuple(sorted(made, key=lambda rung: (rung.after_workdays, rung.after)))


def _plans(section: PolicySection) -> tuple[PlanRule, ...]:
    plans = section.plans if section.plans is not None else defaults().section.plans or ()
    made = (PlanRule(p.name, p.lines_full, tuple(map(Mode, p.modes)), p.ladder) for p in plans)
    return tuple(
        one if p.dip is None else replace(one, dip=p.dip) for one, p in zip(made, plans, strict=True)
    )


def _drills(
    section: PolicySection,
    own: Mapping[str, DrillSection],
    scopes: Mapping[str, Scope],
    kinds: Mapping[str, KindRule],
) -> dict[str, DrillPlan]:
    listed = section.drills if section.drills is not None else _ready(next(iter(scopes.values())))
    return {name: _drill(name, drill, kinds) for name, drill in {**listed, **own}.items()}


def _ready(scope: Scope) -> dict[str, DrillSection]:
    """The three drills of F4 in the default file's words, played on this site's first scope."""
    fit: dict[str, dict[str, Any]] = {
        "carrier-lost": {"scope": scope.name, "lost": [scope.trunks[0]]},
        "voice-platform-lost": {"scope": scope.name, "lost": list(scope.pools)},
        "evacuation": {"scope": scope.name},
    }
    ready = defaults().section.drills or {}
    return {name: ready[name].model_copy(update=change) for name, change in fit.items() if name in ready}


def _drill(name: str, drill: DrillSection, kinds: Mapping[str, KindRule]) -> DrillPlan:
    return DrillPlan(
        name=name,
        title=drill.title,
        content=drill.content,
        kind=drill.kind,
        scope=drill.scope or "",
        ladder=drill.ladder or kinds[drill.kind].ladder,
        lost=tuple(drill.lost),
        mode=drill.mode or "",
        lasts=drill.lasts,
        every=drill.every,
    )
