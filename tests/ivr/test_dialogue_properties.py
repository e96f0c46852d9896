"""What holds for every call, whatever comes in: it ends, nobody is trapped, nothing is promised that is not durable, and no tier
asks again what an earlier one has confirmed.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import cache

import pytest
from heard import NOW, OUTAGES, Heard, called_again
from hypothesis import given, settings
from hypothesis import strategies as st

from config.prompts import wordings
from ivr.dialogue import PASS, SETTLE, TABLE, Dialogue, Stage
from ivr.dialogue.asking import QUESTIONS
from ivr.dialogue.moving import NOTHING
from ivr.dialogue.reading import read
from ivr.lengths import Length
from ivr.policy import CallerPolicy, Region
from ivr.steps import (
    Admit,
    Admitted,
    Ask,
    Away,
    End,
    Input,
    Kept,
    Keys,
    Look,
    Next,
    NotKept,
    Play,
    Record,
    Recorded,
    Seen,
    SetFacts,
    Spool,
    Step,
)
from ivr.values import Asks, CallFacts, Left, PromiseSeen

OWN = "13912345678"
REGIONS = (Region("west", "1"), Region("east", "2"))
STATES = ("open", "claimed", "dialling", "talking", "cancelled", "done", "")
keys = st.one_of(
    st.sampled_from(["", "*", "0", "1", "2", "3", "4", "7", "8", "9", "13800001111", "88886666", "402913"]),
    st.sampled_from(["110", "0014155552671", "12", "18"]),
    st.text("0123456789*", max_size=16),
)
promises = st.builds(
    PromiseSeen,
    number=st.just(OWN),
    known=st.booleans(),
    state=st.sampled_from(STATES),
    due_at=st.sampled_from([None, NOW + timedelta(hours=1), NOW - timedelta(hours=1)]),
)
ANSWERS: Mapping[type[Step], st.SearchStrategy[Input]] = {
    Ask: st.builds(Keys, keys),
    Record: st.sampled_from([Recorded("1-1.wav", 5.0), Recorded("")]),
    Admit: st.builds(Admitted, st.booleans()),
    Look: st.one_of(st.just(Away()), st.builds(Seen, st.one_of(st.none(), promises))),
    Spool: st.sampled_from([Kept(), Kept(), NotKept()]),
}
calls = st.builds(
    CallFacts,
    unique_id=st.just("1.1"),
    scope=st.just("power"),
    language=st.sampled_from(["zh-CN", "en", "xx"]),
    message=st.sampled_from(["fault", "unanswered", "closed"]),
    own=st.sampled_from(["", OWN, "0014155552671"]),
    key=st.sampled_from(["", "0", "1", "2", "3", "8", "9", "*", "5"]),
    recovery_at=st.sampled_from([None, NOW + timedelta(hours=1), NOW - timedelta(hours=1)]),
    reference=st.sampled_from(["", "402913"]),
    length=st.sampled_from(["", *Length]),
    person=st.booleans(),
)
resumed = st.builds(
    replace,
    calls,
    tier=st.sampled_from([1, 2, 4]),
    number=st.sampled_from(["", OWN, "13800001111", "110", "0014155552671"]),
    source=st.sampled_from(["", "own", "keyed"]),
    wanted=st.booleans(),
    keyed=st.sampled_from(["", "13800001111", "402913", "88886666"]),
    matter=st.sampled_from(["", "fault", "unstated", "nonsense"]),
    region=st.sampled_from(["", "east", "nowhere"]),
    recording=st.sampled_from(["", "1-1.wav"]),
    spooled=st.booleans(),
    parts=st.integers(0, 2),
)
policies = st.builds(
    CallerPolicy,
    area_code=st.sampled_from(["", "0571"]),
    languages=st.sampled_from([("zh-CN",), ("zh-CN", "en")]),
    dialogue=st.sampled_from(["adaptive", *Length]),
    ask_matter=st.booleans(),
    max_tries=st.integers(1, 4),
    regions=st.sampled_from([(), REGIONS, (Region("west", "8"), Region("east", "18"))]),
    ask_message=st.booleans(),
    offer_notice=st.booleans(),
    danger_key=st.sampled_from(["8", ""]),
)
planned = st.sampled_from([(), OUTAGES])


def bound(tries: int) -> int:
    """As often as the first choice is put, and once before it: the menu, a number keyed for it and one for a change, each read
    back, references, the promise; then one number, matter, region, message, line and reference.
    """
    number = tries * (2 + tries)
    return (tries + 1) * (1 + tries + 1 + number + 2 * tries + tries + number) + number + 4 * tries + 6


def leads(stage: Stage) -> frozenset[Stage]:
    """Where a stage may lead when it is passed or settled, itself among it."""
    found: set[Stage] = set()
    new = {stage}
    while new:
        one = new.pop()
        found.add(one)
        to = (PASS[one].to if one in PASS else ()) + (SETTLE[one].to if one in SETTLE else ())
        new |= set(to) - found
    return frozenset(found)


@cache
def spoken_words() -> frozenset[str]:
    """What both languages have, and what is a site's own."""
    both = wordings("zh-CN").keys() & wordings("en").keys()
    return frozenset(both) | {"region-west", "region-east"}


