"""References of the sections about staff: ladders, roles, people, texts, plans, drills, notices."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from alerts.words import TEXTS
from config.raw import check_list, check_name, check_once, duration, listed, mapping, sequence
from config.sections_defaults import Defaults
from config.yaml_places import Document, Path
from fallback.policy import OWN_PARTS

SEND_OFF = "or write 'send: false' under alerts to tell nobody"


def check(document: Document, data: Mapping[str, Any], defaults: Defaults) -> None:
    """Note every reference of these sections that leads nowhere."""
    alerts = mapping(data.get("alerts"))
    roles = {*defaults.roles, *mapping(alerts.get("roles"))}
    ladders = mapping(data.get("ladders"))
    known = {*defaults.ladders, *ladders}
    for name, rungs in ladders.items():
        _check_rungs(document, ("ladders", name), rungs, roles)
    for kind, rule in mapping(data.get("kinds")).items():
        check_name(document, ("kinds", kind, "ladder"), mapping(rule).get("ladder"), known, "ladder")
    _check_plans(document, data.get("plans"), known)
    for name, drill in mapping(data.get("drills")).items():
        check_drill(document, ("drills", name), mapping(drill), data, known)
    _check_alerts(document, alerts, mapping(data.get("trunks")))
    if is_sending(data):
        _check_everyone_has_a_holder(document, data, alerts, defaults)
    check_names(document, data)


def is_sending(data: Mapping[str, Any]) -> bool:
    """Whether alerts go out: as the file says, else as soon as the policy is armed."""
    send = mapping(data.get("alerts")).get("send")
    return (data.get("armed") if send is None else send) is True


def components(data: Mapping[str, Any]) -> set[str]:
    """Names of all trunks, pools and parts, our own among them."""
    return {*OWN_PARTS, *(name for key in ("trunks", "pools", "parts") for name in mapping(data.get(key)))}


def check_drill(
    document: Document, at: Path, drill: Mapping[str, Any], data: Mapping[str, Any], ladders: Collection[str]
) -> None:
    """One drill, wherever it is written."""
    check_name(document, (*at, "scope"), drill.get("scope"), mapping(data.get("scopes")), "scope")
    check_name(document, (*at, "ladder"), drill.get("ladder"), ladders, "ladder")
    check_list(document, (*at, "lost"), drill, components(data), "component")


def check_names(document: Document, data: Mapping[str, Any]) -> None:
    """Scopes that notices give a name to."""
    for name in mapping(mapping(data.get("notices")).get("names")):
        check_name(document, ("notices", "names", name), name, mapping(data.get("scopes")), "scope")


def _check_rungs(document: Document, at: Path, rungs: Any, roles: Collection[str]) -> None:
    check_once(document, at, rungs, "rung")
    for index, raw in enumerate(sequence(rungs)):
        rung, here = mapping(raw), (*at, index)
        check_list(document, (*here, "roles"), rung, roles, "role")
        check_name(document, (*here, "text"), rung.get("text"), TEXTS, "text")
        if duration(rung, "after", 0.0) and rung.get("after_workdays"):
            document.add((*here, "after_workdays"), "stands beside 'after'", "Keep one of the two.")


def _check_plans(document: Document, plans: Any, ladders: Collection[str]) -> None:
    check_once(document, ("plans",), plans, "plan")
    for index, raw in enumerate(sequence(plans)):
        plan = mapping(raw)
        check_name(document, ("plans", index, "ladder"), plan.get("ladder"), ladders, "ladder")
        if plan and not duration(plan, "lines_full", 0.0) and not plan.get("modes"):
            document.add(("plans", index), "nothing sets it off", "Give lines_full, or modes, or both.")


def _check_alerts(document: Document, alerts: Mapping[str, Any], trunks: Mapping[str, Any]) -> None:
    people = mapping(alerts.get("people"))
    check_list(document, ("alerts", "trunks"), alerts, trunks, "trunk")
    for name, person in people.items():
        for index, raw in enumerate(sequence(mapping(person).get("reaches"))):
            _check_reach(document, ("alerts", "people", name, "reaches", index), raw)
    for role, duties in mapping(alerts.get("roles")).items():
        for index, duty in enumerate(sequence(duties)):
            at: Path = ("alerts", "roles", role, index)
            person = duty if isinstance(duty, str) else mapping(duty).get("person")
            check_name(document, at, person, people, "person")
            if mapping(duty).get("hours") and not mapping(duty).get("days"):
                document.add((*at, "hours"), "stands without days", "Add days: [daily], or the days meant.")
            for _, day in listed(mapping(duty), "days"):
                if day in ("workdays", "restdays"):
                    document.add((*at, "days"), f"a duty knows no {day}", "Write weekdays, such as mon-fri.")


def _check_reach(document: Document, at: Path, raw: Any) -> None:
    if isinstance(raw, dict) and len(raw) != 1:
        remedy = "One item a way, in the order in which they are tried: - call: …, then - sms: …"
        document.add(at, f"{len(raw)} ways in one item", remedy)


def _check_everyone_has_a_holder(
    document: Document, data: Mapping[str, Any], alerts: Mapping[str, Any], defaults: Defaults
) -> None:
    held = {role for role, duties in mapping(alerts.get("roles")).items() if sequence(duties)}
    if mapping(alerts.get("people")):
        held.add("everybody")
    without = dict.fromkeys(role for role in _told(data, defaults) if role not in held)
    if without:
        problem = f"nobody holds {', '.join(without)}, whom ladders tell"
        remedy = f"Name people under alerts.people and under each of these roles, {SEND_OFF}."
        document.add(("alerts", "roles"), problem, remedy)


def _told(data: Mapping[str, Any], defaults: Defaults) -> Iterator[str]:
    """Roles of everything that may be told."""
    given = mapping(data.get("ladders"))
    for rungs in given.values():
        for rung in sequence(rungs):
            yield from (role for _, role in listed(mapping(rung), "roles"))
    for name, known in defaults.section.ladders.items():
        for step in known if name not in given else ():
            yield from step.roles
