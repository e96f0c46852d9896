"""Which numbers may be called back, at both ends: where a caller leaves one, and where it is about to be dialled."""

import re
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from bridge_world import world
from hypothesis import given
from hypothesis import strategies as st
from number_rows import CN, CN_ABROAD, CN_PLAN, DE, GB, ROWS, US, US_ISLANDS, Row

from ami_bridge.caller_side import CallerSide
from ami_bridge.dispatch import NoLine
from ami_bridge.originate import DIAL_CONTEXT, QUEUE_CONTEXT, Guard, Line, by_claim, through_queue
from callbacks.policy import CallbackPolicy
from callbacks.values import Attempt
from config.policy import DEFAULT_POLICY, load_policy
from ivr.dialogue import advance, start
from ivr.numbers import Refusal, check
from ivr.policy import CallerPolicy
from ivr.steps import Admit, Admitted, Keys, SetFacts, Spool, Step
from ivr.values import CallFacts

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
CALL = CallFacts("1.1", "power", "zh-CN", "fault", caller_id="13900000000")
DIALLED = re.compile(r"\+?[0-9]+", re.ASCII)
KEYED = tuple(row for row in ROWS if re.fullmatch("[0-9*#]*", row[0], re.ASCII))
SENT = tuple(row for row in ROWS if row[0])
SITES = (CN, CN_ABROAD, CN_PLAN, DE, GB, US)
MENDED = (Refusal.INVALID, Refusal.NOT_A_NUMBER)  # held open: a person may know what was meant
AGENT = "PJSIP/power-1"
EAGER = CallbackPolicy(ramp_every=0.0, line_reserve=0)


def name(row: Row) -> str:
    return f"{row[0]!r}-{row[1].country}"[:60]


@pytest.mark.parametrize(("text", "policy", "verdict"), ROWS, ids=map(name, ROWS))
def test_the_verdict(text: str, policy: CallerPolicy, verdict: str | Refusal) -> None:
    found = check(text, policy)
    assert (found.refusal or found.number) == verdict
    assert bool(found.number) != bool(found.refusal)


# -- at capture


def kept(call: CallFacts, policy: CallerPolicy, *keys: str) -> set[str]:
    """Every number that the dialogue takes from this caller; the short one, which goes straight to the spool."""
    policy = replace(policy, dialogue="express")
    dialogue, steps = start(call, policy, ZoneInfo(policy.timezone), NOW)
    found: set[str] = set()
    for text in keys:
        found |= _numbers(steps)
        dialogue, steps = advance(dialogue, Keys(text), NOW)
        if isinstance(steps[-1], Admit):
            found |= _numbers(steps)
            dialogue, steps = advance(dialogue, Admitted(), NOW)
    return found | _numbers(steps)


def _numbers(steps: tuple[Step, ...]) -> set[str]:
    facts = {
        value
        for step in steps
        if isinstance(step, SetFacts)
        for key, value in step.facts
        if key == "HF_NUMBER"
    }
    return (facts | {step.left.number for step in steps if isinstance(step, Spool)}) - {""}


@pytest.mark.parametrize(("text", "policy", "verdict"), KEYED, ids=map(name, KEYED))
def test_a_keyed_number_is_taken_at_capture_as_the_table_says(
    text: str, policy: CallerPolicy, verdict: str | Refusal
) -> None:
    expected = set() if isinstance(verdict, Refusal) else {verdict}
    assert kept(replace(CALL, key="2"), policy, text, "1") == expected


@pytest.mark.parametrize(("text", "policy", "verdict"), SENT, ids=map(name, SENT))
def test_a_caller_id_is_taken_at_capture_as_the_table_says(
    text: str, policy: CallerPolicy, verdict: str | Refusal
) -> None:
    expected = set() if isinstance(verdict, Refusal) else {verdict}
    assert kept(replace(CALL, caller_id=text, own=text, key="1"), policy) == expected