class Invariants:
    """What is looked at in every move."""

    def __init__(self, heard: Heard) -> None:
        self.heard, self.seen = heard, 0
        self.kept = heard.dialogue.call.spooled
        self.confirmed: dict[str, str] = {}
        self.look()

    def look(self) -> None:
        steps, self.seen = self.heard.order[self.seen :], len(self.heard.order)
        for step in steps:
            if isinstance(step, Play | Ask | Record):
                assert spoken_words().issuperset(step.prompts), set(step.prompts) - spoken_words()
            if isinstance(step, Play) and any(
                p in ("promise", "promise-soon", "promise-open", "promise-short") for p in step.prompts
            ):
                assert self.kept, "promised before it was durable"
            if isinstance(step, SetFacts):
                self._keeps(dict(step.facts))

    def _keeps(self, facts: dict[str, str]) -> None:
        for name in ("HF_NUMBER", "HF_MATTER", "HF_REGION", "HF_RECORDING"):
            if facts.get(name):
                assert self.confirmed.setdefault(name, facts[name]) == facts[name], name

    def answer(self, given: Input) -> None:
        before = self.heard.dialogue
        row = TABLE[before.stage, read(before, given)]
        if isinstance(self.heard.last, Spool) and self.heard.last.left.part == 1 and given == Kept():
            self.kept = True
        self.heard.answer(given)
        reached = frozenset[Stage]().union(*(leads(stage) for stage in row.to))
        assert self.heard.dialogue.stage in reached, (before.stage, read(before, given))
        self.look()


@settings(max_examples=200, deadline=None)
@given(st.one_of(calls, resumed), policies, planned, st.data())
def test_every_path_ends_in_bounded_steps_whatever_comes_in(
    call: CallFacts, policy: CallerPolicy, outages: tuple[()], data: st.DataObject
) -> None:
    heard = Heard(call, policy, outages, admit=None)
    held, turns = Invariants(heard), 0
    while not heard.ended:
        held.answer(data.draw(ANSWERS[type(heard.last)]))
        turns += 1
        assert turns <= bound(policy.max_tries)
    last = heard.last
    assert isinstance(last, End)
    assert (heard.facts.get("HF_DONE") == "1") is last.done
    assert (heard.facts.get("HF_NEXT", "") == "") is (last.next is Next.TIER)
    assert len([line for line in heard.lines if line.asks is Asks.CALL]) <= 1
    assert len({line.part for line in heard.lines}) == len(heard.lines)
    assert all(line.wanted or not line.number for line in heard.lines if line.asks is Asks.CALL)


@pytest.mark.parametrize("stubborn", ["", "*", "7", "0", "9", "3", "2", "1", "99999999999999999"])
@pytest.mark.parametrize("tries", [1, 2, 5])
@settings(max_examples=8, deadline=None)
@given(call=calls, policy=policies, away=st.booleans())
def test_one_and_the_same_answer_for_ever_traps_nobody(
    stubborn: str, tries: int, call: CallFacts, policy: CallerPolicy, away: bool
) -> None:
    policy = replace(policy, max_tries=tries)
    machine: dict[type[Step], Input] = {
        Record: Recorded(""),
        Admit: Admitted(not away),
        Look: Away() if away else Seen(None),
        Spool: Kept(),
    }
    heard, turns = Heard(call, policy, OUTAGES, admit=None), 0
    while not heard.ended:
        heard.answer(machine.get(type(heard.last), Keys(stubborn)))
        turns += 1
        assert turns <= bound(tries)


@settings(max_examples=60, deadline=None)
@given(calls, policies, st.lists(keys, max_size=12))
def test_a_dialogue_depends_on_nothing_but_its_inputs(
    call: CallFacts, policy: CallerPolicy, answers: list[str]
) -> None:
    def run() -> Dialogue:
        heard = Heard(call, policy)
        for answer in answers:
            if not isinstance(heard.last, Ask):
                break
            heard.answer(answer)
        return heard.dialogue

    assert run() == run()


# -- the tables


def test_every_stage_but_the_last_is_either_a_question_or_answered_by_the_machine() -> None:
    asked = {stage for stage, _ in TABLE}
    assert asked == set(Stage) - {Stage.ENDED}
    assert set(SETTLE) == set(QUESTIONS)


@settings(max_examples=120, deadline=None)
@given(st.one_of(calls, resumed), policies, planned, st.data())
def test_rows_passes_and_settlements_lead_only_where_their_table_says(
    call: CallFacts, policy: CallerPolicy, outages: tuple[()], data: st.DataObject
) -> None:
    heard = Heard(call, policy, outages, admit=None)
    while not heard.ended:
        now, given = heard.dialogue, data.draw(ANSWERS[type(heard.last)])
        row = TABLE[now.stage, read(now, given)]
        moved = row.act(now, given, NOW)[0]
        assert moved.stage in row.to
        if now.stage in SETTLE:
            assert SETTLE[now.stage].act(now, NOTHING, NOW)[0].stage in SETTLE[now.stage].to
        if moved.stage in PASS and PASS[moved.stage].when(moved):
            assert PASS[moved.stage].act(moved, NOTHING, NOW)[0].stage in PASS[moved.stage].to
        heard.answer(given)


