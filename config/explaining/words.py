"""The story in words, zh-CN or en: what happens when, what callers hear and can do, who is told."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from config.explaining.evidence import evidence_of
from config.explaining.story import Happening, Story
from config.policy import SitePolicy
from config.prompts import wordings
from fallback.modes import DialplanAction

ZH, EN = "zh-CN", "en"
LANGUAGES = (ZH, EN)

_WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "begin": (
            "{at}({zone}),策略“{name}”。{armed}{alerts}",
            "{at} ({zone}), policy of '{name}'. {armed} {alerts}",
        ),
        "armed": ("已启用:切换来电。", "Armed: callers are switched."),
        "observing": ("仅观察:不切换来电。", "Observing only: no caller is switched."),
        "alerts_on": ("通知工作人员。", "Staff are told."),
        "alerts_off": ("不通知工作人员。", "Staff are not told."),
        "lost": ("假设失效:{what}。", "Taken as lost: {what}."),
        "nothing": ("假设没有任何失效。", "Nothing is taken as lost."),
        "probe": (
            "{what} 由探测得知:每 {every} 一次,最迟在 {late} 后第一次发现。",
            "A probe tells of {what}: every {every}, so the first failure is seen at most {late} later.",
        ),
        "person": ("{what} 没有监测,由人报告。", "Nothing watches {what}: a person reports it."),
        "before": ("此前 {scope}:{mode}({action})。", "Before, {scope} is {mode} ({action})."),
        "year": (
            "{year} 年的工作日尚未公布,按推算处理。",
            "The working days of {year} are not announced: they are a guess.",
        ),
        "after": ("{after} 后", "after {after}"),
        "back": ("{after} 后一切恢复;此后:", "After {after} all of it is well again; from then on:"),
        "mode": (
            "{subject}:{old} → {new}{why}。",
            "{subject}: {old} → {new}{why}.",
        ),
        "why": (",原因:{why}", ", because: {why}"),
        "hear": ("来电者听到:“{words}”[{message}];{can}", "Callers hear: “{words}” [{message}]; {can}"),
        "quiet": ("{can}", "{can}"),
        "no_words": ("(没有这个提示音)", "(no such prompt)"),
        "component": ("{subject}:{old} → {new}({why})", "{subject}: {old} → {new} ({why})"),
        "incident": ("事件 {subject}:{new}({why})", "incident {subject}: {new} ({why})"),
        "incident_closed": ("事件 {subject} 结束", "incident {subject} is closed"),
        "capacity": ("{subject}:剩余线路 {left}/{total}", "{subject}: {left} of {total} lines left"),
        "plan": ("{subject}:启动预案 {new}", "{subject}: plan {new} is set off"),
        "plan_over": ("{subject}:预案 {old} 结束", "{subject}: plan {old} is over"),
        "rung": (
            "通知 {roles}:{people}[{rung},文字 {text}]",
            "{roles} told: {people} [{rung}, text {text}]",
        ),
        "nobody": ("尚无人员", "nobody holds it"),
        "end": (
            "事件 {incident}:告知所有被通知者已结束",
            "incident {incident}: everybody who was told hears that it is over",
        ),
        "callbacks_yes": ("{scope}:开始回拨", "{scope}: callbacks start"),
        "callbacks_no": ("{scope}:暂停回拨", "{scope}: callbacks wait"),
        "refused": ("拒绝 {new}:{why}", "{new} is refused: {why}"),
        "over": ("一切恢复如前。", "Everything is as it was before."),
        "not_over": ("一天之内不会自行恢复。", "It does not come back by itself within a day."),
    }
)

_REASONS: Mapping[str, str] = MappingProxyType(
    {
        "lost: ": "失效:",
        "planned: ": "计划停机:",
        "surge: ": "话务高峰:",
        "outside opening hours": "非工作时间",
        "it opens": "开始工作",
        "the planned window is over": "计划停机结束",
        "the figures have been calm for the whole hold": "指标已平稳足够长时间",
        "well for the whole recovery hold": "恢复后已稳定足够长时间",
        "all that is needed is well again": "所需部分均已恢复",
    }
)

_CAN: Mapping[DialplanAction, tuple[str, str]] = MappingProxyType(
    {
        DialplanAction.PASS: ("来电照常进入队列。", "callers go to the queue as always."),
        DialplanAction.NOTICE: ("然后照常排队。", "then they queue as always."),
        DialplanAction.OFFER: (
            "然后排队,可随时按键留下号码。",
            "then they queue, and can leave a number at any time by a key.",
        ),
        DialplanAction.CAPTURE: (
            "不排队,留下号码等候回电。",
            "they are not queued: they leave a number and are called back.",
        ),
        DialplanAction.EVACUATE: (
            "不排队,留下号码;只有负责人可以解除。",
            "they are not queued and leave a number; only a leader ends this.",
        ),
    }
)


def lines(site: SitePolicy, story: Story, language: str) -> Iterator[str]:
    """The story, line by line."""
    say = _sayer(language)
    yield from _opening(site, story, say)
    lasts, back = story.asked.lasts, False
    for one in story.happenings:
        if one.back and not back:
            back = True
            yield ""
            yield say("back", after=duration(lasts, language))
        after = one.after - lasts if back else one.after
        head = say("after", after=duration(after, language))
        for number, words in enumerate(_words_of(one, site, language, say)):
            yield f"{head:>16}  {words}" if number == 0 else f"{'':>16}  {words}"
    yield ""
    yield say("over" if story.over else "not_over")


def duration(seconds: float, language: str) -> str:
    """``1 h 30 min``; parts of a second only below a minute."""
    units = ("小时", "分钟", "秒") if language == ZH else ("h", "min", "s")
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    parts = [f"{int(hours)} {units[0]}"] if hours else []
    parts += [f"{int(minutes)} {units[1]}"] if minutes else []
    second = f"{rest:.0f}" if hours or minutes or rest == int(rest) else f"{rest:.1f}"
    if second != "0" or not parts:
        parts.append(f"{second} {units[2]}")
    return " ".join(parts)


def _sayer(language: str) -> Callable[..., str]:
    index = LANGUAGES.index(language)
    return lambda key, **facts: _WORDS[key][index].format(**facts)


def _opening(site: SitePolicy, story: Story, say: Callable[..., str]) -> Iterator[str]:
    asked = story.asked
    local = asked.at.astimezone(ZoneInfo(site.timezone))
    armed = say("armed" if site.fallback.armed else "observing")
    alerts = say("alerts_on" if site.alerts_on else "alerts_off")
    yield say(
        "begin", at=f"{local:%Y-%m-%d %H:%M}", zone=site.timezone, name=site.name, armed=armed, alerts=alerts
    )
    what = [*asked.lost, *(f"{scope}={mode}" for scope, mode in asked.modes.items()), *asked.declared]
    what += [f"{scope}: {count} waiting" for scope, count in asked.waiting.items()]
    yield say("lost", what=", ".join(what)) if what else say("nothing")
    for name in asked.lost:
        yield from _noticed(site, name, say)
    for year in story.unconfirmed:
        yield say("year", year=year)
    for name, scope in story.before.items():
        yield say("before", scope=name, mode=scope.effective, action=scope.action)
    yield ""


def _noticed(site: SitePolicy, name: str, say: Callable[..., str]) -> Iterator[str]:
    if name not in site.fallback.parts:
        return
    probe = next((one for one in site.sources.probes if one.component == name), None)
    if evidence_of(site, name).value == "report":
        yield say("person", what=name)
    elif probe is not None:
        late = probe.every * (1 + probe.jitter) + probe.timeout
        yield say("probe", what=name, every=f"{probe.every:g} s", late=f"{late:g} s")


def _words_of(one: Happening, site: SitePolicy, language: str, say: Callable[..., str]) -> Iterator[str]:
    facts = one.facts
    match one.kind:
        case "mode":
            why = say("why", why=_reason(facts["why"], language)) if facts["why"] else ""
            yield say("mode", subject=facts["subject"], old=facts["old"], new=facts["new"], why=why)
            yield _heard(facts, site, language, say)
        case "rung":
            yield say("rung", **{**facts, "people": facts["people"] or say("nobody")})
        case "callbacks":
            yield say(f"callbacks_{facts['allowed']}", scope=facts["scope"])
        case "incident":
            yield say("incident_closed" if facts["new"] in ("", "closed") else "incident", **facts)
        case "plan":
            yield say("plan" if facts["new"] else "plan_over", **facts)
        case _:
            yield say(one.kind, **facts)


def _reason(why: str, language: str) -> str:
    """The core gives its reasons in English; the usual ones are said in the language."""
    if language == EN:
        return why
    for begins, words in _REASONS.items():
        if why.startswith(begins):
            return words + why.removeprefix(begins)
    return why


def _heard(facts: Mapping[str, str], site: SitePolicy, language: str, say: Callable[..., str]) -> str:
    action = DialplanAction(facts["action"])
    can = _CAN[action][LANGUAGES.index(language)]
    if action is DialplanAction.PASS:
        return say("quiet", can=can)
    message = facts["message"]
    words = wordings(language, site.prompts, facts["subject"]).get(f"message-{message}") or say("no_words")
    return say("hear", words=words, message=message, can=can)


def as_json(site: SitePolicy, story: Story) -> Mapping[str, object]:
    """The story as plain values, for a program."""
    asked = story.asked
    return {
        "policy": site.digest,
        "at": _iso(asked.at),
        "armed": site.fallback.armed,
        "alerts": site.alerts_on,
        "lost": list(asked.lost),
        "modes": {scope: mode.value for scope, mode in asked.modes.items()},
        "waiting": dict(asked.waiting),
        "declared": list(asked.declared),
        "lasts": asked.lasts,
        "years_not_confirmed": list(story.unconfirmed),
        "before": {
            name: {"mode": scope.effective.value, "action": scope.action.value}
            for name, scope in story.before.items()
        },
        "happenings": [
            {"after": one.after, "back": one.back, "kind": one.kind, **one.facts} for one in story.happenings
        ],
        "over": story.over,
    }


def _iso(at: datetime) -> str:
    return at.isoformat()
