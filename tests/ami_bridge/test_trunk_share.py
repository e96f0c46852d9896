"""The share of failed calls: which ends count, when it becomes bad, and how it becomes good again (D1)."""

import pytest

from ami_bridge.events import TrunkCallEnded
from ami_bridge.sources.trunk_share import CAUSES, TrunkShare, Verdict, verdict
from config.sources import ShareRule
from fallback.events import Event, Evidence, TrunkSeen

RULE = ShareRule(window=60.0, least_calls=4, bad_share=0.5, good_share=0.25)


def ended(cause: int, *, heard_of: bool = False, outgoing: bool = True, trunk: str = "A") -> TrunkCallEnded:
    return TrunkCallEnded(trunk, "1.1", outgoing, heard_of, cause)


class Watched:
    """A share with what it told, as (trunk, good)."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.share = TrunkShare(RULE, self.events.append)

    def calls(self, at: float, *causes: int) -> None:
        for cause in causes:
            self.share.heard(ended(cause), at)

    def told(self) -> list[tuple[str, bool]]:
        assert all(isinstance(e, TrunkSeen) and e.evidence is Evidence.SHARE for e in self.events)
        return [(e.trunk, e.good) for e in self.events if isinstance(e, TrunkSeen)]


def test_the_table_and_the_policys_default_name_the_same_causes() -> None:
    against = {cause for cause, (said, _) in CAUSES.items() if said is Verdict.AGAINST}
    assert against == set(ShareRule().causes)
    assert all(why for _, why in CAUSES.values())


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (ended(34), Verdict.AGAINST),
        (ended(38), Verdict.AGAINST),
        (ended(3), Verdict.AGAINST),
        (ended(34, heard_of=True), Verdict.CARRIED),  # it rang
        (ended(16, heard_of=True), Verdict.CARRIED),
        (ended(16), Verdict.NOTHING),  # whoever dialled gave up before it rang
        (ended(17), Verdict.CARRIED),
        (ended(19), Verdict.CARRIED),
        (ended(18), Verdict.NOTHING),
        (ended(21), Verdict.NOTHING),
        (ended(0), Verdict.NOTHING),
        (ended(127), Verdict.NOTHING),
        (ended(34, outgoing=False), Verdict.NOTHING),  # our own dial plan's word to a caller
    ],
)
def test_what_the_end_of_a_call_says(call: TrunkCallEnded, said: Verdict) -> None:
    assert verdict(call, frozenset(ShareRule().causes)) is said


def test_the_policys_causes_stand_over_the_table() -> None:
    assert verdict(ended(21), frozenset({21})) is Verdict.AGAINST
    assert verdict(ended(34), frozenset({21})) is Verdict.NOTHING


def test_it_is_bad_from_enough_calls_and_a_bad_share_on_and_says_so_once() -> None:
    watched = Watched()
    watched.calls(1.0, 34, 34, 17)
    assert watched.told() == []
    watched.calls(2.0, 17)
    assert watched.told() == [("A", False)]
    watched.calls(3.0, 34)
    assert watched.told() == [("A", False)]
    (seen,) = watched.events
    assert isinstance(seen, TrunkSeen)
    assert seen.detail == "2 of 4 calls out failed within 60 s"


def test_it_is_good_again_only_well_below_that_share() -> None:
    watched = Watched()
    watched.calls(1.0, 34, 34, 17, 17)
    watched.calls(2.0, 17, 17, 17)
    assert watched.told() == [("A", False)]  # 2 of 7
    watched.calls(3.0, 17)
    assert watched.told() == [("A", False), ("A", True)]  # 2 of 8


def test_a_trunk_that_nobody_dials_on_is_good_again_when_its_failed_calls_are_old() -> None:
    """While it is down no callback goes out on it; without this it would stay down for ever."""
    watched = Watched()
    watched.calls(1.0, 34, 34, 34, 34)
    watched.share.tick(60.9)
    assert watched.told() == [("A", False)]
    watched.share.tick(61.1)
    assert watched.told() == [("A", False), ("A", True)]
    watched.calls(62.0, 34, 34, 34, 34)
    assert watched.told()[-1] == ("A", False)


def test_trunks_are_counted_apart() -> None:
    watched = Watched()
    watched.calls(1.0, 34, 34, 34)
    watched.share.heard(ended(34, trunk="B"), 1.0)
    assert watched.told() == []


def test_what_stands_against_a_trunk_is_told_again_after_the_link_was_lost() -> None:
    watched = Watched()
    watched.share.say_again()
    assert watched.told() == []
    watched.calls(1.0, 34, 34, 34, 34)
    watched.share.say_again()
    assert watched.told() == [("A", False), ("A", False)]