# -- another tier goes on


def begun(call: CallFacts) -> CallFacts:
    """With what the dial plan makes of a key in the phrase at once."""
    own = call.own if call.key == "1" else ""
    return replace(call, wanted=call.key in ("1", "2"), number=own, source="own" if own else "")


Script = Mapping[Stage, str]
scripts = st.fixed_dictionaries(
    {
        Stage.CHOICE: st.sampled_from(["1", "2", "3", ""]),
        Stage.KEYING: st.sampled_from(["13800001111", "88886666", ""]),
        Stage.CONFIRM: st.sampled_from(["1", ""]),
        Stage.MATTER: st.sampled_from(["2", "5", ""]),
        Stage.REGION: st.sampled_from(["1", "2", ""]),
        Stage.MESSAGE: st.sampled_from(["1", "2", ""]),
        Stage.MORE: st.sampled_from(["1", "3", ""]),
        Stage.REFERENCE: st.just("402913"),
        Stage.PROMISE: st.sampled_from(["1", "2", "3"]),
    }
)
OPEN = PromiseSeen(OWN, known=True, state="open")


def says(script: Script, records: bool) -> Callable[[Heard], Input]:
    """A caller of firm habits, and a machine that does what it should."""

    def answer(heard: Heard) -> Input:
        match heard.last:
            case Record(name=name):
                return Recorded(f"{name}.wav", 5.0) if records else Recorded("")
            case Look():
                return Seen(OPEN)
            case Admit():
                return Admitted()
            case Spool():
                return Kept()
        return Keys(script.get(heard.dialogue.stage, ""))

    return answer


def to_the_end(heard: Heard, answer: Callable[[Heard], Input]) -> Heard:
    while not heard.ended:
        heard.answer(answer(heard))
    return heard


def essence(lines: list[Left]) -> dict[int, Left]:
    """Part → line, the last one of each; which tier wrote it is no matter."""
    return {line.part: replace(line, tier=0) for line in lines}


ASKED_AGAIN = {
    "HF_NUMBER": {"offer", "offer-keyed", "offer-short", "offer-short-keyed", "enter-number", "read-back"},
    "HF_MATTER": {"matter"},
    "HF_REGION": {"region-intro"},
    "HF_RECORDING": {"ask-message", "leave-message"},
    "HF_SPOOLED": {"offer", "offer-short", "enter-number", "matter", "region-intro", "ask-message"},
}


@settings(max_examples=120, deadline=None)
@given(calls.map(begun), policies, scripts, st.booleans())
def test_whenever_a_tier_fails_the_next_one_asks_nothing_again_and_leaves_the_same(
    call: CallFacts, policy: CallerPolicy, script: Script, records: bool
) -> None:
    answer = says(script, records)
    whole = to_the_end(Heard(call, policy, admit=None), answer)
    cut = Heard(call, policy, admit=None)
    while True:
        again = Heard(called_again(call, cut.facts), policy, admit=None)
        told = {name for name, value in cut.facts.items() if value}
        to_the_end(again, answer)
        for name in told & ASKED_AGAIN.keys():
            assert not ASKED_AGAIN[name] & set(again.spoken), name
        assert essence(cut.lines + again.lines) == essence(whole.lines)
        if cut.ended or isinstance(cut.last, Spool):
            break
        cut.answer(answer(cut))


@settings(max_examples=60, deadline=None)
@given(calls.map(begun), policies, scripts)
def test_what_one_tier_could_not_keep_the_next_one_keeps_without_a_question(
    call: CallFacts, policy: CallerPolicy, script: Script
) -> None:
    answer = says(script, True)
    heard = Heard(call, policy, admit=None)
    while not heard.ended and not isinstance(heard.last, Spool):
        heard.answer(answer(heard))
    if heard.ended or heard.lines[0].asks is not Asks.CALL or not heard.left.number:
        return
    heard.answer(NotKept())
    again = Heard(called_again(call, heard.facts), policy, admit=None)
    assert replace(again.left, tier=1) == heard.left


@settings(max_examples=60, deadline=None)
@given(calls.map(begun), policies, scripts)
def test_a_line_that_is_durable_is_promised_by_the_next_tier_and_not_written_again(
    call: CallFacts, policy: CallerPolicy, script: Script
) -> None:
    answer = says(script, True)
    heard = Heard(call, policy, admit=None)
    while not heard.ended and not isinstance(heard.last, Spool):
        heard.answer(answer(heard))
    if heard.ended:
        return
    heard.answer(Kept())
    again = Heard(called_again(call, heard.facts), policy, admit=None)
    to_the_end(again, answer)
    assert again.lines == []
    assert again.facts["HF_DONE"] == "1"
    if heard.lines[0].asks is Asks.CALL:
        assert (again.facts.get("HF_PROMISED") == "1") is bool(heard.lines[0].number)
