"""The manager account: the least rights, safe against values that Asterisk would read as something else."""

import re

import pytest

from ami_bridge.call_tracker import EVENTS as OF_CALLS
from ami_bridge.translate import TABLE
from config.manager_account import (
    LEVELS,
    OF_OUR_CALLS,
    OF_OUR_DIALPLAN,
    OF_TRUNKS,
    event_filters,
    render_manager_account,
)

TRUNKS = ("carrier-a", "carrier.b")


def passes(event: str, endpoints: tuple[str, ...] = TRUNKS) -> bool:
    patterns = [pattern.replace("[[:cntrl:]]", r"[\x00-\x1f]") for pattern in event_filters(endpoints)]
    return any(re.search(pattern, event, re.DOTALL) for pattern in patterns)


def test_the_account_has_exactly_the_rights_it_needs() -> None:
    text = render_manager_account("holdfast", "s3cret")
    assert "\nread = system,agent,call,user\n" in text
    assert "\nwrite = system,call,agent,originate\n" in text
    assert "\ndeny = 0.0.0.0/0.0.0.0\n" in text
    assert "\npermit = 127.0.0.1/255.255.255.255\n" in text


def test_the_filters_let_through_what_the_table_reads_and_nothing_else() -> None:
    assert {*LEVELS, *OF_OUR_CALLS, *OF_TRUNKS} == set(TABLE) | set(OF_CALLS) | {"FullyBooted"}
    for name in LEVELS:
        assert passes(f"Event: {name}\r\nPrivilege: x\r\n")
        assert not passes(f"Event: {name}More\r\nPrivilege: x\r\n")
    for name in ("Newexten", "VarSet", "RTCPSent", "DeviceStateChange", "QueueMemberRinginuse"):
        assert not passes(f"Event: {name}\r\nUniqueid: hf-a\r\n")


def test_calls_pass_only_when_they_are_ours() -> None:
    for name in OF_OUR_CALLS:
        assert passes(f"Event: {name}\r\nUniqueid: hf-a\r\nLinkedid: hf-a\r\n")
        assert passes(f"Event: {name}\r\nDestUniqueid: hf-a\r\n")
        assert not passes(f"Event: {name}\r\nUniqueid: 1795305599.1\r\nCallerIDName: hf-a\r\n")


def test_user_events_pass_only_when_our_dialplan_sent_them() -> None:
    head = "Event: UserEvent\r\nPrivilege: user,all\r\nChannel: PJSIP/agent-1-00000001\r\n"
    for name in OF_OUR_DIALPLAN:
        assert passes(f"{head}UserEvent: {name}\r\nScope: power\r\n")
    assert not passes(f"{head}UserEvent: SomethingElse\r\nText: UserEvent: HoldfastCode\r\n")


def test_channels_of_trunks_pass_and_those_of_phones_and_other_trunks_do_not() -> None:
    for name in OF_TRUNKS:
        assert passes(f"Event: {name}\r\nPrivilege: call,all\r\nChannel: PJSIP/carrier-a-0000001f\r\n")
        assert passes(f"Event: {name}\r\nChannel: PJSIP/carrier.b-0000001f\r\n")
        for other in (
            "PJSIP/agent-1-00000001",
            "PJSIP/carrier-ab-00000001",
            "PJSIP/carrierxb-1",
            "SIP/carrier-a-1",
        ):
            assert not passes(f"Event: {name}\r\nChannel: {other}\r\n")
    assert not passes("Event: Newstate\r\nChannel: PJSIP/carrier-a-0000001f\r\n")


def test_without_names_of_trunks_channels_of_all_endpoints_pass() -> None:
    assert passes("Event: Hangup\r\nChannel: PJSIP/any-0000001f\r\n", ())
    assert not passes("Event: Hangup\r\nChannel: Local/1@x-00000001;1\r\n", ())


def test_a_name_that_would_be_an_expression_of_its_own_is_refused() -> None:
    with pytest.raises(ValueError, match="endpoint"):
        render_manager_account("a", "x", endpoints=("a|b",))


@pytest.mark.parametrize("secret", ["", " x", "x ", "a\nread = all", "a\\b", "a\x00b"])
def test_secrets_that_asterisk_would_misread_are_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="secret"):
        render_manager_account("holdfast", secret)


def test_a_semicolon_in_a_secret_is_no_comment() -> None:
    assert "\nsecret = a\\;b\n" in render_manager_account("holdfast", "a;b")


@pytest.mark.parametrize("name", ["", "general", "a]b", "a\nb", "a b"])
def test_names_that_are_no_section_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        render_manager_account(name, "x")


def test_addresses_are_checked() -> None:
    assert "permit = 10.0.0.0/255.0.0.0\n" in render_manager_account("a", "x", ("10.0.0.0/255.0.0.0",))
    with pytest.raises(ValueError, match="address"):
        render_manager_account("a", "x", ("0.0.0.0/0\nwrite = all",))
