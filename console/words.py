"""The words for values, marked for the catalogue: pages and records show the same ones. Values only.

Names that come from values (modes, states, outcomes) are translated by these tables, so that every one of them is in the
catalogue and none is shown raw.
"""

from collections.abc import Mapping
from typing import Final

LANGUAGES: Final = ("zh-CN", "en")


def N_(text: str) -> str:  # the customary name: it marks a text for the catalogue
    """Mark a text for the catalogue without translating it yet."""
    return text


MODES: Final[Mapping[str, str]] = {
    "NORMAL": N_("Normal"),
    "RECOVERING": N_("Recovering"),
    "SURGE": N_("Surge"),
    "PLANNED": N_("Planned outage"),
    "CLOSED": N_("Closed"),
    "DEGRADED": N_("Degraded"),
    "OUTAGE": N_("Outage"),
    "EVACUATED": N_("Evacuated"),
    "UNKNOWN": N_("Unknown"),
}
ACTIONS: Final[Mapping[str, str]] = {
    "pass": N_("Callers reach the queue"),
    "notice": N_("Callers hear the announcement, then reach the queue"),
    "offer": N_("Callers hear the announcement, then wait or leave their number"),
    "capture": N_("Callers hear the announcement and leave their number"),
    "evacuate": N_("Callers hear of the evacuation and leave their number"),
    "unknown": N_("Not known what callers hear"),
}
HEALTHS: Final[Mapping[str, str]] = {
    "UP": N_("up"),
    "SUSPECT": N_("suspect"),
    "DOWN": N_("down"),
    "MENDING": N_("mending"),
    "UNKNOWN": N_("unknown"),
}
PRESENCES: Final[Mapping[str, str]] = {
    "free": N_("free"),
    "busy": N_("in a call"),
    "ringing": N_("ringing"),
    "paused": N_("paused"),
    "unreachable": N_("unreachable"),
    "unknown": N_("unknown"),
}
STATES: Final[Mapping[str, str]] = {
    "open": N_("open"),
    "claimed": N_("claimed"),
    "dialling": N_("dialling"),
    "talking": N_("talking"),
    "done": N_("done"),
    "refused": N_("refused"),
    "unreachable": N_("unreachable"),
    "cancelled": N_("cancelled"),
    "merged": N_("gone on in another"),
}
STAGES: Final[Mapping[str, str]] = {
    "queue": N_("ringing an agent"),
    "dial": N_("ringing the caller"),
    "talking": N_("talking"),
    "ended": N_("ended, say how"),
    "unknown": N_("unknown"),
}
MATTERS: Final[Mapping[str, str]] = {
    "danger": N_("danger"),
    "fault": N_("fault report"),
    "bill": N_("bill"),
    "complaint": N_("complaint"),
    "tipoff": N_("tip-off"),
    "question": N_("question"),
    "unstated": N_("not stated"),
}
SETTLED: Final[Mapping[str, str]] = {
    "done": N_("dealt with"),
    "ordered": N_("fault order opened"),
    "complaint": N_("is a complaint"),
    "given_up": N_("caller wants nothing more"),
    "wrong": N_("not this caller's matter"),
}
TOUCHES: Final[Mapping[str, str]] = {
    "opened": N_("opened"),
    "joined": N_("a further call joined"),
    "claimed": N_("taken"),
    "released": N_("put back"),
    "dialled": N_("called"),
    "ended": N_("call ended"),
    "noted": N_("note"),
    "settled": N_("matter"),
    "rescheduled": N_("the caller's wish"),
    "moved": N_("moved to another place"),
    "assigned": N_("handed to"),
    "paused": N_("paused"),
    "resumed": N_("resumed"),
    "cancelled": N_("cancelled"),
    "restored": N_("open again"),
    "merged": N_("merged"),
    "adopted": N_("the caller got through"),
    "looked": N_("has looked at it"),
    "warned": N_("the leader was told"),
    "gone": N_("its Asterisk does not come back"),
}
WHENS: Final[Mapping[str, str]] = {"due": N_("due now"), "soon": N_("owed soon"), "late": N_("late")}
OWING: Final[Mapping[str, str]] = {"first": N_("first attempt"), "answer": N_("answer")}
OUTCOMES: Final[Mapping[str, str]] = {
    "answered": N_("Done"),
    "voicemail": N_("Voicemail"),
    "busy": N_("Busy"),
    "no_answer": N_("No answer"),
    "congestion": N_("Lines full"),
    "rejected": N_("Line rejected"),
    "refused": N_("Does not want it"),
    "again": N_("Call again"),
    "no_agent": N_("No agent"),
    "not_dialled": N_("Not dialled"),
    "unknown": N_("Unknown"),
}
CHANGES: Final[Mapping[str, str]] = {
    "component": N_("component"),
    "computed": N_("computed mode"),
    "mode": N_("mode"),
    "override": N_("by hand"),
    "recovery": N_("recovery time"),
    "incident": N_("incident"),
    "capacity": N_("capacity"),
    "link": N_("link"),
    "refused": N_("refused"),
    "rung": N_("step of the ladder"),
    "ack": N_("taken on"),
    "handover": N_("handed over"),
    "split": N_("split"),
    "plan": N_("plan"),
    "surge": N_("surge"),
    "seat": N_("seat"),
    "leave": N_("leave to sign out"),
    "calendar": N_("calendar"),
    "clock": N_("clock"),
    "drill": N_("drill"),
    "policy": N_("policy"),
    "callback": N_("callback"),
    "person": N_("person's data"),
}
BY_PERSON: Final[Mapping[str, str]] = {
    "let": N_("let it be called"),
    "seen": N_("has looked at it"),
}
INTENTS: Final[Mapping[str, str]] = {
    "override-set": N_("Set mode"),
    "override-end": N_("End override"),
    "recovery-set": N_("Recovery time"),
    "dial": N_("Call"),
    "outcome": N_("Outcome"),
    "ack": N_("Take on"),
    "hand-over": N_("Hand over"),
    "declare": N_("Declare incident"),
    "close": N_("Close incident"),
    "split": N_("Split incident"),
    "leave": N_("Grant leave"),
    "report": N_("Report"),
    "drill-start": N_("Start drill"),
    "drill-end": N_("End drill"),
    "duty-ack": N_("Take reports on"),
    "policy-apply": N_("Apply policy"),
}
INTENT_STATES: Final[Mapping[str, str]] = {
    "pending": N_("waiting for the bridge"),
    "applied": N_("applied"),
    "refused": N_("refused"),
    "failed": N_("failed"),
}
ASKS: Final[Mapping[str, str]] = {
    "": N_("asked to be called"),
    "notice": N_("only wants to hear when it is over"),
    "cancel": N_("cancelled by the caller"),
    "undo": N_("the caller wants it after all"),
    "change": N_("another number given by the caller"),
}
SOURCES: Final[Mapping[str, str]] = {
    "own": N_("own number"),
    "keyed": N_("keyed in"),
    "none": N_("no number"),
}
NOTICE_STATES: Final[Mapping[str, str]] = {
    "waiting": N_("waits for the end of the outage"),
    "intended": N_("on its way"),
    "sent": N_("told"),
    "failed": N_("not reached"),
    "unknown": N_("not known whether it was heard"),
    "expired": N_("too late, not told"),
}
NOTICE_WAYS: Final[Mapping[str, str]] = {"sms": N_("text message"), "call": N_("telephone call")}
LENGTHS: Final[Mapping[str, str]] = {
    "full": N_("everything is asked"),
    "short": N_("only number and matter are asked"),
    "express": N_("one key, or a number keyed in"),
    "message": N_("the number is taken without a question"),
}
REASONS: Final[Mapping[str, str]] = {
    "the caller cancelled it": N_("the caller cancelled it"),
    "the caller gave another number": N_("the caller gave another number"),
    "the caller corrected the number": N_("the caller corrected the number"),
    "joined a newer one of the same number": N_("joined a newer one of the same number"),
    "over a limit: caller": N_("held: too many from one caller in a day"),
    "over a limit: number": N_("held: too many for this number in a day"),
    "over a limit: prefix": N_("held: too many for numbers that begin like this one in a day"),
    "over a limit: day": N_("held: too many keyed numbers in a day"),
}
EXPLAINED: Final[Mapping[str, str]] = {
    "danger": N_("Danger: called before everything else, at any hour."),
    "head_start": N_("%(matter)s: counts as %(start)s older than it is."),
    "no_head_start": N_("%(matter)s: counts as old as it is."),
    "place_first": N_("Its place is that of the first call, %(place)s."),
    "place_held": N_(
        "Its place is %(place)s: the caller had been waiting in the queue since then, and keeps that place."
    ),
    "place_retry": N_(
        "Its place is %(place)s, after an attempt: others who wait have their first turn before."
    ),
    "place_moved": N_("Its place is %(place)s: somebody put it there."),
    "place_wished": N_("Its place is %(place)s, the time that the caller wished for."),
    "ahead": N_("%(count)s of the same service line are called before it."),
    "ahead_none": N_("None of the same service line is called before it."),
    "first_by": N_("A first attempt is owed by %(by)s."),
    "first_kept": N_("The first attempt was made %(at)s; it was owed by %(by)s."),
    "first_kept_late": N_("The first attempt was made %(at)s, too late: it was owed by %(by)s."),
    "first_late": N_("A first attempt was owed by %(by)s and was not made."),
    "answer_by": N_("An answer is owed by %(by)s."),
    "answer_late": N_("An answer was owed by %(by)s."),
    "give_up": N_(
        "If the caller is not reached, it is tried until %(by)s, %(least)s times at least and %(most)s times at most."
    ),
    "give_up_count": N_("If the caller is not reached, it is tried %(most)s times at most."),
    "no_attempt": N_("Nobody has tried yet."),
    "attempts": N_("%(count)s of %(most)s attempts that count, %(today)s of them today."),
    "attempt": N_("%(at)s: %(outcome)s"),
    "attempt_under_way": N_("%(at)s: under way"),
    "line_failures": N_(
        "%(count)s attempts were spoiled by our own lines; after %(most)s it ends on the leader's list."
    ),
    "paused": N_("A leader paused it."),
    "paused_why": N_("A leader paused it: %(why)s"),
    "unprocessed": N_("Callbacks of %(scope)s are switched off by the policy."),
    "not_stable": N_(
        "%(scope)s is not known to be stable: callbacks begin when it has been well for its time."
    ),
    "leaders_list": N_("It is on the leader's list: %(reason)s."),
    "assigned": N_("It was handed to %(agent)s; nobody else is offered it."),
    "by_claim": N_("Only agents call back for %(scope)s, from their desk."),
    "wished": N_("The caller wishes to be called %(at)s."),
    "day_used_up": N_("After %(count)s attempts there is a night: not before %(at)s."),
    "retry": N_("The last attempt ended with “%(outcome)s”: not before %(at)s."),
    "held": N_("It is held until %(at)s: %(reason)s."),
    "held_until_let": N_("It is held until a leader lets it: %(reason)s."),
    "quiet": N_("Nobody may be called at this hour; the next time is %(at)s."),
    "claimed": N_("%(agent)s has claimed it until %(until)s."),
    "now_claimed": N_("Its turn has come: it is about to be called."),
    "now_dialling": N_("It is being called."),
    "now_talking": N_("The call is under way, or its outcome is awaited."),
    "closed": N_("Closed %(at)s: %(state)s (%(reason)s)."),
    "closed_before": N_("Closed: %(state)s (%(reason)s)."),
    "next": N_("Next at %(at)s at the earliest."),
    "next_now": N_("Next: as soon as an agent and a line are free for it."),
    "next_unknown": N_("Next: nobody can say as long as that is so."),
    "unconfirmed": N_("The working days of %(year)s are not announced: they are a guess."),
}