# -- at dialling


def bridge_with(policy: CallerPolicy) -> CallerSide:
    """Only what a bridge asks before it dials."""
    side = object.__new__(CallerSide)
    side._policy = replace(load_policy(DEFAULT_POLICY), caller=policy)
    return side


@pytest.mark.parametrize("policy", SITES, ids=[f"{one.country}{at}" for at, one in enumerate(SITES)])
async def test_nothing_that_is_refused_is_dialled_however_it_came_into_the_book(
    policy: CallerPolicy, tmp_path: Path
) -> None:
    rows = {text: verdict for text, of, verdict in ROWS if of is policy and text}
    taken = {text for text, verdict in rows.items() if not isinstance(verdict, Refusal)}
    with world(tmp_path, rules=EAGER, channels=len(rows)) as site:
        site.dispatcher.dialable = bridge_with(policy).why_not_dialable
        site.dispatcher.channels = replace(
            site.dispatcher.channels, in_use=dict.fromkeys(site.site.trunks, 0)
        )
        for promise in site.promised(*rows):
            claimed = site.store.claim(promise.id, site.now.wall, AGENT, 60)
            assert claimed is not None
            with (
                nullcontext()
                if promise.number in taken
                else pytest.raises(NoLine, match="may not be dialled")
            ):
                await site.dispatcher.call_for(claimed, AGENT, site.now.wall)
        sent = site.asterisk.actions("Originate")
        assert {one["CallerID"] for one in sent} == taken
        waiting = {one.number for one in site.store.open_promises()}
        assert {
            text for text, verdict in rows.items() if verdict in MENDED
        } <= waiting  # the leader sees them


@pytest.mark.parametrize("agent", ["", AGENT])
def test_the_first_to_ring_is_never_the_caller_so_no_keyed_number_is_called_customer_first(
    agent: str,
) -> None:
    """There is no such way out: an originate's channel is the queue's side, or the agent who claimed the promise."""
    attempt = Attempt("1-1-1", 1, "power", "057188886666", "carrier-a", NOW, agent)
    line, guard, policy = Line("carrier-a", "PJSIP/{number}@carrier-a", ""), Guard(1, 1), CallbackPolicy()
    headers = (
        by_claim(attempt, line, guard, policy)
        if agent
        else through_queue(attempt, "power", line, guard, policy)
    )
    assert headers["Channel"] == (agent or f"Local/{attempt.key}@{QUEUE_CONTEXT}/n")
    assert headers["Context"] == DIAL_CONTEXT  # where the caller is dialled, behind the guard
    assert attempt.number not in f"{headers['Channel']} {headers['Exten']} {headers['ChannelId']}"


# -- whatever the text

POLICIES = st.sampled_from([CN, CN_ABROAD, CN_PLAN, DE, GB, US, US_ISLANDS])
DIGITS = st.text("0123456789", max_size=22)
TEXTS = st.one_of(
    st.text(max_size=30),
    st.builds(
        str.__add__, st.sampled_from(["", "+", "00", "0", "+86", "86", "0571", "+1", "1", "9", "011"]), DIGITS
    ),
    st.builds(
        lambda row, at, sign: row[0][:at] + sign + row[0][at:],
        st.sampled_from(ROWS),
        st.integers(0, 20),
        st.sampled_from(
            ["", "&", ",", "\n", "\r", "\x00", "${", " ", "+", "#", "*", ";", "|", "^", "٣", "a", ")"]
        ),
    ),
)


@given(TEXTS, POLICIES)
def test_whatever_the_text_a_number_is_digits_with_an_optional_plus_and_stays_as_it_is(
    text: str, policy: CallerPolicy
) -> None:
    found = check(text, policy)
    if found.number:
        assert DIALLED.fullmatch(found.number)
        assert len(found.number) <= 17
        assert check(found.number, policy) == found
    else:
        assert found.refusal is not None
