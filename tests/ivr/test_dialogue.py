"""The dialogue as a table: what is asked, what is kept, and that every call ends."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.dialogue import TABLE, Answer, Dialogue, Stage, UnknownAnswer, advance, start
from ivr.policy import CallerPolicy
from ivr.steps import Ask, End, Input, Kept, Keys, NotKept, Play, SetFacts, SetLanguage, Spool, Step
from ivr.values import CallFacts, Left

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
POLICY = CallerPolicy(area_code="0571")
CALL = CallFacts("1.1", "power", "zh-CN", "fault", caller_id="13912345678", own="13912345678")
WITHHELD = replace(CALL, caller_id="", own="")


class Heard:
    """Plays a whole dialogue and remembers everything."""

    def __init__(self, call: CallFacts = CALL, policy: CallerPolicy = POLICY) -> None:
        self.facts: dict[str, str] = {}
        self.order: list[Step] = []
        self.dialogue, steps = start(call, policy, SHANGHAI, NOW)
        self._take(steps)

    def answer(self, *answers: str | Input) -> "Heard":
        for answer in answers:
            given = Keys(answer) if isinstance(answer, str) else answer
            self.dialogue, steps = advance(self.dialogue, given, NOW)
            self._take(steps)
        return self

    def _take(self, steps: tuple[Step, ...]) -> None:
        self.order += steps
        for step in steps:
            if isinstance(step, SetFacts):
                self.facts |= dict(step.facts)

    @property
    def asked(self) -> tuple[str, ...]:
        last = self.order[-1]
        return last.prompts if isinstance(last, Ask) else ()

    @property
    def left(self) -> Left:
        (spool,) = [step for step in self.order if isinstance(step, Spool)]
        return spool.left

    @property
    def spoken(self) -> list[str]:
        return [p for step in self.order if isinstance(step, Play | Ask) for p in step.prompts]


def test_one_key_in_the_phrase_leads_straight_to_the_matter() -> None:
    heard = Heard(replace(CALL, key="1"))
    assert heard.asked == ("matter",)
    assert heard.facts == {}  # the dialplan has set them when the key came


def test_a_number_settled_in_the_dialogue_becomes_variables_at_once() -> None:
    heard = Heard().answer("1")
    assert heard.facts == {"HF_WANTED": "1", "HF_NUMBER": "13912345678", "HF_SOURCE": "own"}


def test_a_caller_id_in_another_form_is_put_into_the_form_that_is_dialled() -> None:
    assert Heard(replace(CALL, own="+8613912345678", key="1")).facts["HF_NUMBER"] == "13912345678"


def test_express_asks_nothing_after_the_key() -> None:
    heard = Heard(replace(CALL, key="1"), replace(POLICY, dialogue="express"))
    assert isinstance(heard.order[-1], Spool)
    assert (heard.left.number, heard.left.matter, heard.left.wanted) == ("13912345678", "unstated", True)


def test_the_line_is_durable_before_anything_is_promised() -> None:
    heard = Heard(replace(CALL, key="1")).answer("2", Kept())
    kinds = [type(step) for step in heard.order]
    assert kinds.index(Spool) < kinds.index(Play)
    assert heard.order[-3:] == [
        Play(("promise",)),
        SetFacts((("HF_PROMISED", "1"), ("HF_DONE", "1"))),
        End(done=True),
    ]


def test_what_cannot_be_kept_is_not_promised_and_left_to_the_next_tier() -> None:
    heard = Heard(replace(CALL, key="1")).answer("2", NotKept())
    assert heard.order[-1] == End(done=False)
    assert "promise" not in heard.spoken
    assert "HF_SPOOLED" not in heard.facts
    assert "HF_DONE" not in heard.facts


@pytest.mark.parametrize(
    ("key", "matter"),
    [("1", "fault"), ("2", "bill"), ("3", "complaint"), ("4", "tipoff"), ("5", "question")],
)
def test_c1_each_matter_has_its_key(key: str, matter: str) -> None:
    heard = Heard(replace(CALL, key="1")).answer(key)
    assert heard.left.matter == matter
    assert heard.facts["HF_MATTER"] == matter


def test_c5_a_keyed_number_is_read_back_until_confirmed() -> None:
    heard = Heard(WITHHELD).answer("2", "13800001111")
    digits = tuple(f"digit-{d}" for d in "13800001111")
    assert heard.asked == ("read-back", *digits, "confirm")
    assert "HF_NUMBER" not in heard.facts
    assert heard.answer("2").asked == ("enter-number",)
    assert heard.facts["HF_KEYED"] == ""  # no other tier takes it up
    heard.answer("13900002222", "1")
    assert heard.facts["HF_NUMBER"] == "13900002222"
    assert heard.answer("1").left.source == "keyed"


def test_a_local_number_gets_the_sites_area_code_and_is_read_back_with_it() -> None:
    assert "digit-5" in Heard(WITHHELD).answer("2", "88886666").asked
    assert Heard(WITHHELD).answer("2", "88886666", "1", "1").left.number == "057188886666"


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("139123", "number-refused"),
        ("110", "number-refused"),
        ("139123456", "number-invalid"),
        ("0014155552671", "number-refused"),
        ("057116812345", "number-refused"),
    ],
)
def test_what_may_not_be_dialled_is_refused_at_capture_with_a_reason(number: str, reason: str) -> None:
    assert Heard().answer("2", number).asked == (reason, "enter-number")


def test_a_caller_id_that_may_not_be_dialled_is_taken_back_and_a_number_asked_for() -> None:
    heard = Heard(replace(CALL, own="0014155552671", key="1"))
    assert heard.facts["HF_NUMBER"] == ""
    assert heard.facts["HF_OWN"] == ""
    assert heard.asked == ("enter-number",)


def test_a_withheld_number_is_offered_keying_only() -> None:
    assert Heard(WITHHELD).asked == ("offer-keyed",)
    assert Heard(WITHHELD).answer("1").asked == ("enter-number",)


def test_b2_a_known_recovery_time_is_said_once_with_day_hour_and_minute() -> None:
    heard = Heard(replace(CALL, recovery_at=NOW + timedelta(hours=4, minutes=30)))
    assert heard.asked == ("recovery-at", "today", "hour-14", "minute-30", "offer")
    assert "recovery-at" not in heard.answer("*").asked


def test_b2_who_chose_in_the_phrase_hears_the_recovery_time_with_the_promise() -> None:
    call = replace(CALL, key="1", language="en", recovery_at=NOW + timedelta(days=1))
    heard = Heard(call).answer("1", Kept())
    assert Play(("recovery-at", "hour-10", "minute-0", "tomorrow")) in heard.order


def test_a_recovery_time_that_is_over_is_not_announced() -> None:
    assert Heard(replace(CALL, recovery_at=NOW - timedelta(minutes=1))).asked == ("offer",)


def test_nine_changes_the_language_and_says_the_message_again() -> None:
    heard = Heard().answer("9")
    assert SetLanguage("en") in heard.order
    assert heard.facts["HF_LANG"] == "en"
    assert heard.asked == ("message-fault", "offer")
    assert heard.answer("1", "1").left.language == "en"


def test_nine_is_a_wrong_key_where_there_is_one_language() -> None:
    assert Heard(policy=replace(POLICY, languages=("zh-CN",))).answer("9").asked == ("wrong-key", "offer")


def test_a_star_repeats_and_a_wrong_key_is_named() -> None:
    assert Heard().answer("*").asked == ("offer",)
    assert Heard().answer("7").asked == ("wrong-key", "offer")


def test_silence_to_the_end_takes_the_own_number_and_says_so() -> None:
    heard = Heard().answer("", "", "", Kept())
    assert (heard.left.number, heard.left.source, heard.left.wanted) == ("13912345678", "own", True)
    assert "own-number" in heard.spoken


def test_silence_without_a_number_is_written_down_and_told_that_nothing_can_be_promised() -> None:
    heard = Heard(WITHHELD).answer("", "", "", Kept())
    assert (heard.left.number, heard.left.wanted, heard.left.promised) == ("", False, False)
    assert heard.spoken[-1] == "no-number"
    assert heard.facts["HF_DONE"] == "1"


def test_a_number_that_was_read_back_and_not_objected_to_stands() -> None:
    assert Heard(WITHHELD).answer("2", "13800001111", "", "", "").left.number == "13800001111"


def test_a_number_called_wrong_is_never_kept() -> None:
    heard = Heard(WITHHELD).answer("2", "13800001111", "2", "13800001111", "2", "13800001111", "2")
    assert heard.left.number == ""
    assert heard.left.wanted


def test_the_promise_to_one_whom_only_the_queue_let_go_speaks_of_no_fault() -> None:
    heard = Heard(replace(CALL, message="unanswered", key="1")).answer("1", Kept())
    assert Play(("promise-soon",)) in heard.order


def test_an_answer_that_was_not_asked_for_is_refused_and_names_both() -> None:
    with pytest.raises(UnknownAnswer, match=r"kept.*choice"):
        advance(Heard().dialogue, Kept(), NOW)


def test_every_stage_that_asks_has_a_row_for_silence_and_repeat() -> None:
    asking = set(Stage) - {Stage.SPOOLING, Stage.ENDED}
    assert {s for s, a in TABLE if a is Answer.SILENCE} == asking
    assert {s for s, a in TABLE if a is Answer.REPEAT} == asking


# -- properties

keyed = st.one_of(
    st.sampled_from(["", "*", "1", "2", "9", "7", "13800001111", "88886666", "110", "0014155552671"]),
    st.text("0123456789*", max_size=16),
)
calls = st.builds(
    CallFacts,
    unique_id=st.just("1.1"),
    scope=st.just("power"),
    language=st.sampled_from(["zh-CN", "en", "xx"]),
    message=st.sampled_from(["fault", "unanswered"]),
    own=st.sampled_from(["", "13912345678", "0014155552671"]),
    key=st.sampled_from(["", "1", "2", "9", "*", "5"]),
    recovery_at=st.sampled_from([None, NOW + timedelta(hours=1), NOW - timedelta(hours=1)]),
)
policies = st.builds(
    CallerPolicy,
    languages=st.sampled_from([("zh-CN",), ("zh-CN", "en")]),
    dialogue=st.sampled_from(["full", "express"]),
    ask_matter=st.booleans(),
    max_tries=st.integers(1, 4),
)


def bound(policy: CallerPolicy) -> int:
    """Choosing, then as many rounds of keying and confirming as there are tries, then the matter and the spool."""
    return policy.max_tries * (3 + 2 * policy.max_tries) + 2


@given(calls, policies, st.lists(keyed, min_size=80, max_size=80), st.booleans())
def test_every_path_ends_in_bounded_steps_and_keeps_what_was_confirmed(
    call: CallFacts, policy: CallerPolicy, answers: list[str], durable: bool
) -> None:
    heard = Heard(call, policy)
    confirmed: dict[str, str] = {}
    turns = 0
    while not isinstance(heard.order[-1], End):
        spooling = isinstance(heard.order[-1], Spool)
        heard.answer((Kept() if durable else NotKept()) if spooling else answers[turns])
        for name in ("HF_NUMBER", "HF_MATTER"):
            if heard.facts.get(name):
                assert confirmed.setdefault(name, heard.facts[name]) == heard.facts[name]
        turns += 1
        assert turns <= bound(policy)
    left, done = heard.left, heard.order[-1] == End(done=True)
    assert done is durable
    in_phrase = call.own if call.key == "1" and call.own == "13912345678" else ""
    assert left.number == confirmed.get("HF_NUMBER", in_phrase)
    assert (heard.facts.get("HF_DONE") == "1") is durable
    assert left.wanted or not left.number


@given(calls, policies, st.lists(keyed, max_size=12))
def test_a_dialogue_depends_on_nothing_but_its_inputs(
    call: CallFacts, policy: CallerPolicy, answers: list[str]
) -> None:
    def run() -> Dialogue:
        heard = Heard(call, policy)
        for answer in answers:
            if not isinstance(heard.order[-1], Ask):
                break
            heard.answer(answer)
        return heard.dialogue

    assert run() == run()


@pytest.mark.parametrize(
    ("message", "promise"),
    [("fault", "promise"), ("degraded", "promise"), ("surge", "promise-soon"), ("closed", "promise-open")],
)
def test_b4_what_is_promised_fits_what_the_caller_was_told(message: str, promise: str) -> None:
    heard = Heard(replace(CALL, message=message, key="1")).answer("1", Kept())
    assert Play((promise,)) in heard.order


def test_the_time_since_which_he_waited_goes_with_what_he_leaves() -> None:
    since = NOW - timedelta(minutes=7)
    assert Heard(replace(CALL, key="1", waited_since=since)).answer("1").left.waited_since == since
