"""Every measure of requirement G as a row of MEASURES: its formula is data, so that what is shown is what is computed.

A figure is ``times`` × (sum of ``over``) ÷ (sum of ``under``), or the sum of ``over`` alone. One whose ``under`` is 0 is not
there: nobody waited is no waiting time of 0.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from callbacks.measures.tally import Sums
from callbacks.measures.words import COUNTER_WORDS, Words
from callbacks.policy import MeasurePolicy

Said = Callable[[str], str]  # how a counter is written: its words, or its number


class Unit(StrEnum):
    """What a figure is counted in."""

    NUMBER = "number"
    SHARE = "share"  # 0 to 1, shown as per cent
    SECONDS = "seconds"
    RATE = "rate"  # a number with two places


@dataclass(frozen=True, slots=True)
class Measure:
    """One row. group: of GROUPS. over, under: names of counters; one with a "-" before it is taken off.

    by: what it can be told by, beside time; a measure of agents' time says nothing of an incident. note: what to know of it.
    estimate: seen from inside, and not the whole truth. needs: where none of these was counted there is no figure: nobody
    looked.
    """

    id: str
    group: str
    words: Words
    unit: Unit
    over: tuple[str, ...]
    under: tuple[str, ...] = ()
    times: float = 1.0
    by: frozenset[str] = frozenset({"queue", "agent", "incident"})
    note: Words | None = None
    estimate: bool = False
    needs: tuple[str, ...] = ()

    def value(self, sums: Sums) -> float | None:
        """The figure; None where nothing is there to divide by, or where a time is asked for that was not seen."""
        if self.needs and not any(sums.get(name, 0.0) > 0 for name in self.needs):
            return None
        over = _sum(sums, self.over)
        if not self.under:
            return over * self.times
        under = _sum(sums, self.under)
        return None if under <= 0 else self.times * over / under

    def formula(self, language: str, policy: MeasurePolicy) -> str:
        """In words, e.g. "answered ÷ calls"."""
        return self._said(lambda name: _words(name, language, policy))

    def worked(self, sums: Sums) -> str:
        """The same with the numbers put in, e.g. "860 ÷ (1,000 + 60 − 20)"."""
        return self._said(lambda name: _number(sums.get(name, 0.0)))

    def _said(self, say: Said) -> str:
        over = _terms(self.over, say, bool(self.under) or self.times != 1)
        times = f"{self.times:,g} × " if self.times != 1 else ""
        return f"{times}{over} ÷ {_terms(self.under, say, True)}" if self.under else f"{times}{over}"


@dataclass(frozen=True, slots=True)
class Figure:
    """A measure with its value; None: nothing is there to say it of."""

    measure: Measure
    value: float | None
    sums: Sums


def _words(name: str, language: str, policy: MeasurePolicy) -> str:
    return COUNTER_WORDS[name](language).format(
        answer_in=f"{policy.answer_in:g}", short=f"{policy.short_abandon:g}"
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) or value >= 1e5 else f"{value:,.1f}"


def _sum(sums: Sums, terms: tuple[str, ...]) -> float:
    return sum(-sums.get(term[1:], 0.0) if term.startswith("-") else sums.get(term, 0.0) for term in terms)


def _terms(terms: tuple[str, ...], say: Said, inside: bool) -> str:
    text = ""
    for term in terms:
        sign = " − " if term.startswith("-") else " + "
        text += (sign if text else "") + say(term.removeprefix("-"))
    return f"({text})" if inside and len(terms) > 1 else text


CALLS_BY, TIME_BY, SITE_BY, BOOK_BY, CARRIER_BY = (
    frozenset({"queue", "agent", "incident"}),
    frozenset({"queue", "agent"}),
    frozenset[str](),
    frozenset({"queue", "agent", "incident"}),
    frozenset({"carrier"}),
)
NO_AGENT = frozenset({"queue", "incident"})  # who abandoned was nobody's caller yet

SERVICE_LEVELS: Mapping[str, Measure] = {
    "offered": Measure(
        "service_level", "calls", Words("服务水平", "Service level"), Unit.SHARE,
        ("answered_in",), ("answered", "abandoned", "-abandoned_in"), by=NO_AGENT,
        note=Words("分母不含 T 秒内放弃者", "who abandoned within T is left out"),
    ),
    "all": Measure(
        "service_level", "calls", Words("服务水平", "Service level"), Unit.SHARE,
        ("answered_in",), ("answered", "abandoned"), by=NO_AGENT,
        note=Words("分母含全部放弃者", "everybody who abandoned counts"),
    ),
    "answered": Measure(
        "service_level", "calls", Words("服务水平", "Service level"), Unit.SHARE,
        ("answered_in",), ("answered",), by=CALLS_BY,
        note=Words("只看已接通的呼叫", "of the calls that were answered"),
    ),
    "in_time": Measure(
        "service_level", "calls", Words("服务水平", "Service level"), Unit.SHARE,
        ("answered_in", "abandoned_in"), ("answered", "abandoned"), by=NO_AGENT,
        note=Words("T 秒内放弃者算作已服务", "who abandoned within T counts as served"),
    ),
}  # fmt: skip
"""The formulas to choose from; the policy's ``measures.formula`` is one of the keys."""

