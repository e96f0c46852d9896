"""The people of the demo: how each one calls, what he does, and which promise that makes due.

They know the menu and do not wait for its end. Nobody is at a key when the story kills the bridge: a person would
press it again, these cannot hear that they should.
"""

from dataclasses import dataclass, replace

VOICEMAIL = "3"  # last digit of numbers at which a voicemail answers


@dataclass(frozen=True, slots=True)
class Person:
    """One caller. who: in words, for the timeline. keys: (seconds after the answer, digits).

    due: the number that must be in the book if he stays to the promise, "" when none may be. The last digit of a number
    says how its owner's phone behaves when called back (lab/scenarios/carrier.xml.jinja): 1, 8, 9, 0 answer, 2 silent,
    3 voicemail, 4 busy, 5 no answer, 6 congestion, 7 rejected. waited: he stood in the queue when the agents vanished.
    danger: he pressed the danger key. cancels: he takes back what was promised to ``due``, before anybody calls. notice:
    the number that is told once that it is over, "" for callers who did not ask for that.
    """

    who: str
    caller_id: str
    keys: tuple[tuple[float, str], ...] = ()
    due: str = ""
    hangup_after: float | None = None
    withheld: bool = False
    waited: bool = False
    danger: bool = False
    cancels: bool = False
    notice: str = ""


def number(index: int, last: int) -> str:
    """A mobile number of the demo with the last digit that decides how it answers."""
    return f"138{5710000 + index:07d}{last}"


def own(index: int, last: int, who: str = "presses 1: call me on this number") -> Person:
    """Presses 1 and says what it is about."""
    mine = number(index, last)
    return Person(who, mine, ((2.5, "1"), (6.0, "1")), due=mine)


def keyed(index: int, last: int) -> Person:
    """Keys another number, hears it and confirms it."""
    other = number(500 + index, last)
    keys = ((1.5, "2"), (3.5, other + "#"), (9.0, "1"), (11.5, "2"))
    return Person("presses 2, keys another number, confirms it", number(index, 1), keys, due=other)


def corrected(index: int, last: int) -> Person:
    """Keys a wrong number, hears it, says no, keys the right one and confirms it."""
    wrong, right = number(700 + index, 1), number(600 + index, last)
    keys = ((1.5, "2"), (3.5, wrong + "#"), (9.0, "2"), (11.0, right + "#"), (16.5, "1"), (19.0, "1"))
    return Person("keys a wrong number, corrects it, confirms", number(index, 1), keys, due=right)


def silent(index: int, last: int) -> Person:
    """Does nothing and stays: an old telephone, or a shaking hand."""
    mine = number(index, last)
    return Person("presses nothing and stays on the line", mine, due=mine)


def withheld(index: int, last: int) -> Person:
    """No caller id; keys the number."""
    mine = number(800 + index, last)
    keys = ((1.5, "2"), (3.5, mine + "#"), (9.0, "1"), (11.5, "1"))
    return Person("withholds his number and keys it", "anonymous", keys, due=mine, withheld=True)


def early(index: int) -> Person:
    """Hangs up during the phrase, without a key: a missed call, no promise."""
    return Person("hangs up during the phrase", number(index, 1), hangup_after=1.5)


def half_way(index: int, last: int) -> Person:
    """Presses 1 and hangs up before the promise is spoken: asked for it, so it is kept."""
    mine = number(index, last)
    return Person("presses 1 and hangs up half way", mine, ((2.5, "1"),), due=mine, hangup_after=5.0)


def waiting(index: int, last: int) -> Person:
    """Waits in the queue, is brought to the phrase, and presses 1."""
    return replace(own(index, last, "waits in the queue"), waited=True)


def in_danger(index: int) -> Person:
    """Presses the danger key and talks to whoever of those on call takes it."""
    return Person("presses 8, the danger key", number(index, 1), ((2.0, "8"),), danger=True)


def danger_cut_off(index: int, last: int) -> Person:
    """Presses the danger key and is cut off while the first telephone rings: written down, and passed on at once."""
    mine = number(index, last)
    keys = ((2.0, "8"),)
    return Person("presses 8 and is cut off", mine, keys, due=mine, hangup_after=8.5, danger=True)


def only_notice(index: int) -> Person:
    """Wants no call back, only to know when it is over (more, then 3)."""
    mine = number(index, 1)
    return Person(
        "presses 3 and 3: only wants to know when it is over", mine, ((2.5, "3"), (6.0, "3")), notice=mine
    )


def cancelling(index: int, reference: str) -> Person:
    """Rings again: more, his open promise, its reference, cancel it; does not undo that."""
    mine = number(index, 1)
    keys = ((2.5, "3"), (6.0, "1"), (9.5, reference), (16.0, "3"))
    return Person("rings again, keys his reference and cancels", mine, keys, due=mine, cancels=True)
