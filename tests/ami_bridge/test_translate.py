"""Captures of real Asterisks, through the protocol and the table, into our events; and what is malformed."""

from dataclasses import replace

import pytest
from ami_server import CAPTURES, capture
from hypothesis import given
from hypothesis import strategies as st
from recorded import AGENT_1, SITE, UNHEARD, VERSIONS, events_of, kinds, translated

from ami_bridge.call_tracker import EVENTS as OF_CALLS
from ami_bridge.events import (
    CallerAbandoned,
    CoreShutdown,
    LiveTaken,
    TrunkCallEnded,
    TrunkRang,
)
from ami_bridge.inbox import AmiEvent
from ami_bridge.translate import TABLE, WANTED, Translator
from fallback.events import (
    CallerLeft,
    CallerWaits,
    Evidence,
    LinesSeen,
    MemberGone,
    MemberSeen,
    Presence,
    QueueSeen,
    TrunkSeen,
)


def member(presence: Presence, interface: str = AGENT_1) -> MemberSeen:
    named = interface.removeprefix("PJSIP/").replace("agent-", "Agent ")
    return MemberSeen("power", interface, presence, "agent-9" if interface.endswith("9") else named)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_carrier_that_stops_answering_and_comes_back(version: str) -> None:
    assert translated(version, "contacts") == [
        TrunkSeen("A", Evidence.CONTACT, good=False, detail="contact unreachable"),
        TrunkSeen("A", Evidence.CONTACT, good=True, detail="contact reachable"),
    ]


@pytest.mark.parametrize("version", VERSIONS)
def test_an_agent_who_vanishes_returns_and_pauses_and_a_guest_who_signs_in_and_out(version: str) -> None:
    assert translated(version, "agents") == [
        member(Presence.UNREACHABLE),
        member(Presence.FREE),
        member(Presence.PAUSED),
        member(Presence.FREE),
        member(Presence.UNREACHABLE, "PJSIP/agent-9"),
        MemberGone("power", "PJSIP/agent-9"),
    ]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["inbound", "inbound-unfiltered"])
def test_a_call_that_an_agent_answers_with_and_without_filters_in_asterisk(version: str, name: str) -> None:
    found = translated(version, name)
    *during, after = kinds(found, MemberSeen)
    assert after == member(Presence.FREE)
    assert member(Presence.BUSY) in during
    assert all(seen in (member(Presence.RINGING), member(Presence.BUSY)) for seen in during)
    assert kinds(found, QueueSeen) == [QueueSeen("power", 1), QueueSeen("power", 0)]
    (waits,), (left,) = kinds(found, CallerWaits), kinds(found, CallerLeft)
    assert waits == CallerWaits("power", left.channel)
    assert left.channel.startswith("PJSIP/carrier-b-")
    assert kinds(found, LinesSeen) == [LinesSeen("B", 1), LinesSeen("B", 0)]
    (rang,), (ended,) = kinds(found, TrunkRang), kinds(found, TrunkCallEnded)
    assert rang == TrunkRang("B", ended.unique_id, caller="13900000001", called="95598")
    assert (ended.trunk, ended.outgoing, ended.cause) == ("B", False, 16)
    taken = kinds(found, LiveTaken)  # the filters of the recording kept it out
    assert taken == ([LiveTaken("power", AGENT_1)] if name == "inbound-unfiltered" else [])
    assert len(found) == len(during) + 9 + len(taken)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_caller_who_hangs_up_while_waiting(version: str) -> None:
    found = translated(version, "abandon")
    (abandoned,) = kinds(found, CallerAbandoned)
    assert abandoned in (CallerAbandoned("power", 1.0), CallerAbandoned("power", 2.0))
    assert kinds(found, QueueSeen)[-1] == QueueSeen("power", 0)
    assert len(kinds(found, CallerWaits)) == len(kinds(found, CallerLeft)) == 1


@pytest.mark.parametrize("version", VERSIONS)
def test_calls_out_that_are_not_ours_tell_lines_and_how_they_ended(version: str) -> None:
    """D1: answered, busy, no answer, congested, rejected."""
    found = translated(version, "outgoing")
    assert kinds(found, LinesSeen) == [LinesSeen("B", 1), LinesSeen("B", 0)] * 5
    ends = kinds(found, TrunkCallEnded)
    assert all(end.outgoing and end.trunk == "B" for end in ends)
    told = [(end.heard_of, end.cause) for end in ends]
    assert told[0][0]
    assert told[2] in ((True, 19), (True, 0))
    assert [told[1], *told[3:]] == [(False, 17), (False, 34), (False, 21)]
    assert not kinds(found, TrunkRang)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_registration_that_is_refused_stands_again_and_then_finds_nobody(version: str) -> None:
    """D1. The list, which a snapshot reads, teaches whose registration the events speak of."""
    translator = Translator(SITE)
    items = [e.headers for e in events_of(capture(version, "registrations")) if e.name.endswith("Detail")]
    assert [item["Status"] for item in items] == ["Unregistered", "Registered"]
    assert [item["ObjectName"] for item in items] == ["carrier-b", "carrier-b"]
    translator.memory.registrations.learn("B", items[0])
    assert translator.memory.registrations.readings() == ()
    translator.memory.registrations.learn("B", items[1])
    assert [seen.good for seen in translator.memory.registrations.readings()] == [True]
    found: list[object] = [
        seen for event in events_of(capture(version, "registry")) for seen in translator(event)
    ]
    assert all(isinstance(seen, TrunkSeen) and seen.evidence is Evidence.REGISTRATION for seen in found)
    goods = [seen.good for seen in kinds(found, TrunkSeen)]
    assert [good for good, before in zip(goods, [None, *goods], strict=False) if good is not before] == [
        False,
        True,
        False,
    ]
    assert (
        Translator(SITE)(AmiEvent("Registry", {"Username": "x", "Domain": "y", "Status": "Rejected"})) == ()
    )