_CALLBACK_NOTE = Words("我们回拨的呼叫不在其中", "calls that we made back are not among them")
_AT_WORK = ("idle_s", "ringing_s", "call_s", "after_s", "other_s")
_HANDLED = ("answered", "callbacks_taken")

MEASURES: tuple[Measure, ...] = (
    Measure("total", "calls", Words("呼入总数", "Total calls"), Unit.NUMBER, ("total",), note=_CALLBACK_NOTE, by=NO_AGENT),
    Measure("answered", "calls", Words("接通数", "Answered"), Unit.NUMBER, ("answered",)),
    Measure("answered_share", "calls", Words("接通率", "Answered share"), Unit.SHARE, ("answered",), ("total",), by=NO_AGENT),
    SERVICE_LEVELS["offered"],
    Measure(
        "abandonment", "calls", Words("放弃率", "Abandonment"), Unit.SHARE,
        ("abandoned", "-short"), ("total", "-short"), by=NO_AGENT,
        note=Words("短时放弃不计;回拨从不算放弃", "short abandons are left out; a callback never counts as abandoned"),
    ),
    Measure(
        "time_to_abandon", "calls", Words("平均放弃时间", "Average time to abandon"), Unit.SECONDS,
        ("abandoned_wait_s", "-short_wait_s"), ("abandoned", "-short"), by=NO_AGENT,
    ),
    Measure("left", "calls", Words("转留言或超时离队", "Left the queue otherwise"), Unit.NUMBER, ("left",), by=NO_AGENT,
            note=Words("留号、超时或无座席;不是放弃", "to leave a number, time over or no agent left; not abandoned")),
    Measure("asa", "calls", Words("平均应答速度", "Average speed of answer"), Unit.SECONDS,
            ("answered_wait_s",), ("answered_waited",)),
    Measure("in_queue", "calls", Words("平均排队时间", "Average time in queue"), Unit.SECONDS,
            ("wait_s",), ("waited",), by=NO_AGENT),
    Measure("queued_share", "calls", Words("排队率", "Share queued"), Unit.SHARE, ("queued",), ("total",), by=NO_AGENT,
            note=Words("1 秒内没有座席话机振铃即为排队", "queued: no agent's phone rang within 1 s")),
    Measure("talk", "calls", Words("平均通话时间", "Average talk"), Unit.SECONDS, ("talk_s",), ("talked",),
            note=Words("不含保持", "without hold")),
    Measure("hold", "calls", Words("平均保持时间", "Average hold"), Unit.SECONDS, ("hold_s",), ("talked",)),
    Measure("ring", "calls", Words("平均振铃时间", "Average ring time"), Unit.SECONDS, ("ring_s",), ("rung",)),
    Measure("transfer_share", "calls", Words("转接率", "Transfer share"), Unit.SHARE, ("transferred",), ("answered",)),
    Measure("unknown", "calls", Words("结局未见", "End not seen"), Unit.NUMBER, ("unknown",), by=NO_AGENT,
            note=Words("链路中断时的呼叫;不作猜测", "calls during which the link was lost; nothing is guessed of them")),
    Measure(
        "busy_estimate", "lines", Words("呼损率(估计)", "Percent busies (estimate)"), Unit.SHARE,
        ("full_s",), ("seen_s",), by=SITE_BY, estimate=True,
        note=Words("估计:运营商在外面拒绝的呼叫从里面看不见;以全部中继占满的时间占比估计",
                   "an estimate: what the carrier refuses is invisible from inside; the share of time with every line in use"),
    ),
    Measure("busy_share", "lines", Words("呼损率(运营商记录)", "Percent busies (carrier's records)"), Unit.SHARE,
            ("refused_lines",), ("offered_lines",), by=CARRIER_BY,
            note=Words("来自导入的运营商记录", "from carrier records that were imported")),
    Measure("seen", "lines", Words("监测时间", "Time watched"), Unit.SECONDS, ("seen_s",), by=SITE_BY,
            note=Words("其余时间没有记录", "of any other time there is no record")),
    Measure("after_call", "agents", Words("平均话后处理时间", "Average after-call work"), Unit.SECONDS,
            ("after_s",), _HANDLED, by=TIME_BY, needs=_AT_WORK,
            note=Words("呼叫后的整理时间,以及以话后为由的示忙", "wrap-up of the queue, and pauses whose reason says so")),
    Measure("handling", "agents", Words("平均处理时间", "Average handling time"), Unit.SECONDS,
            ("talk_s", "hold_s", "callback_talk_s", "callback_hold_s", "after_s"), _HANDLED, by=TIME_BY, needs=_AT_WORK,
            note=Words("通话(含保持)加话后处理;含回拨", "talk with its hold, and after-call work; callbacks too")),
    Measure("per_hour", "agents", Words("每座席小时呼叫数", "Calls per agent hour"), Unit.RATE,
            _HANDLED, _AT_WORK, times=3600.0, by=TIME_BY,
            note=Words("小时:签入且未示忙", "hours signed in and not paused")),
    Measure("occupancy", "agents", Words("座席占用率", "Occupancy"), Unit.SHARE, ("call_s",), ("call_s", "idle_s"), by=TIME_BY,
            note=Words("(通话+保持)÷(通话+保持+空闲)", "(talk + hold) ÷ (talk + hold + idle)")),
    Measure("missed", "agents", Words("振铃未接", "Rings not answered"), Unit.NUMBER, ("missed",), by=TIME_BY),
    Measure("adherence", "agents", Words("排班遵守率", "Adherence"), Unit.SHARE, ("adhered_s",), ("rostered_s",),
            by=frozenset({"agent"}), note=Words("需要导入班表", "needs a roster")),
    Measure("promises", "callbacks", Words("回拨承诺", "Promises"), Unit.NUMBER, ("promises",), by=BOOK_BY),
    Measure("punctuality", "callbacks", Words("回拨及时率", "Punctuality"), Unit.SHARE, ("on_time",), ("on_time", "overdue"),
            by=BOOK_BY, note=Words("首呼应在承诺期限内", "the first attempt within the time that is owed")),
    Measure("first_attempt", "callbacks", Words("平均首呼时间", "Time to first attempt"), Unit.SECONDS,
            ("first_wait_s",), ("tried",), by=BOOK_BY),
    Measure("contact_share", "callbacks", Words("联系率", "Contact share"), Unit.SHARE, ("contacted",), ("tried",), by=BOOK_BY),
    Measure("attempts_per_success", "callbacks", Words("每办结呼出次数", "Attempts per success"), Unit.RATE,
            ("attempts",), ("successes",), by=BOOK_BY),
    Measure("first_call_resolution", "callbacks", Words("首次解决率", "First-call resolution"), Unit.SHARE,
            ("done_at_once",), ("successes",), by=BOOK_BY,
            note=Words("由回拨结果得出:一次联系即办结;呼入不记录结果",
                       "from the outcomes of callbacks: done with one contact; calls that come in have no outcome here")),
    Measure("merged", "callbacks", Words("合并", "Merged"), Unit.NUMBER, ("merged",), by=BOOK_BY),
    Measure("expired", "callbacks", Words("联系不上", "Given up as unreachable"), Unit.NUMBER, ("expired",), by=BOOK_BY),
    Measure("never_dialled", "callbacks", Words("从未呼出", "Never dialled"), Unit.NUMBER, ("never_dialled",), by=BOOK_BY,
            note=Words("必须为 0", "must be 0")),
)  # fmt: skip

GROUPS: Mapping[str, Words] = {
    "calls": Words("呼叫", "Calls"),
    "lines": Words("中继", "Lines"),
    "agents": Words("座席", "Agents"),
    "callbacks": Words("回拨", "Callbacks"),
}

NOT_OURS: tuple[Words, ...] = (
    Words("单次呼叫成本", "cost per call"),
    Words("质检评分", "monitoring score"),
    Words("出勤率", "attendance"),
    Words("员工流失率", "staff turnover"),
)
"""Measures of a call centre that no telephone system knows; said so, and not made up."""


def figures(sums: Sums, policy: MeasurePolicy, by: str = "") -> Iterator[Figure]:
    """Every measure that can be told by this ("" of all; also day, month and half-hour), in the table's order, with its value."""
    for row in MEASURES:
        measure = SERVICE_LEVELS[policy.formula] if row.id == "service_level" else row
        if by not in ("queue", "agent", "incident", "carrier") or by in measure.by:
            yield Figure(measure, measure.value(sums), sums)
