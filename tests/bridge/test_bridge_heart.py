"""The beat is Asterisk's own time, and a fence is above everything that was ever sent (E2, ADR 0004)."""

import asyncio
from datetime import timedelta

import pytest
from bridge_world import START, FakeAsterisk, done, refusal

from ami_bridge.heart import Heart
from ami_bridge.link import LinkDown, NoReply
from fallback.time import Now

FENCE, BEAT = ("holdfast", "fence"), ("holdfast", "beat")
MILLISECONDS = int(START.timestamp() * 1000)


class Clock:
    def __init__(self) -> None:
        self.now = Now(START, 0.0)

    def __call__(self) -> Now:
        return self.now

    def step(self, seconds: float) -> None:
        self.now = Now(self.now.wall + timedelta(seconds=seconds), self.now.mono)


@pytest.fixture
def asterisk() -> FakeAsterisk:
    return FakeAsterisk()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def heart(asterisk: FakeAsterisk, clock: Clock) -> Heart:
    return Heart(asterisk.action, 0.01, clock)


@pytest.mark.parametrize(
    ("standing", "expected"),
    [
        ("", MILLISECONDS),
        ("12", MILLISECONDS),
        (str(MILLISECONDS), MILLISECONDS + 1),
        (str(MILLISECONDS + 5_000), MILLISECONDS + 5_001),  # our clock was set back since
        ("nonsense", MILLISECONDS),
        ("-5", MILLISECONDS),
    ],
)
async def test_a_fence_is_above_the_one_that_stands(
    heart: Heart, asterisk: FakeAsterisk, standing: str, expected: int
) -> None:
    if standing:
        asterisk.db[FENCE] = standing
    await heart.raise_fence()
    assert heart.fence == expected
    assert asterisk.db[FENCE] == str(expected)


async def test_a_fence_is_above_our_own_last_one_also_when_asterisk_forgot_it_and_the_clock_went_back(
    heart: Heart, asterisk: FakeAsterisk, clock: Clock
) -> None:
    await heart.raise_fence()
    first = heart.fence
    asterisk.db.clear()
    clock.step(-3600)
    await heart.raise_fence()
    assert heart.fence == first + 1 == int(asterisk.db[FENCE])


async def test_a_fence_that_asterisk_did_not_take_is_no_fence(heart: Heart, asterisk: FakeAsterisk) -> None:
    asterisk.answers["DBPut"] = [refusal("no rights")]
    with pytest.raises(LinkDown, match="refused to keep holdfast/fence: no rights"):
        await heart.raise_fence()


async def test_the_beat_is_in_asterisks_time(heart: Heart, asterisk: FakeAsterisk, clock: Clock) -> None:
    theirs = int(START.timestamp()) + 7200
    asterisk.answers["Getvar"] = [done(Value=str(theirs))]
    await heart.beat()
    assert asterisk.db[BEAT] == str(theirs)
    assert heart.epoch() == theirs
    clock.step(10)
    assert heart.epoch() == theirs + 10


async def test_a_time_that_cannot_be_read_is_no_beat(heart: Heart, asterisk: FakeAsterisk) -> None:
    asterisk.answers["Getvar"] = [done(Value="soon")]
    with pytest.raises(LinkDown):
        await heart.beat()
    assert BEAT not in asterisk.db


async def test_no_beat_while_a_caller_could_not_be_kept_and_beats_again_after(
    heart: Heart, asterisk: FakeAsterisk
) -> None:
    able = False
    asterisk.answers["Getvar"] = [NoReply("late"), *(done(Value=str(n)) for n in range(100, 10_000))]
    task = asyncio.create_task(heart.run(lambda: True, lambda: able))
    await asyncio.sleep(0.05)
    assert BEAT not in asterisk.db
    able = True
    async with asyncio.timeout(5):
        while int(asterisk.db.get(BEAT, "0")) < 102:  # noqa: ASYNC110 - looks at a fake, which tells nobody
            await asyncio.sleep(0.005)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()


async def test_nothing_is_asked_of_a_link_that_is_down(heart: Heart, asterisk: FakeAsterisk) -> None:
    task = asyncio.create_task(heart.run(lambda: False, lambda: True))
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert not asterisk.sent


async def test_the_first_fence_of_asterisks_life_is_remembered_by_asterisk_itself(
    heart: Heart, asterisk: FakeAsterisk
) -> None:
    """A global variable dies with Asterisk, so no clock has to tell whether it was restarted."""
    await heart.raise_fence()
    first = heart.fence
    assert heart.life == first
    (kept,) = asterisk.actions("Setvar")
    assert (kept["Variable"], kept["Value"]) == ("HF_LIFE", str(first))
    asterisk.answers["Getvar"] = [done(Value=str(first))]
    await heart.raise_fence()
    assert (heart.life, heart.fence > first) == (first, True)
    assert len(asterisk.actions("Setvar")) == 1