def test_a_trunk_is_registered_while_one_of_its_registrations_stands() -> None:
    translator = Translator(SITE)
    for number in "12":
        item = {"ClientUri": f"c{number}", "ServerUri": "s", "Status": "Registered"}
        translator.memory.registrations.learn("A", item)

    def told(number: str, status: str) -> list[bool]:
        headers = {"Username": f"c{number}", "Domain": "s", "Status": status}
        return [seen.good for seen in kinds(list(translator(AmiEvent("Registry", headers))), TrunkSeen)]

    assert told("1", "Rejected") == [True]
    assert told("2", "Unregistered") == [False]
    assert told("2", "Something new") == []
    assert told("1", "Registered") == [True]


@pytest.mark.parametrize(("kind", "header"), [("", "DAHDIChannel"), ("Span", "Span")])
def test_an_alarm_speaks_against_a_trunk_when_all_its_spans_or_channels_have_one(
    kind: str, header: str
) -> None:
    """D1. As Asterisk's documentation has these events: the lab has no DAHDI to hear them from."""
    word = "span" if kind else "channel"
    site = replace(SITE, alarms={f"{word} 1": "A", f"{word} 2": "A"})
    translator = Translator(site)

    def told(number: str, raised: bool) -> list[TrunkSeen]:
        name = f"{kind}Alarm{'' if raised else 'Clear'}"
        headers = {"Event": name, header: number} | ({"Alarm": "Red Alarm"} if raised else {})
        return kinds(list(translator(AmiEvent(name, headers))), TrunkSeen)

    assert told("1", True) == [TrunkSeen("A", Evidence.ALARM, True, f"{word} 1: Red Alarm")]
    assert told("2", True) == [TrunkSeen("A", Evidence.ALARM, False, f"{word} 2: Red Alarm")]
    assert told("1", False) == [TrunkSeen("A", Evidence.ALARM, True, f"{word} 1: no alarm")]
    assert told("9", True) == []
    assert not translator.malformed


def test_a_channel_told_twice_counts_once_and_an_unknown_end_is_nothing() -> None:
    translator = Translator(SITE)
    began = {
        "Channel": "PJSIP/carrier-a-00000001",
        "ChannelState": "0",
        "Uniqueid": "1.1",
        "CallerIDNum": "",
        "Exten": "s",
    }
    ended = {"Uniqueid": "1.1", "ChannelState": "6", "Cause": "16"}
    assert translator(AmiEvent("Newchannel", began)) == (LinesSeen("A", 1),)
    assert translator(AmiEvent("Newchannel", began)) == (LinesSeen("A", 1),)
    assert translator(AmiEvent("Hangup", ended))[0] == LinesSeen("A", 0)
    assert translator(AmiEvent("Hangup", ended)) == ()
    assert translator(AmiEvent("Newchannel", began | {"Channel": "PJSIP/agent-1-00000002"})) == ()


def test_a_withheld_caller_id_is_told_as_none() -> None:
    headers = {
        "Channel": "PJSIP/carrier-a-00000001",
        "ChannelState": "4",
        "Uniqueid": "1.1",
        "CallerIDNum": "<unknown>",
        "Exten": "95598",
    }
    assert TrunkRang("A", "1.1", "", "95598") in Translator(SITE)(AmiEvent("Newchannel", headers))


def test_our_own_callback_is_no_caller_who_waits() -> None:
    """The queue counts it; the core must not take it for a caller."""
    headers = {"Queue": "power", "Channel": "Local/x;2", "Uniqueid": "hf-att1-2", "Count": "1"}
    assert Translator(SITE)(AmiEvent("QueueCallerJoin", headers)) == (QueueSeen("power", 1),)
    assert Translator(SITE)(AmiEvent("QueueCallerLeave", headers)) == (QueueSeen("power", 1),)


@pytest.mark.parametrize("version", VERSIONS)
def test_asterisk_says_that_it_goes_down(version: str) -> None:
    assert translated(version, "shutdown")[-1] == CoreShutdown(restart=False)


