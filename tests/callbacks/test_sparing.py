"""E5: callbacks leave as many free lines as live callers need at the load of the hour."""

from hypothesis import given
from hypothesis import strategies as st

from bench.busy import erlang_b
from callbacks.policy import CallbackPolicy
from callbacks.rules import LineUse, how_many_to_start, lines_to_leave
from callbacks.rules.sparing import COST, LATELY

sites, loads, leasts = st.integers(1, 90), st.floats(0, 120), st.integers(0, 20)
OPEN = CallbackPolicy(ramp_every=0.0)


def cost(lines: int, left: int, load: float) -> float:
    """Share of callers who find no line while callbacks fill all but those left, beyond what the lines refuse by themselves."""
    weights, weight = [], 1.0
    for busy in range(lines + 1):
        weight *= load / busy if busy else 1.0
        weights.append(weight)
    return weights[-1] / sum(weights[lines - left :]) - erlang_b(lines, load)


@given(sites, st.floats(0.01, 0.95), st.integers(1, 20))
def test_callbacks_add_one_refused_call_in_a_thousand_at_most(lines: int, full: float, least: int) -> None:
    left = lines_to_leave(lines, full * lines, least)
    assert left == lines - 1 or cost(lines, left, full * lines) <= COST * 1.001


@given(sites, loads, leasts)
def test_never_all_lines_are_kept_and_never_fewer_than_the_policy_says(
    lines: int, used: float, least: int
) -> None:
    left = lines_to_leave(lines, used, least)
    assert min(least, lines - 1) <= left <= lines - 1


@given(sites, loads, loads, leasts, leasts)
def test_more_callers_and_a_higher_least_never_leave_fewer_lines(
    lines: int, used: float, more: float, least: int, higher: int
) -> None:
    there = lines_to_leave(lines, used, least)
    assert there <= lines_to_leave(lines, used + more, least)
    if least > 0:
        assert there <= lines_to_leave(lines, used, least + higher)


@given(sites, loads, leasts, st.integers(0, 90), st.integers(0, 90))
def test_callbacks_and_callers_together_never_hold_more_than_the_lines_less_those_kept(
    lines: int, used: float, least: int, busy: int, flying: int
) -> None:
    left = lines_to_leave(lines, used, least)
    free = max(0, lines - busy)
    started = how_many_to_start(99, free, 0, flying, 1e4, OPEN, left=left)
    assert started == 0 or flying + started <= free - left


def test_with_nobody_calling_only_the_policys_least_is_kept() -> None:
    assert [lines_to_leave(60, 0.0, least) for least in (0, 1, 10)] == [0, 1, 10]


def test_nothing_is_kept_where_the_policy_says_none() -> None:
    assert lines_to_leave(60, 50.0, 0) == 0


def test_the_smallest_sites_still_call_back_when_all_lines_are_free() -> None:
    """On one line, on two and on four, however busy the last minutes were."""
    for lines in (1, 2, 4):
        left = lines_to_leave(lines, float(lines), 1)
        assert how_many_to_start(2, lines, 0, 0, 1e4, OPEN, left=left) == 1


def test_a_busy_hour_leaves_more_lines_and_a_large_site_a_smaller_part_of_them() -> None:
    assert lines_to_leave(60, 5.0, 1) < lines_to_leave(60, 20.0, 1) < lines_to_leave(60, 40.0, 1)
    assert lines_to_leave(300, 170.0, 1) / 300 < lines_to_leave(30, 17.0, 1) / 30


def test_on_credit_the_policys_least_decides_or_a_share_would_never_come() -> None:
    """Callers who wait hold the lines: what is put by for callbacks is theirs all the same."""
    assert how_many_to_start(0, 2, 5, 0, 1e4, OPEN, credit=1.0, left=9) == 1
    assert how_many_to_start(0, 1, 5, 0, 1e4, OPEN, credit=1.0, left=0) == 0


def test_lines_in_use_are_averaged_since_the_first_look_and_then_over_ten_minutes() -> None:
    use = LineUse().seen(8, 100.0)
    assert use.mean == 8.0
    use = use.seen(8, 110.0).seen(0, 120.0)
    assert use.mean == 4.0  # ten seconds of eight and ten of none
    assert use.seen(0, 120.0) == use  # no time went by
    assert use.seen(7, 120.0 + LATELY).mean == 7.0  # nobody looked for so long: what is seen counts
    later = LineUse(6.0, 0.0, 5000.0).seen(0, 5000.0 + LATELY / 10)
    assert abs(later.mean - 5.4) < 1e-9


@given(st.lists(st.tuples(st.integers(0, 60), st.floats(0, 900)), min_size=1, max_size=40))
def test_the_mean_never_leaves_what_was_seen(looks: list[tuple[int, float]]) -> None:
    use, mono = LineUse(), 0.0
    for busy, after in looks:
        mono += after
        use = use.seen(busy, mono)
    seen = [busy for busy, _ in looks]
    assert min(seen) - 1e-6 <= use.mean <= max(seen) + 1e-6
