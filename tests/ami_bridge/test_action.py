"""An action is checked before a byte leaves, and its reply is whole when it is given out."""

import pytest
from panoramisk.message import Message

from ami_bridge.link.action import GuardedAction, Headers


async def test_action_comes_first_and_repeated_headers_are_repeated_lines() -> None:
    action = GuardedAction({"Variable": ["A=1", "B=2"], "ActionID": "x", "Action": "Originate"}, 10)
    assert action.wire == b"Action: Originate\r\nVariable: A=1\r\nVariable: B=2\r\nActionID: x\r\n\r\n"


@pytest.mark.parametrize(
    "headers",
    [
        {"Action": "Ping\r\n\r\nAction: Originate"},
        {"Action": "Setvar", "Value": "a\nb"},
        {"Action": "Setvar", "Value": "a\rb"},
        {"Action": "Setvar", "Value": "a\0b"},
        {"Action": "Setvar", "Variable": ["A=1", "B=2\r\nX: y"]},
        {"Action": "Setvar", "Bad\r\nName": "x"},
        {"Action": "Setvar", "Bad Name": "x"},
        {"Action": "Setvar", "": "x"},
        {"Action": "Setvar", "Value": "x" * 1020},
        {"Action": "Setvar", "Value": "张" * 340},
        {"Action": "Setvar", "Variable": ["A=1"] * 101},
        {"Value": "no action"},
    ],
    ids=range(12),
)
async def test_what_asterisk_would_misread_is_refused(headers: Headers) -> None:
    with pytest.raises(ValueError, match=r"line|header|action"):
        GuardedAction(headers, 10)


async def test_values_that_are_no_text_are_refused() -> None:
    with pytest.raises(ValueError, match="Priority must be text"):
        GuardedAction({"Action": "Originate", "Priority": 1}, 10)  # type: ignore[dict-item]  # what is tested


def fed(*messages: dict[str, str], limit: int = 10) -> GuardedAction:
    action = GuardedAction({"Action": "X"}, limit)
    for message in messages:
        action.add_message(Message(message))
    return action


START = {"Response": "Success", "EventList": "start", "Message": "will follow"}
COMPLETE = {"Event": "QueueStatusComplete", "EventList": "Complete"}


async def test_a_plain_reply_is_whole_at_once() -> None:
    reply = fed({"Response": "Success", "Value": "7"}).future.result()
    assert (reply.ok, reply.headers["Value"], reply.events) == (True, "7", ())


async def test_an_error_reply_to_a_list_action_ends_it() -> None:
    reply = fed({"Response": "Error", "Message": "No Contacts found\n"}).future.result()
    assert (reply.ok, reply.message) == (False, "No Contacts found")


async def test_a_list_is_whole_only_with_its_closing_event() -> None:
    action = fed(START, {"Event": "Item", "N": "1"}, {"Event": "Item", "N": "2"})
    assert not action.future.done()
    action.add_message(Message(COMPLETE))
    assert [item["N"] for item in action.future.result().events] == ["1", "2"]


async def test_a_list_is_ended_by_name_where_its_last_event_has_no_event_list() -> None:
    action = fed(START, {"Event": "Item", "N": "1"}, {"Event": "ItemsComplete"})
    assert [item["N"] for item in action.future.result().events] == ["1"]


async def test_a_cancelled_list_ends() -> None:
    assert fed(START, {"Event": "X", "EventList": "cancelled"}).future.result().events == ()


async def test_a_list_longer_than_we_keep_is_cut_and_says_so() -> None:
    reply = fed(START, *({"Event": "Item"} for _ in range(5)), COMPLETE, limit=3).future.result()
    assert (len(reply.events), reply.cut) == (3, True)


async def test_repeated_headers_of_a_reply_are_joined() -> None:
    reply = fed({"Response": "Success", "Output": ["a", "b"]}).future.result()  # type: ignore[dict-item]  # as parsed
    assert reply.headers["Output"] == "a\nb"
