"""From errands to what is sent and what is told upward. Pure."""

from collections.abc import Sequence
from datetime import datetime

from alerts.book import Errand, Try, reference, short_id
from alerts.links import Links
from alerts.plan import Item
from alerts.policy import AlertPolicy
from alerts.values import AlertNews, Message, NewsKind
from alerts.words import facts_for, gathered, written


def words_of(errand: Errand, policy: AlertPolicy, link: str = "") -> str:
    """What the person is told of this rung, in his language; an end message needs no acknowledgement."""
    rung = errand.rung
    language = language_of(errand, policy)
    facts = facts_for(rung.facts, language, policy.timezone, rung.due_at)
    return written(rung.text, language, facts, reference(rung.key), rung.drill, "" if rung.is_end else link)


def language_of(errand: Errand, policy: AlertPolicy) -> str:
    """The person's, or the default for one who has left the roster."""
    person = policy.people.get(errand.person)
    return person.language if person else ""


def message_of(batch: Sequence[Item], policy: AlertPolicy, links: Links) -> Message:
    """One message for everything in the batch, under the key of its first. Raises KeyError for a person who has left."""
    first, errand = batch[0], batch[0].errand
    person = policy.people[errand.person]
    rung = errand.rung
    words = [words_of(item.errand, policy, links.link(short_id(item.key))) for item in batch]
    return Message(
        key=first.key,
        incident=rung.incident,
        rung=rung.key,
        role=errand.role,
        person=errand.person,
        way=first.way,
        address=next(reach.address for reach in person.reaches if reach.way is first.way),
        words=gathered(words, person.language),
        language=person.language,
        reference=reference(rung.key),
        due_at=rung.due_at,
        drill=rung.drill,
        facts={**rung.facts, "text": rung.text},
        token=links.token(short_id(first.key)),
    )


def news_of(
    kind: NewsKind, errand: Errand, one: Try | None, policy: AlertPolicy, at: datetime, how: str
) -> AlertNews:
    """What is told upward. The words come without the link: whoever reads the record must not acknowledge for another."""
    rung = errand.rung
    return AlertNews(
        kind=kind,
        at=at,
        incident=rung.incident,
        rung=rung.key,
        role=errand.role,
        person=errand.person,
        how=how or (one.way.value if one else ""),
        key=one.key if one else "",
        fate=one.fate if one else None,
        detail=one.detail if one else "",
        reference=reference(rung.key),
        words=words_of(errand, policy),
        due_at=rung.due_at,
        drill=rung.drill,
        provider_id=one.provider_id if one else "",
        language=language_of(errand, policy),
    )
