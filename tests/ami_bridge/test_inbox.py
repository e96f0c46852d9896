"""The inbox: ordered, bounded, and honest about what it dropped."""

import asyncio

from ami_bridge.inbox import AmiEvent, Inbox, LinkUp, Overflow
from fallback.events import LinkLost, Tick


def event(number: int) -> AmiEvent:
    return AmiEvent("X", {"N": str(number)})


async def drain(inbox: Inbox) -> list[object]:
    return [await inbox.get() for _ in range(len(inbox))]


async def test_a_burst_of_a_hundred_thousand_keeps_order_and_the_bound_and_tells_once() -> None:
    inbox = Inbox(limit=10_000)
    for number in range(100_000):
        inbox.put_nowait(event(number))
    assert len(inbox) == 10_001
    got = await drain(inbox)
    assert got == [*(event(n) for n in range(10_000)), Overflow(dropped=90_000)]


async def test_what_is_no_manager_event_is_never_dropped_and_keeps_its_place() -> None:
    inbox = Inbox(limit=2)
    lost, up, tick = LinkLost("gone"), LinkUp("11.0.0", 1.0), Tick()
    for item in (event(1), tick, event(2), event(3), lost, event(4), up):
        inbox.put_nowait(item)
    assert await drain(inbox) == [event(1), tick, event(2), Overflow(dropped=2), lost, up]


async def test_after_the_overflow_was_taken_events_flow_again_and_may_overflow_again() -> None:
    inbox = Inbox(limit=1)
    for number in (1, 2):
        inbox.put_nowait(event(number))
    assert await drain(inbox) == [event(1), Overflow(dropped=1)]
    for number in (3, 4, 5):
        inbox.put_nowait(event(number))
    assert await drain(inbox) == [event(3), Overflow(dropped=2)]


async def test_the_consumer_waits_for_the_next_item() -> None:
    inbox = Inbox()
    waiting = asyncio.create_task(inbox.get())
    await asyncio.sleep(0)
    assert not waiting.done()
    inbox.put_nowait(event(1))
    assert await waiting == event(1)


async def test_a_long_backlog_lets_other_tasks_run() -> None:
    inbox = Inbox()
    for number in range(1000):
        inbox.put_nowait(event(number))
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    await drain(inbox)
    task.cancel()
    assert turns >= 10
