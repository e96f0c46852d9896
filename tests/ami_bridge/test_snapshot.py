"""The whole picture, out of what real Asterisks answered."""

from datetime import UTC, datetime, timedelta

import pytest
from ami_server import capture, replies_in

from ami_bridge.inbox import AmiEvent
from ami_bridge.link import Headers, NoReply, Reply
from ami_bridge.link.action import GuardedAction
from ami_bridge.link.wire import Framer
from ami_bridge.readings import Memory
from ami_bridge.site import Site
from ami_bridge.snapshot import take
from ami_bridge.translate import Translator
from fallback.events import Evidence, LinesSeen, MemberSeen, Presence, TrunkSeen

VERSIONS = ("asterisk-16.28", "asterisk-22.10.1")
SITE = Site(trunks={"carrier-a": "A", "carrier-b": "B"}, queues=frozenset({"power"}))
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


class Recorded:
    """A link that answers from a capture; ``uptime_known`` as Link.uptime."""

    def __init__(self, version: str, uptime: float | None = 60.0) -> None:
        self.answers = replies_in(capture(version, "snapshot"))
        self._uptime = uptime
        self.lost = False

    def uptime(self) -> float | None:
        return self._uptime

    async def action(
        self,
        headers: Headers,
        *,
        timeout: float | None = None,  # noqa: ASYNC109  # as Link.action
    ) -> Reply:
        if self.lost:
            raise NoReply("gone")
        action = GuardedAction(headers, 1000)
        key = ":".join(str(value) for value in headers.values())
        for message in _messages(self.answers[key]):
            action.add_message(message)
        reply: Reply = action.future.result()
        return reply


def _messages(data: bytes) -> list[object]:
    from panoramisk.message import Message

    framer = Framer(1_000_000)
    framer.feed(b"Asterisk Call Manager/1\r\n")
    return [Message.from_line(message.decode()) for message in framer.feed(data)]


@pytest.mark.parametrize("version", VERSIONS)
async def test_the_picture_of_a_busy_moment(version: str) -> None:
    snapshot = await take(Recorded(version), SITE, NOW, Memory())
    assert snapshot.problems == ()
    assert snapshot.taken.booted_at == NOW - timedelta(seconds=60)
    assert snapshot.taken.trunks == (
        TrunkSeen("A", Evidence.CONTACT, good=False, detail="contact unreachable"),
        TrunkSeen("B", Evidence.CONTACT, good=True, detail="contact reachable"),
    )
    assert {(seen.member, seen.presence) for seen in snapshot.taken.members} == {
        ("PJSIP/agent-1", Presence.BUSY),
        ("PJSIP/agent-2", Presence.UNREACHABLE),
        ("PJSIP/agent-3", Presence.UNREACHABLE),
        ("PJSIP/agent-4", Presence.UNREACHABLE),
    }
    assert all(isinstance(seen, MemberSeen) and seen.queue == "power" for seen in snapshot.taken.members)
    (queue,) = snapshot.taken.queues
    assert (queue.queue, queue.waiting) in (("power", 1), ("power", 2))
    assert 0 <= queue.longest_wait <= 5
    assert len(snapshot.taken.callers) == queue.waiting
    assert all(
        c.channel.startswith("PJSIP/carrier-b-") and 0 <= c.waited <= 5 for c in snapshot.taken.callers
    )
    assert snapshot.taken.lines == (LinesSeen("A", 0), LinesSeen("B", 1 + queue.waiting))
    assert {seen.agent for seen in snapshot.taken.members} == {"Agent 1", "Agent 2", "Agent 3", "Agent 4"}


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_line_in_the_picture_ends_with_the_event_that_follows(version: str) -> None:
    memory = Memory()
    await take(Recorded(version), SITE, NOW, memory)
    line, unique_id = next((line, key) for key, line in memory.lines.living.items() if line.incoming)
    assert line.trunk == "B"
    before = memory.lines.seen("B").in_use
    ended = {"Uniqueid": unique_id, "ChannelState": "6", "Cause": "16"}
    assert Translator(SITE, memory)(AmiEvent("Hangup", ended))[0] == LinesSeen("B", before - 1)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("scene", "site", "told"),
    [
        ("none", SITE, ()),
        ("not-yet", SITE, ()),  # Asterisk has not asked yet, which is no evidence
        ("stands", SITE, (TrunkSeen("B", Evidence.REGISTRATION, good=True, detail="registered"),)),
        (
            "stands",
            Site(SITE.trunks, SITE.queues, registrations={"carrier-b": "A"}),
            (TrunkSeen("A", Evidence.REGISTRATION, good=True, detail="registered"),),
        ),
    ],
)
async def test_registrations_are_read_by_name(
    version: str, scene: str, site: Site, told: tuple[TrunkSeen, ...]
) -> None:
    """D1: one is its trunk's whose endpoint it is named like, unless the policy says otherwise."""
    link = Recorded(version)
    answers = replies_in(capture(version, "registrations"))
    link.answers["PJSIPShowRegistrationsOutbound"] = answers[f"PJSIPShowRegistrationsOutbound:{scene}"]
    snapshot = await take(link, site, NOW, Memory())
    assert snapshot.taken.trunks[2:] == told
    assert snapshot.problems == ()


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_callback_under_way_is_found_by_its_channels(version: str) -> None:
    snapshot = await take(Recorded(version), SITE, NOW, Memory())
    assert snapshot.channels.attempts == {"att7"}
    assert snapshot.channels.in_use == {"A": 0, "B": 1 + snapshot.taken.queues[0].waiting}


@pytest.mark.parametrize("version", VERSIONS)
async def test_contacts_are_remembered_for_the_events_that_follow(version: str) -> None:
    memory = Memory()
    memory.contacts.note("A", "sip:old@1", "Reachable")
    await take(Recorded(version), SITE, NOW, memory)
    assert not memory.contacts.reading("A", "").good
    assert memory.contacts.reading("B", "").good


@pytest.mark.parametrize("version", VERSIONS)
async def test_what_asterisk_does_not_know_is_said_with_a_remedy_and_stays_unknown(version: str) -> None:
    site = Site(trunks={"nope": "N"}, queues=frozenset({"nope"}))
    snapshot = await take(Recorded(version), site, NOW, Memory())
    assert (snapshot.taken.trunks, snapshot.taken.members, snapshot.taken.queues) == ((), (), ())
    assert "trunk N" in snapshot.problems[0]
    assert "pjsip.conf" in snapshot.problems[0]
    assert "queue nope" in snapshot.problems[1]
    assert "queues.conf" in snapshot.problems[1]


@pytest.mark.parametrize("version", VERSIONS)
async def test_without_fully_booted_the_boot_is_told_by_asterisks_own_clock(version: str) -> None:
    snapshot = await take(Recorded(version, uptime=None), SITE, NOW, Memory())
    assert timedelta(0) < NOW - snapshot.taken.booted_at < timedelta(minutes=10)
    assert snapshot.problems == ()


async def test_a_link_lost_meanwhile_leaves_no_half_picture() -> None:
    link = Recorded(VERSIONS[0])
    link.lost = True
    with pytest.raises(NoReply):
        await take(link, SITE, NOW, Memory())
