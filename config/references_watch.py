"""References of the sections about what is watched and when: sources, hours, planned outages."""

from collections.abc import Collection, Mapping
from typing import Any

from config.raw import check_list, check_name, check_once, duration, mapping, sequence
from config.references_staff import components
from config.shift_overlap import check_exceptions, check_shifts
from config.sources import Probe, ProbeKind, TestCall
from config.yaml_places import Document, Path
from fallback.policy import OWN_PARTS, HealthTimes

ROUNDS_ALIVE = 2
"""A sample must outlive so many rounds of whoever takes it, or two in a row never meet."""

_PROBE = Probe("", "", ProbeKind.HTTP)
_CALL = TestCall("", "", "", "")
_TARGET = {"http": ("http://", "https://"), "sql": ("sqlite:", "postgresql", "mysql", "oracle", "mssql")}


def check(document: Document, data: Mapping[str, Any]) -> None:
    """Note every reference of these sections that leads nowhere."""
    sources = mapping(data.get("sources"))
    parts = mapping(data.get("parts"))
    for name, probe in mapping(sources.get("probes")).items():
        _check_probe(document, ("sources", "probes", name), mapping(probe), data)
    for name, raw in mapping(sources.get("nut")).items():
        ups = mapping(raw)
        for key in ("component", "low_component"):
            check_name(document, ("sources", "nut", name, key), ups.get(key), parts, "part")
    _check_trunks(document, mapping(sources.get("trunks")), data)
    webhooks = mapping(sources.get("webhooks"))
    for index, alert in enumerate(sequence(webhooks.get("alerts"))):
        at: Path = ("sources", "webhooks", "alerts", index, "component")
        check_name(
            document, at, mapping(alert).get("component"), components(data) - {*OWN_PARTS}, "component"
        )
    check_list(document, ("sources", "webhooks", "reports"), webhooks, parts, "part")
    _check_hours(document, mapping(data.get("hours")), mapping(data.get("scopes")))
    _check_planned(document, data)


def _check_probe(document: Document, at: Path, probe: Mapping[str, Any], data: Mapping[str, Any]) -> None:
    part, parts = probe.get("component"), mapping(data.get("parts"))
    check_name(document, (*at, "component"), part, parts, "part")
    every, timeout = duration(probe, "every", _PROBE.every), duration(probe, "timeout", _PROBE.timeout)
    if timeout > every:
        document.add((*at, "timeout"), f"{timeout:g} s is longer than every ({every:g} s)", "Give less.")
    if duration(probe, "latency_limit", 0.0) >= timeout:
        problem = f"is not below the timeout ({timeout:g} s), so it can never be passed"
        document.add((*at, "latency_limit"), problem, "Give less, or a longer timeout.")
    _check_target(document, at, probe)
    if isinstance(part, str) and part in parts:
        jitter = probe.get("jitter", _PROBE.jitter)
        round_ = every * (1 + (jitter if isinstance(jitter, float | int) else 0)) + timeout
        _check_life(
            document, ("parts", part), parts[part], mapping(data.get("health")).get("parts"), round_, at
        )


def _check_target(document: Document, at: Path, probe: Mapping[str, Any]) -> None:
    kind, target = probe.get("kind"), probe.get("target")
    key = "command" if kind == "command" else "target"
    if not isinstance(kind, str):
        return
    if key not in probe:
        document.add((*at, key), f"is missing for a probe of kind {kind}", f"Add {key}.")
    elif kind in _TARGET and isinstance(target, str) and not target.startswith(_TARGET[kind]):
        remedy = "Write http://… or https://…" if kind == "http" else "Write a database URL, dialect://…"
        document.add((*at, "target"), f"is no target for a probe of kind {kind}", remedy)
    elif kind == "tcp" and isinstance(target, str) and not _is_host_and_port(target):
        document.add((*at, "target"), "is no target for a probe of kind tcp", "Write host:port.")


