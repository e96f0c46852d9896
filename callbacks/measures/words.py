"""The names of what is counted, in both languages: what a formula is made of. ``{answer_in}``, ``{short}``: chosen seconds."""

from typing import NamedTuple


class Words(NamedTuple):
    """The same in both languages."""

    zh: str
    en: str

    def __call__(self, language: str) -> str:
        """Chinese for "zh-CN", else English."""
        return self.zh if language.startswith("zh") else self.en


COUNTER_WORDS = {
    "total": Words("呼入总数", "calls"),
    "answered": Words("接通数", "answered"),
    "abandoned": Words("放弃数", "abandoned"),
    "left": Words("转留言或超时离队数", "left the queue otherwise"),
    "unknown": Words("结局未见数", "end not seen"),
    "cut": Words("记录不完整数", "records cut"),
    "answered_in": Words("{answer_in} 秒内接通数", "answered in {answer_in} s"),
    "abandoned_in": Words("{answer_in} 秒内放弃数", "abandoned in {answer_in} s"),
    "short": Words("{short} 秒内放弃数", "abandoned in {short} s"),
    "short_wait_s": Words("{short} 秒内放弃者的等待秒数", "s waited by those who abandoned in {short} s"),
    "abandoned_wait_s": Words("放弃者的等待秒数", "s waited by those who abandoned"),
    "answered_waited": Words("接通数", "answered"),
    "answered_wait_s": Words("接通者的等待秒数", "s waited by those answered"),
    "waited": Words("等待时长已知的呼叫数", "calls whose wait is known"),
    "wait_s": Words("等待秒数", "s waited"),
    "talked": Words("通话时长已知的接通数", "answered whose talk is known"),
    "talk_s": Words("通话秒数", "s of talk"),
    "hold_s": Words("保持秒数", "s on hold"),
    "rung": Words("振铃时长已知的接通数", "answered whose ring is known"),
    "ring_s": Words("振铃秒数", "s of ring"),
    "queued": Words("排队数", "queued"),
    "transferred": Words("转接数", "passed on"),
    "callbacks": Words("排队的回拨数", "callbacks through the queue"),
    "callbacks_taken": Words("座席接起的回拨数", "callbacks that an agent took"),
    "callback_talk_s": Words("回拨通话秒数", "s of talk of callbacks"),
    "callback_hold_s": Words("回拨保持秒数", "s on hold of callbacks"),
    "idle_s": Words("空闲秒数", "s idle"),
    "ringing_s": Words("振铃秒数", "s ringing"),
    "call_s": Words("通话与保持秒数", "s of talk and hold"),
    "after_s": Words("话后处理秒数", "s of after-call work"),
    "other_s": Words("其他通话秒数", "s in other calls"),
    "paused_s": Words("示忙秒数", "s paused"),
    "away_s": Words("话机不可达秒数", "s unreachable"),
    "missed": Words("振铃未接数", "rings not answered"),
    "missed_s": Words("振铃未接秒数", "s of rings not answered"),
    "seen_s": Words("监测秒数", "s watched"),
    "full_s": Words("全部中继占满秒数", "s with every line in use"),
    "offered_lines": Words("运营商所见呼叫数", "calls the carrier saw"),
    "refused_lines": Words("因中继占满被拒数", "refused at full trunks"),
    "rostered_s": Words("排班秒数", "s on the roster"),
    "adhered_s": Words("按班签入且未示忙秒数", "s of them signed in and not paused"),
    "promises": Words("回拨承诺数", "promises"),
    "on_time": Words("按时首呼数", "first attempt in time"),
    "overdue": Words("未按时首呼数", "first attempt late, or owed by now"),
    "first_wait_s": Words("首呼前秒数", "s until the first attempt"),
    "tried": Words("已呼出的承诺数", "promises attempted"),
    "contacted": Words("已联系上的承诺数", "promises whose caller was reached"),
    "attempts": Words("呼出次数", "attempts"),
    "successes": Words("呼出办结数", "promises done by calling"),
    "done_at_once": Words("首次联系即办结数", "done at the first contact"),
    "merged": Words("合并数", "merged"),
    "expired": Words("联系不上而结数", "given up as unreachable"),
    "never_dialled": Words("从未呼出即结数", "closed and never dialled"),
}