def test_a_trunk_with_two_contacts_is_reachable_while_one_of_them_is() -> None:
    translator = Translator(SITE)

    def told(uri: str, status: str) -> bool:
        headers = {"EndpointName": "carrier-a", "AOR": "x", "URI": uri, "ContactStatus": status}
        (seen,) = translator(AmiEvent("ContactStatus", headers))
        assert isinstance(seen, TrunkSeen)
        return seen.good

    assert [
        told("sip:1", "Reachable"),
        told("sip:2", "Reachable"),
        told("sip:1", "Unreachable"),
        told("sip:2", "Removed"),
        told("sip:1", "Removed"),
        told("sip:1", "NonQualified"),
    ] == [True, True, True, False, False, True]


def test_contacts_of_phones_and_statuses_without_meaning_are_nothing() -> None:
    translator = Translator(SITE)
    phone = {"EndpointName": "agent-1", "AOR": "agent-1", "URI": "x", "ContactStatus": "Unreachable"}
    created = {"EndpointName": "carrier-a", "AOR": "carrier-a", "URI": "x", "ContactStatus": "Created"}
    assert translator(AmiEvent("ContactStatus", phone)) == ()
    assert translator(AmiEvent("ContactStatus", created)) == ()
    assert not translator.malformed


@pytest.mark.parametrize(
    ("status", "paused", "in_call", "presence"),
    [
        ("0", "0", "0", Presence.FREE),
        ("1", "0", "0", Presence.FREE),
        ("1", "0", "1", Presence.BUSY),
        ("1", "1", "0", Presence.PAUSED),
        ("2", "0", "0", Presence.BUSY),
        ("2", "1", "1", Presence.PAUSED),
        ("3", "0", "0", Presence.BUSY),
        ("4", "0", "0", Presence.UNREACHABLE),
        ("5", "0", "0", Presence.UNREACHABLE),
        ("5", "1", "0", Presence.UNREACHABLE),
        ("6", "0", "0", Presence.RINGING),
        ("7", "0", "0", Presence.BUSY),
        ("8", "0", "0", Presence.BUSY),
    ],
)
def test_every_state_of_a_member_has_its_presence(
    status: str, paused: str, in_call: str, presence: Presence
) -> None:
    headers = {
        "Queue": "power",
        "Interface": "PJSIP/x",
        "Status": status,
        "Paused": paused,
        "InCall": in_call,
    }
    assert Translator(SITE)(AmiEvent("QueueMemberStatus", headers)) == (
        MemberSeen("power", "PJSIP/x", presence),
    )
    named = headers | {"MemberName": "PJSIP/x"}  # what Asterisk says of a member without a name
    assert Translator(SITE)(AmiEvent("QueueMemberStatus", named)) == (
        MemberSeen("power", "PJSIP/x", presence),
    )
    named = headers | {"MemberName": "Seat 7"}
    (seen,) = kinds(list(Translator(SITE)(AmiEvent("QueueMemberStatus", named))), MemberSeen)
    assert seen.agent == "Seat 7"


def test_queues_that_are_not_ours_are_nothing() -> None:
    headers = {
        "Queue": "sales",
        "Interface": "x",
        "Status": "1",
        "Paused": "0",
        "Count": "1",
        "HoldTime": "1",
    }
    for name in TABLE:
        if name.startswith("Queue") or name == "AgentRingNoAnswer":
            assert Translator(SITE)(AmiEvent(name, headers)) == ()


@pytest.mark.parametrize("name", sorted(set(TABLE) - {"Shutdown"}))
def test_a_malformed_event_is_counted_and_nothing_else(name: str) -> None:
    translator = Translator(SITE)
    bad = {
        "Queue": "power",
        "Uniqueid": "hf-a",
        "Status": "99",
        "Count": "many",
        "TalkTime": "",
        "Reason": "x",
        "Channel": "PJSIP/carrier-a-1",
    }
    assert translator(AmiEvent(name, bad)) == ()
    assert translator(AmiEvent(name, {})) == ()
    assert translator.malformed[name] >= 1


@given(
    st.sampled_from(sorted(TABLE)),
    st.dictionaries(
        st.sampled_from(
            [
                "Queue",
                "Interface",
                "Status",
                "Paused",
                "Count",
                "Uniqueid",
                "DestUniqueid",
                "Cause",
                "Channel",
            ]
        ),
        st.one_of(st.sampled_from(["power", "hf-a", "1", "PJSIP/carrier-a-1"]), st.text(max_size=8)),
    ),
)
def test_no_event_however_strange_raises(name: str, headers: dict[str, str]) -> None:
    assert isinstance(Translator(SITE)(AmiEvent(name, headers)), tuple)


def test_unknown_events_are_nothing() -> None:
    assert Translator(SITE)(AmiEvent("Newexten", {})) == ()


def test_every_event_of_the_table_was_heard_from_a_real_asterisk_or_is_wanted() -> None:
    heard = {e.name for path in CAPTURES.glob("*/*.ami") for e in events_of(path.read_bytes())}
    assert set(TABLE) - UNHEARD <= heard
    assert not UNHEARD & heard
    assert {name.encode() for name in (*TABLE, *OF_CALLS, "UserEvent")} == WANTED
