"""The policy file: read, checked whole, and turned into the values that the rooms work with.

Everything that is wrong is reported at once: YAML, unknown keys, wrong types, bad values and references that
lead nowhere, each with its line, its path and its remedy. Nothing is loaded from a file with an error.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath

from pydantic import ValidationError

from alerts.policy import AlertPolicy
from callbacks.policy import (
    CallbackPolicy,
    DutyPolicy,
    KeepPolicy,
    LimitPolicy,
    MeasurePolicy,
    MessagePolicy,
    NoticePolicy,
)
from config import references, secrets
from config.build_callbacks import call_hours, callback_policy, keep_policy, measure_policy
from config.build_callers import caller_policy, plain
from config.build_core import fallback_policy
from config.build_staff import alert_policy, is_sending, notices_policy, waiting_policy
from config.build_watch import hours_policy, sources_policy
from config.call_hours import CallHours
from config.danger import DangerPolicy
from config.errors import ConfigErrors
from config.hours import HoursPolicy
from config.notices import NoticesPolicy, WaitingPolicy
from config.sections import PolicySection
from config.sections_defaults import DEFAULT_POLICY, defaults
from config.settings import environment_now
from config.side_files import SideFiles, side_files
from config.sources import SourcesPolicy
from config.tier2 import Tier2Policy
from config.yaml_places import Document, read
from config.yaml_words import note
from fallback.policy import Policy
from ivr.lengths import LengthRules
from ivr.policy import CallerPolicy

__all__ = ["DEFAULT_POLICY", "SitePolicy", "load_policy", "parse_policy"]


@dataclass(frozen=True, slots=True)
class SitePolicy:
    """What a site has decided beforehand.

    timezone: IANA name. languages: of the prompts, the first is the default. dids: scope → numbers that lead
    to it. digest: SHA-256 of the file's text, to tell which policy was in force. alerts_on: whether staff are told;
    as the file says, else as soon as the policy is armed. restored: what is told when it is over (B8). prompts: the site's
    own words by id and language; an id may be ``message-<id>@<scope>``. hours_of_calls: when people may be called back (E4).
    """

    name: str
    timezone: str
    languages: tuple[str, ...]
    pbx_id: str
    fallback: Policy
    callbacks: CallbackPolicy
    caller: CallerPolicy
    dids: Mapping[str, tuple[str, ...]]
    digest: str
    alerts: AlertPolicy = field(default_factory=AlertPolicy)
    alerts_on: bool = False
    sources: SourcesPolicy = field(default_factory=SourcesPolicy)
    hours: HoursPolicy = field(default_factory=HoursPolicy)
    notices: NoticesPolicy = field(default_factory=NoticesPolicy)
    waiting: WaitingPolicy = field(default_factory=WaitingPolicy)
    lengths: LengthRules = field(default_factory=LengthRules)
    danger: DangerPolicy = field(default_factory=DangerPolicy)
    limits: LimitPolicy = field(default_factory=LimitPolicy)
    duty: DutyPolicy = field(default_factory=DutyPolicy)
    restored: NoticePolicy = field(default_factory=NoticePolicy)
    messages: MessagePolicy = field(default_factory=MessagePolicy)
    tier2: Tier2Policy = field(default_factory=Tier2Policy)
    prompts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    hours_of_calls: CallHours = field(default_factory=CallHours)
    keep: KeepPolicy = field(default_factory=KeepPolicy)
    measures: MeasurePolicy = field(default_factory=MeasurePolicy)


def load_policy(path: FilePath) -> SitePolicy:
    """The policy in a UTF-8 file. Raises ConfigErrors with everything that is wrong."""
    document = Document(str(path))
    try:
        text = path.read_bytes().decode()
    except OSError as error:
        document.add(
            (), f"cannot be read: {error.strerror}", "Give the path of a policy file that may be read."
        )
        raise ConfigErrors(document.errors) from None
    except UnicodeDecodeError as error:
        document.add((), f"is not UTF-8 (byte {error.start})", "Save the file as UTF-8.")
        raise ConfigErrors(document.errors) from None
    return parse_policy(text, str(path), path.absolute().parent)


def parse_policy(
    text: str,
    source: str = "policy",
    folder: FilePath | None = None,
    environment: Mapping[str, str] | None = None,
) -> SitePolicy:
    """The policy in ``text``. Raises ConfigErrors with all that is wrong.

    source: what errors call it. folder: where relative paths of drills and iCalendar files begin; the working folder
    otherwise. environment: what ``${HOLDFAST_…}`` refers to; this process' own otherwise.
    """
    document = read(text, source)
    if document.errors:
        raise ConfigErrors(document.errors)
    if not isinstance(document.data, dict):
        document.add((), "holds no keys", "Start from the default policy and change it.")
        raise ConfigErrors(document.errors)
    secrets.fill(document, environment_now() if environment is None else environment)
    section = _validated(document)
    references.check(document, defaults())
    files = side_files(document, folder or FilePath(), defaults())
    if section is None or document.errors:
        raise ConfigErrors(
            sorted(document.errors, key=lambda error: (error.source != source, error.line or 0, error.place))
        )
    return _site(section, hashlib.sha256(text.encode()).hexdigest(), files)


def _validated(document: Document) -> PolicySection | None:
    try:
        return PolicySection.model_validate(document.data)
    except ValidationError as error:
        note(document, error, PolicySection)
        return None


def _site(section: PolicySection, digest: str, files: SideFiles) -> SitePolicy:
    site, languages = section.site, tuple(section.site.languages)
    dids = {name: tuple(scope.dids) for name, scope in section.scopes.items()}
    return SitePolicy(
        name=site.name,
        timezone=site.timezone,
        languages=languages,
        pbx_id=site.pbx_id,
        fallback=fallback_policy(section, files.drills),
        callbacks=callback_policy(section),
        caller=caller_policy(section, dids),
        dids=dids,
        digest=digest,
        alerts=alert_policy(section),
        alerts_on=is_sending(section),
        sources=sources_policy(section),
        hours=hours_policy(section, files.ics),
        notices=notices_policy(section),
        waiting=waiting_policy(section),
        lengths=LengthRules(**plain(section.lengths)),
        danger=DangerPolicy(**plain(section.danger)),
        limits=LimitPolicy(**plain(section.limits)),
        duty=DutyPolicy(**plain(section.duty)),
        restored=NoticePolicy(**plain(section.restored)),
        messages=MessagePolicy(**plain(section.messages)),
        tier2=Tier2Policy(**plain(section.tier2)),
        prompts=section.prompts,
        hours_of_calls=call_hours(section),
        keep=keep_policy(section),
        measures=measure_policy(section),
    )