def _is_host_and_port(target: str) -> bool:
    host, _, port = target.rpartition(":")
    return bool(host) and "/" not in target and port.isascii() and port.isdigit() and 0 < int(port) < 65536


def _check_life(document: Document, at: Path, part: Any, common: Any, round_: float, source: Path) -> None:
    """A sample that is forgotten before the next one comes never adds up to a row."""
    times = {**mapping(common), **mapping(mapping(part).get("health"))}
    life = duration(times, "sample_life", HealthTimes().sample_life)
    if life < ROUNDS_ALIVE * round_:
        document.add(
            (*at, "health", "sample_life"),
            f"{life:g} s is shorter than {ROUNDS_ALIVE} rounds of {'.'.join(map(str, source))}",
            f"Give {ROUNDS_ALIVE * round_:.0f}s or more, or a shorter interval.",
        )


def _check_trunks(document: Document, watch: Mapping[str, Any], data: Mapping[str, Any]) -> None:
    trunks, at = mapping(data.get("trunks")), ("sources", "trunks")
    for key in ("registrations", "alarms"):
        for name in mapping(watch.get(key)):
            check_name(document, (*at, key, name), name, trunks, "trunk")
    share = mapping(watch.get("share"))
    bad, good = share.get("bad_share", 0.5), share.get("good_share", 0.2)
    if isinstance(bad, int | float) and isinstance(good, int | float) and good >= bad:
        document.add((*at, "share", "good_share"), f"{good} is not below bad_share ({bad})", "Give less.")
    for name, raw in mapping(watch.get("test_calls")).items():
        _check_test_call(document, (*at, "test_calls", name), mapping(raw), trunks, data)


def _check_test_call(
    document: Document, at: Path, call: Mapping[str, Any], trunks: Mapping[str, Any], data: Mapping[str, Any]
) -> None:
    out, into = call.get("out"), call.get("into")
    check_name(document, (*at, "out"), out, trunks, "trunk")
    check_name(document, (*at, "into"), into, trunks, "trunk")
    if isinstance(out, str) and out == into:
        document.add((*at, "into"), "is the trunk that it goes out on", "Name another trunk.")
    round_ = duration(call, "every", _CALL.every) + duration(call, "timeout", _CALL.timeout)
    for name in sorted({name for name in (out, into) if isinstance(name, str)}):
        if name in trunks:
            common = mapping(data.get("health")).get("trunks")
            _check_life(document, ("trunks", name), trunks[name], common, round_, at)


def _check_hours(document: Document, hours: Mapping[str, Any], scopes: Collection[str]) -> None:
    for name, raw in mapping(hours.get("scopes")).items():
        at: Path = ("hours", "scopes", name)
        check_name(document, at, name, scopes, "scope")
        check_shifts(document, (*at, "shifts"), mapping(raw).get("shifts"))
        check_exceptions(document, (*at, "exceptions"), mapping(raw).get("exceptions"))
    workdays = mapping(hours.get("workdays"))
    work, rest = (list(map(str, sequence(workdays.get(key)))) for key in ("work", "rest"))
    for index, day in enumerate(rest):
        if day in work:
            document.add(
                ("hours", "workdays", "rest", index), f"{day} is under work as well", "Keep one of them."
            )


def _check_planned(document: Document, data: Mapping[str, Any]) -> None:
    check_once(document, ("planned",), data.get("planned"), "planned outage")
    for index, raw in enumerate(sequence(data.get("planned"))):
        rule, at = mapping(raw), ("planned", index)
        check_list(document, (*at, "scopes"), rule, mapping(data.get("scopes")), "scope")
        check_list(document, (*at, "components"), rule, components(data), "component")
        timed = {"start", "lasts"} & rule.keys()
        if "file" in rule and ({"start", "lasts", "repeat"} & rule.keys()):
            document.add(at, "has a file and times of its own", "Keep the file, or start and lasts.")
        elif "file" not in rule and len(timed) < 2:
            document.add(at, "does not say when", "Give start and lasts, or file.")
