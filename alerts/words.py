"""What staff read and hear, filled with facts. Pure: the same message gives the same words, in whatever process."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from alerts.texts import EN, LANGUAGES, TEXTS, ZH

__all__ = [
    "LANGUAGES",
    "TEXTS",
    "facts_for",
    "gathered",
    "known_text",
    "language_of",
    "not_taken",
    "page_words",
    "short",
    "spoken",
    "taken",
    "written",
]

GENERAL = "general"
_UNKNOWN = "–"
_DRILL = MappingProxyType({ZH: "【演练】", EN: "[DRILL] "})
_WHERE = MappingProxyType({ZH: "全中心", EN: "the whole site"})
_NO_NUMBER = MappingProxyType({ZH: "未知", EN: "number unknown"})
_REFERENCE = MappingProxyType({ZH: "编号 {reference}。", EN: "Ref. {reference}."})
_CONFIRM = MappingProxyType({ZH: "确认:{link}", EN: "Acknowledge: {link}"})
_PRESS = MappingProxyType({ZH: "接手处理请按 1。", EN: "To take it on, press 1."})
_TAKEN = MappingProxyType(
    {ZH: "谢谢,已记录由您接手。", EN: "Thank you. It is noted that you have taken it on."}
)
_SILENT = MappingProxyType(
    {ZH: "没有收到确认,我们会继续联系。再见。", EN: "Nothing was pressed. We go on telling others. Goodbye."}
)
_GATHERED = MappingProxyType({ZH: "还有 {count} 条消息合并为一条:", EN: "{count} further messages in one:"})
_PAGE: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "ask": {ZH: "请确认由您接手", EN: "Will you take this on?"},
        "done": {ZH: "已确认,谢谢", EN: "Acknowledged, thank you"},
        "unknown": {ZH: "链接无效或事件早已结束", EN: "This link is not valid, or the matter is long over"},
    }
)
_BUTTON = MappingProxyType({ZH: "我来处理", EN: "I take it on"})


class _Facts(dict[str, str]):
    """A fact that nobody told is a dash: words with a gap reach people, words that fail do not."""

    def __missing__(self, key: str) -> str:
        return _UNKNOWN


def known_text(text: str) -> bool:
    """Whether words stand under this id; a site's policy is checked against it."""
    return text in TEXTS


def language_of(language: str) -> str:
    """The nearest language that has words: zh-CN or en."""
    return EN if language.lower().startswith("en") else ZH


def facts_for(
    facts: Mapping[str, str], language: str, timezone: str, due_at: datetime | None
) -> dict[str, str]:
    """What the placeholders stand for. timezone: in which times are shown; due_at: aware UTC, of the rung."""
    filled = dict(facts)
    filled["where"] = facts.get("scope") or _WHERE[language_of(language)]
    filled["what"] = facts.get("subject") or facts.get("detail") or facts.get("kind") or _UNKNOWN
    if not facts.get("number", _UNKNOWN):  # a caller of whom no number is known; other messages speak of none
        filled["number"] = _NO_NUMBER[language_of(language)]
    opened = _moment(facts.get("opened_at", ""))
    if opened is not None:
        filled["since"] = opened.astimezone(ZoneInfo(timezone)).strftime("%m-%d %H:%M")
        if due_at is not None:
            filled["minutes"] = str(max(0, round((due_at - opened).total_seconds() / 60)))
    return filled


def written(
    text: str, language: str, facts: Mapping[str, str], reference: str, drill: bool, link: str = ""
) -> str:
    """The whole of a written message. facts: from ``facts_for``. link: of the acknowledgement, "" none.

    An id without words gets the general ones: a message is never left out for want of words.
    """
    language = language_of(language)
    parts = [_body(text, language, facts, drill), _REFERENCE[language].format(reference=reference)]
    if link:
        parts.append(_CONFIRM[language].format(link=link))
    return " ".join(parts)


def spoken(words: str, language: str) -> str:
    """What a call says: the words, and that 1 takes the matter on."""
    return f"{words} {_PRESS[language_of(language)]}"


def taken(language: str) -> str:
    """Said when 1 was pressed."""
    return _TAKEN[language_of(language)]


def not_taken(language: str) -> str:
    """Said when nothing was pressed."""
    return _SILENT[language_of(language)]


def gathered(texts: Sequence[str], language: str) -> str:
    """Several messages as one, each on its own line."""
    if len(texts) == 1:
        return texts[0]
    head = _GATHERED[language_of(language)].format(count=len(texts))
    return "\n".join([head, *texts])


def page_words(state: str, language: str) -> tuple[str, str]:
    """Heading and button of the acknowledgement page. state: ask, done or unknown."""
    return _PAGE[state][language_of(language)], _BUTTON[language_of(language)]


def short(text: str, most: int) -> str:
    """At most so many signs, with a mark where something was cut."""
    return text if len(text) <= most else text[: most - 1] + "…"


def _body(text: str, language: str, facts: Mapping[str, str], drill: bool) -> str:
    template = TEXTS.get(text, TEXTS[GENERAL])[language]
    return (_DRILL[language] if drill else "") + template.format_map(_Facts(facts))


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
