"""What the outside tells us, as values: Alertmanager's webhook payload version 4, and our own signed event. Pure.

Both are levels: an alert that fires stands until it is resolved, a source's bad word until it says good.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from config.sources import AlertRule, Webhooks

MOST_ALERTS = 1000  # in one payload; Alertmanager's own ``max_alerts`` can keep it smaller
_SHOWN = ("alertname", "instance", "job")  # labels that are told in a detail


class Wrong(Exception):
    """A body that cannot be used. field: which part of it; problem: what is wrong; known: what would be right."""

    def __init__(self, field: str, problem: str, known: Sequence[str] = ()) -> None:
        super().__init__(f"{field}: {problem}")
        self.field, self.problem, self.known = field, problem, tuple(known)


@dataclass(frozen=True, slots=True)
class Word:
    """One voice about one component. detail is untrusted text for people."""

    component: str
    voice: str
    good: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Words:
    """What a payload says; unmatched: alerts that no rule of the policy knows."""

    words: tuple[Word, ...]
    unmatched: int = 0


Text = Annotated[str, Field(max_length=2000)]


class _Alert(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    status: Literal["firing", "resolved"]
    labels: dict[Text, Text]
    annotations: dict[Text, Text] = Field(default_factory=dict)
    fingerprint: Annotated[str, Field(max_length=100)] = ""


class _Payload(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    version: Literal["4"]
    alerts: Annotated[list[_Alert], Field(max_length=MOST_ALERTS)]


class _Report(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    component: str
    good: bool
    detail: Annotated[str, Field(max_length=200)] = ""
    id: Annotated[str, Field(max_length=100)] = ""  # makes two equal events differ


def from_alertmanager(body: object, policy: Webhooks) -> Words:
    """The words in a payload. Raises Wrong for one that is none, or of which no alert concerns anything of the policy."""
    try:
        payload = _Payload.model_validate(body)
    except ValidationError as error:
        raise _wrong(error) from None
    words = tuple(_words_of(payload.alerts, policy.alerts))
    if payload.alerts and not words:
        rules = [_rule_in_words(rule) for rule in policy.alerts]
        raise Wrong(
            "alerts.0.labels", "no rule under sources.webhooks.alerts knows any of these alerts", rules
        )
    return Words(words, len(payload.alerts) - len(words))


def _words_of(alerts: Sequence[_Alert], rules: Sequence[AlertRule]) -> Iterator[Word]:
    for alert in alerts:
        rule = next((rule for rule in rules if rule.labels.items() <= alert.labels.items()), None)
        if rule is not None:
            voice = f"alert {alert.fingerprint or _own_fingerprint(alert)}"
            yield Word(rule.component, voice, alert.status == "resolved", _detail(alert))


def _own_fingerprint(alert: _Alert) -> str:
    """The labels are what makes an alert the same one; an older Alertmanager sends no fingerprint."""
    return hashlib.sha256(json.dumps(alert.labels, sort_keys=True).encode()).hexdigest()[:16]


def _detail(alert: _Alert) -> str:
    named = " ".join(alert.labels[name] for name in _SHOWN if alert.labels.get(name))
    said = alert.annotations.get("summary", "")
    return _plain(": ".join(part for part in (named, said) if part) or "an alert fires")


def _plain(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)[:200]


def _rule_in_words(rule: AlertRule) -> str:
    labels = ", ".join(f"{name}={value}" for name, value in sorted(rule.labels.items()))
    return f"{rule.component}: {labels}"


def from_report(body: object, source: str, policy: Webhooks) -> Word:
    """The word of a signed webhook. Raises Wrong, also for a component that the policy does not list under ``reports``."""
    try:
        report = _Report.model_validate(body)
    except ValidationError as error:
        raise _wrong(error) from None
    if report.component not in policy.reports:
        problem = f"sources.webhooks.reports lists no {_plain(report.component)[:60]!r}"
        raise Wrong("component", problem, sorted(policy.reports))
    detail = f"{source}: {_plain(report.detail)}" if report.detail else source
    return Word(report.component, f"event {source}", report.good, detail)


def _wrong(error: ValidationError) -> Wrong:
    """The first wrong field, in the library's words; never the value, which may be anything."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    field = ".".join(str(part) for part in first["loc"]) or "body"
    return Wrong(field, first["msg"][:1].lower() + first["msg"][1:])
