"""Requirement G: every measure follows from raw records by a formula that is data. Vectors are worked by hand."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbacks.measures import (
    COUNTERS,
    HALF_HOUR,
    MEASURES,
    SERVICE_LEVELS,
    AgentSpan,
    AgentState,
    CallEnd,
    CallRecord,
    Row,
    Transfer,
    Unit,
    added,
    figures,
    half_hour_of,
    parts,
    rows_of,
    wait_sums,
)
from callbacks.measures.imports import Shift
from callbacks.measures.promises import PromiseCount, adherence_sums, promise_sums
from callbacks.measures.words import COUNTER_WORDS
from callbacks.policy import MeasurePolicy
from callbacks.values import PromiseState

START = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
POLICY = MeasurePolicy()
AGENT = "PJSIP/agent-1"


def call(number: int, end: CallEnd, wait: float | None, **more: object) -> CallRecord:
    at = START + timedelta(seconds=number)
    agent = AGENT if end is CallEnd.ANSWERED else ""
    return CallRecord(f"a:{number}#1", "a", "power", at, end, wait=wait, **({"agent": agent} | more))  # type: ignore[arg-type]


def span(state: AgentState, since: float, until: float, queue: str = "power", reason: str = "") -> AgentSpan:
    """since, until: minutes."""
    at = [START + timedelta(minutes=one) for one in (since, until)]
    site = state in (AgentState.SEEN, AgentState.FULL)
    return AgentSpan("a", "" if site else queue, "" if site else AGENT, state, at[0], at[1], reason)


def sums(
    records: list[CallRecord] | None = None,
    spans: list[AgentSpan] | None = None,
    policy: MeasurePolicy = POLICY,
) -> dict[str, float]:
    """Of all of them, each second of an agent once."""
    return sums_of(rows_of(records or [], spans or [], UTC), policy)


def sums_of(rows: dict, policy: MeasurePolicy = POLICY) -> dict[str, float]:  # type: ignore[type-arg]  # RowKey → Row
    apart = [
        {name: value for name, value in row.sums.items() if not (key.queue and name.endswith(TIMES))}
        for key, row in rows.items()
    ]
    waits = [
        (end, seconds, calls, waited)
        for row in rows.values()
        for (end, seconds), (calls, waited) in row.waits.items()
    ]
    return added((*apart, wait_sums(waits, policy.answer_in, policy.short_abandon)))


TIMES = ("idle_s", "ringing_s", "call_s", "after_s", "other_s", "paused_s", "away_s", "missed", "missed_s")


def told(of: dict[str, float], policy: MeasurePolicy = POLICY) -> dict[str, float | None]:
    return {one.measure.id: one.value for one in figures(of, policy)}


def hotline(answered: int, abandoned: int, answered_in: int, abandoned_in: int) -> list[CallRecord]:
    """So many calls; those in time waited for 20 s, which is still in time, the others for 20.1 s."""
    return [
        *(call(n, CallEnd.ANSWERED, 20.0 if n < answered_in else 20.1, talk=60.0) for n in range(answered)),
        *(call(n, CallEnd.ABANDONED, 20.0 if n < abandoned_in else 20.1) for n in range(abandoned)),
    ]


@pytest.mark.parametrize(
    ("formula", "share"),
    [
        ("offered", 860 / 1040),  # 1,000 + 60 − 20 = 1,040
        ("all", 860 / 1060),
        ("answered", 860 / 1000),
        ("in_time", 880 / 1060),  # 860 + 20 = 880
    ],
)
def test_the_service_level_of_the_check_vector(formula: str, share: float) -> None:
    """G: 1,000 answered, 60 abandoned, 860 answered in 20 s, 20 abandoned in 20 s."""
    policy = MeasurePolicy(formula=formula)
    counted = sums(hotline(1000, 60, 860, 20))
    assert told(counted, policy)["service_level"] == pytest.approx(share)
    if formula == "offered":
        assert f"{share:.1%}" == "82.7%"
        (level,) = (one for one in figures(counted, policy) if one.measure.id == "service_level")
        assert level.measure.worked(counted) == "860 ÷ (1,000 + 60 − 20)"
        assert (
            level.measure.formula("en", policy)
            == "answered in 20 s ÷ (answered + abandoned − abandoned in 20 s)"
        )
        assert level.measure.formula("zh-CN", policy) == "20 秒内接通数 ÷ (接通数 + 放弃数 − 20 秒内放弃数)"


def test_short_abandons_are_left_out_of_abandonment() -> None:
    figure = told(sums(hotline(1000, 60, 860, 20)))
    assert figure["abandonment"] == pytest.approx(40 / 1040)  # (60 − 20) ÷ (1,060 − 20)
    assert figure["time_to_abandon"] == pytest.approx(20.1)  # 40 × 20.1 s ÷ 40
    assert figure["answered_share"] == pytest.approx(1000 / 1060)


def test_the_seconds_can_be_chosen_after_the_calls() -> None:
    counted = sums(hotline(10, 4, 5, 3), policy=MeasurePolicy(answer_in=21, short_abandon=5))
    assert (counted["answered_in"], counted["abandoned_in"], counted["short"]) == (10, 4, 0)


def test_times_of_calls_worked_by_hand() -> None:
    figure = told(
        sums(
            [
                call(1, CallEnd.ANSWERED, 10.0, ring=4.0, talk=100.0, hold=20.0, rang_after=6.0),
                call(2, CallEnd.ANSWERED, 4.0, ring=2.0, talk=50.0, rang_after=0.5, transfer=Transfer.BLIND),
                call(3, CallEnd.ABANDONED, 40.0),
                call(4, CallEnd.LEFT, 30.0),
                call(5, CallEnd.UNKNOWN, None, cut=True),
            ],
            [
                span(AgentState.IDLE, 0, 10),
                span(AgentState.CALL, 10, 15),
                span(AgentState.AFTER_CALL, 15, 16),
            ],
        )
    )
    assert figure["total"] == 5
    assert figure["asa"] == 7.0  # (10 + 4) ÷ 2
    assert figure["in_queue"] == 21.0  # (10 + 4 + 40 + 30) ÷ 4
    assert figure["talk"] == 75.0  # (100 + 50) ÷ 2
    assert figure["hold"] == 10.0  # 20 ÷ 2
    assert figure["ring"] == 3.0  # (4 + 2) ÷ 2
    assert figure["queued_share"] == pytest.approx(
        3 / 5
    )  # the second rang at once, of the fifth nobody knows
    assert figure["transfer_share"] == 0.5
    assert figure["after_call"] == 30.0  # 60 s ÷ 2
    assert figure["handling"] == 115.0  # (150 + 20 + 60) ÷ 2
    assert figure["occupancy"] == pytest.approx(5 / 15)  # 5 min ÷ (5 + 10)
    assert figure["per_hour"] == pytest.approx(2 / (16 / 60))  # 2 calls in 16 minutes at work
    assert figure["unknown"] == 1


def test_a_callback_is_never_an_abandoned_call_nor_a_call_of_a_caller() -> None:
    records = [
        call(1, CallEnd.ABANDONED, 30.0, callback="7-1-1"),
        call(2, CallEnd.ANSWERED, 3.0, callback="8-1-1", talk=60.0),
        call(3, CallEnd.ANSWERED, 3.0, talk=30.0),
    ]
    counted = sums(records, [span(AgentState.CALL, 0, 2)])
    assert (counted["total"], counted.get("abandoned", 0), counted["answered"]) == (1, 0, 1)
    assert (counted["callbacks"], counted["callbacks_taken"]) == (2, 1)
    assert told(counted)["handling"] == 45.0  # (60 + 30) ÷ 2: the agent was busy with both


def test_a_call_that_goes_on_is_not_counted_yet() -> None:
    assert rows_of([call(1, CallEnd.WAITING, None), call(2, CallEnd.TALKING, 3.0)], [], UTC) == {}


def test_percent_busies_are_the_time_with_every_line_in_use_and_said_to_be_an_estimate() -> None:
    counted = sums(spans=[span(AgentState.SEEN, 0, 30), span(AgentState.FULL, 3, 6)])
    (figure,) = (one for one in figures(counted, POLICY) if one.measure.id == "busy_estimate")
    assert figure.value == pytest.approx(3 / 30)
    assert figure.measure.estimate
    assert told(sums())["busy_estimate"] is None, "nobody looked"


def test_a_pause_whose_reason_says_so_is_work_after_a_call() -> None:
    counted = sums(
        spans=[span(AgentState.PAUSED, 0, 2, reason="话后"), span(AgentState.PAUSED, 2, 5, reason="午休")]
    )
    assert (counted["after_s"], counted["paused_s"]) == (120, 180)


def test_an_agent_of_two_queues_is_counted_once_over_all_and_in_each() -> None:
    spans = [
        span(AgentState.IDLE, 0, 10),
        span(AgentState.IDLE, 0, 4, "billing"),
        span(AgentState.CALL, 4, 8, "billing"),
        span(AgentState.PAUSED, 8, 10, "billing"),
        span(AgentState.MISSED, 1, 2, "billing"),
    ]
    counted = sums(spans=spans)
    assert (counted["idle_s"], counted["call_s"]) == (
        360,
        240,
    )  # with a caller from 4 to 8, else free in one of them
    assert counted["missed"] == 1
    rows = rows_of([], spans, UTC)
    assert {key.queue: row.sums["idle_s"] for key, row in rows.items()} == {
        "power": 600,
        "billing": 240,
        "": 360,
    }


# -- callbacks


def promise(state: PromiseState, **more: object) -> PromiseCount:
    usual: dict[str, object] = {
        "created_at": START, "scope": "power", "agent": "", "incident": "", "state": state, "adopted": False,
        "first_at": None, "first_by": START + timedelta(days=1), "attempts": 0, "reached": 0, "tries": 0,
    }  # fmt: skip
    return PromiseCount(**(usual | more))  # type: ignore[arg-type]  # fields by name


def test_callback_measures_worked_by_hand() -> None:
    hour, late = START + timedelta(hours=1), START + timedelta(days=2)
    figure = told(
        promise_sums(
            [
                promise(PromiseState.DONE, first_at=hour, attempts=1, reached=1, tries=1),
                promise(PromiseState.DONE, first_at=hour, attempts=4, reached=2, tries=5),
                promise(PromiseState.UNREACHABLE, first_at=late, attempts=3, tries=3),
                promise(PromiseState.DONE, adopted=True),
                promise(PromiseState.CANCELLED),
                promise(PromiseState.MERGED),
                promise(PromiseState.OPEN),
                promise(PromiseState.REFUSED),
            ],
            late,
        )
    )
    assert figure["promises"] == 7, "one was merged"
    assert figure["merged"] == 1
    assert figure["punctuality"] == pytest.approx(2 / 4)  # two in time, one late, one still owed
    assert figure["first_attempt"] == pytest.approx((3600 + 3600 + 2 * 86400) / 3)
    assert figure["contact_share"] == pytest.approx(2 / 3)
    assert figure["attempts_per_success"] == pytest.approx(8 / 2)  # 1 + 4 + 3 attempts for two that were done
    assert figure["first_call_resolution"] == 0.5
    assert figure["expired"] == 1
    assert figure["never_dialled"] == 1, "refused without a call; who got through or cancelled is none"


def test_what_is_not_owed_yet_is_neither_in_time_nor_late() -> None:
    counted = promise_sums([promise(PromiseState.OPEN)], START + timedelta(hours=2))
    assert told(counted)["punctuality"] is None


def test_adherence_is_the_share_of_the_roster_signed_in_and_not_paused() -> None:
    shifts = [Shift(AGENT, START, START + timedelta(minutes=20))]
    spans = [
        span(AgentState.IDLE, 5, 10),
        span(AgentState.CALL, 10, 12),
        span(AgentState.PAUSED, 12, 16, reason="午休"),
        span(AgentState.IDLE, 16, 30),
        span(AgentState.IDLE, 5, 10, "billing"),  # the same five minutes
    ]
    counted = adherence_sums(shifts, spans, START + timedelta(hours=1))[AGENT]
    assert counted == {"rostered_s": 1200, "adhered_s": 660}  # 5 + 2 + 4 of 20 minutes
    assert adherence_sums(shifts, spans, START) == {}, "the shift has not begun"


# -- the table of formulas


def test_every_formula_is_made_of_known_counters_and_has_words_in_both_languages() -> None:
    for measure in (*MEASURES, *SERVICE_LEVELS.values()):
        for term in (*measure.over, *measure.under, *measure.needs):
            assert term.removeprefix("-") in COUNTER_WORDS, term
        for language in ("zh-CN", "en"):
            assert measure.words(language)
            assert "{" not in measure.formula(language, POLICY)
    assert len({one.id for one in MEASURES}) == len(MEASURES)
    assert set(COUNTERS) <= set(COUNTER_WORDS)


# -- half hours


def test_half_hours_are_those_of_the_sites_clocks() -> None:
    at = datetime(2026, 11, 21, 2, 44, 59, tzinfo=UTC)
    assert half_hour_of(at, SHANGHAI) == datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
    kathmandu = ZoneInfo("Asia/Kathmandu")  # 5:45 ahead: 8:29:59 there
    assert half_hour_of(at, kathmandu) == datetime(2026, 11, 21, 2, 15, tzinfo=UTC)
    with pytest.raises(ValueError, match="naive"):
        half_hour_of(at.replace(tzinfo=None), UTC)


def test_a_half_hour_that_clocks_repeat_is_two() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    first, again = datetime(2026, 10, 25, 0, 10, tzinfo=UTC), datetime(2026, 10, 25, 1, 10, tzinfo=UTC)
    assert first.astimezone(berlin).time() == again.astimezone(berlin).time()
    assert half_hour_of(again, berlin) - half_hour_of(first, berlin) == timedelta(hours=1)


ZONES = st.sampled_from([UTC, SHANGHAI, ZoneInfo("Asia/Kathmandu"), ZoneInfo("America/St_Johns")])
SECONDS = st.floats(0, 90_000, allow_nan=False)


@given(SECONDS, SECONDS, ZONES)
def test_a_span_is_its_parts_and_each_lies_within_a_half_hour(
    since: float, length: float, zone: ZoneInfo
) -> None:
    whole = span(AgentState.IDLE, since / 60, (since + length) / 60)
    cut = list(parts(whole, zone))
    assert sum(one.seconds for one in cut) == pytest.approx(whole.seconds, abs=1e-4)
    assert all(half_hour_of(one.since, zone) + HALF_HOUR >= one.until for one in cut)
    assert all(one.until == after.since for one, after in pairwise(cut))


CALLS = st.lists(
    st.builds(
        lambda number, end, wait, talk, hold, callback, short: call(
            number,
            end,
            wait,
            talk=talk if end is CallEnd.ANSWERED else None,
            hold=hold if end is CallEnd.ANSWERED else 0.0,
            callback=callback,
            rang_after=short,
        ),
        st.integers(0, 80_000),
        st.sampled_from([CallEnd.ANSWERED, CallEnd.ABANDONED, CallEnd.LEFT]),
        st.floats(0, 300, allow_nan=False),
        st.floats(0, 900, allow_nan=False),
        st.floats(0, 60, allow_nan=False),
        st.sampled_from(["", "", "9-1-1"]),
        st.one_of(st.none(), st.floats(0, 20, allow_nan=False)),
    ),
    max_size=60,
)


@given(CALLS)
def test_shares_lie_between_0_and_1_and_nothing_is_negative(records: list[CallRecord]) -> None:
    counted = sums(records, [span(AgentState.IDLE, 0, 10), span(AgentState.CALL, 10, 15)])
    for formula in SERVICE_LEVELS:
        for one in figures(counted, MeasurePolicy(formula=formula)):
            if one.value is not None:
                assert one.value >= -1e-9, one.measure.id
                assert one.measure.unit is not Unit.SHARE or one.value <= 1 + 1e-9, one.measure.id


@given(CALLS, ZONES)
def test_half_hours_add_up_to_the_day_and_to_the_raw_records(
    records: list[CallRecord], zone: ZoneInfo
) -> None:
    rows = rows_of(records, [], zone)
    apart: dict[datetime, dict[object, Row]] = {}
    for key, row in rows.items():
        apart.setdefault(key.start, {})[key] = row
    of_half_hours = added((sums_of({}), *(sums_of(some) for some in apart.values())))
    whole = sums_of(rows)
    assert of_half_hours == pytest.approx(whole)
    own = [one for one in records if not one.callback]
    assert whole.get("total", 0) == len(own)
    for end in (CallEnd.ANSWERED, CallEnd.ABANDONED, CallEnd.LEFT):
        assert whole.get(end.value, 0) == sum(one.end is end for one in own)
    assert whole.get("wait_s", 0) == pytest.approx(sum(one.wait or 0 for one in own))
