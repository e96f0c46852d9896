"""After a restart of our process modes stay as they were until a snapshot decides."""

from datetime import timedelta

from fallback_story import POLICY, START, Story, agents, at, contact, snapshot, well

from fallback.decide import callbacks_allowed, initial, restore
from fallback.events import OverrideSet, Presence, RecoveryTimeSet
from fallback.modes import DialplanAction, Mode
from fallback.state import Health, SavedScope, to_saved


def restarted(story: Story, pause: float = 5.0) -> Story:
    """A new process takes over from what the store kept; its monotonic clock has nothing to do with the old one."""
    now = at(story.now + pause)
    return Story(now=story.now + pause, state=restore(POLICY, to_saved(story.state), now))


def outage() -> Story:
    story = well()
    story.do(*agents(Presence.UNREACHABLE), contact("carrier-a", False))
    story.wait(6)
    return story


def test_what_is_saved_and_restored_is_the_same_again() -> None:
    story = outage()
    story.do(
        OverrideSet("water", Mode.DEGRADED, "leader", "slow", START + timedelta(hours=1)),
        RecoveryTimeSet("power", START + timedelta(hours=2), "engineer"),
    )
    saved = to_saved(story.state)
    assert to_saved(restore(POLICY, saved, at(100))) == saved
    assert [row.name for row in saved] == ["power", "water"]
    assert saved[1].override_mode is Mode.DEGRADED


def test_a_restart_keeps_an_outage_until_the_snapshot_decides() -> None:
    story = restarted(outage())
    assert (story.scope().effective, story.scope().action) == (Mode.OUTAGE, DialplanAction.CAPTURE)
    assert {component.health for component in story.state.components.values()} == {Health.UNKNOWN}
    story.wait(3600)
    assert story.rows("mode") == []


def test_a_restart_in_an_outage_goes_on_without_a_gap_when_the_pool_is_still_down() -> None:
    story = restarted(outage())
    story.do(snapshot(a=False, power=Presence.UNREACHABLE))
    story.wait(60)
    assert story.rows("mode") == story.rows("computed") == []
    assert story.component("power-agents").health is Health.DOWN
    assert (story.scope().partial, story.scope().lines_left) == ("carrier-a", 6)


def test_a_restart_is_no_short_cut_on_the_way_back() -> None:
    story = restarted(outage())
    story.do(snapshot())
    assert story.scope().effective is Mode.OUTAGE
    story.wait(10)
    assert story.scope().effective is Mode.RECOVERING
    assert not callbacks_allowed(story.state, "power")
    story.wait(60)
    assert story.scope().effective is Mode.NORMAL
    assert story.rows("incident") == [("A3", "closed")]


def test_a4_a_partial_loss_is_still_known_after_a_restart() -> None:
    story = well()
    story.do(contact("carrier-a", False))
    story.wait(6)
    again = restarted(story)
    assert (again.scope().partial, again.scope().lines_left) == ("carrier-a", 6)
    again.do(snapshot(a=False))
    assert again.rows("capacity") == again.rows("incident") == []


def test_an_override_whose_time_passed_while_we_were_away_ends_at_the_first_tick() -> None:
    story = well()
    story.do(OverrideSet("power", Mode.OUTAGE, "leader", "drill", START + timedelta(seconds=60)))
    again = restarted(story, pause=600)
    assert again.scope().effective is Mode.OUTAGE
    again.wait(0)
    assert again.scope().override is None
    assert again.scope().effective is Mode.RECOVERING


def test_a_policy_that_has_changed_keeps_what_it_still_knows() -> None:
    rows = [
        SavedScope("gone", Mode.OUTAGE, Mode.OUTAGE),
        SavedScope("water", Mode.OUTAGE, Mode.OUTAGE),
    ]
    state = restore(POLICY, rows, at(0))
    assert {name: scope.computed for name, scope in state.scopes.items()} == {
        "power": Mode.NORMAL,
        "water": Mode.OUTAGE,
    }
    assert state.components["water-agents"].owes
    assert not state.components["power-agents"].owes


def test_a_row_that_we_never_write_is_read_on_the_safe_side() -> None:
    endless = SavedScope(
        "power",
        Mode.EVACUATED,
        Mode.OUTAGE,
        override_mode=Mode.OUTAGE,
        override_who="x",
        override_since=START,
    )
    scope = restore(POLICY, [endless], at(0)).scopes["power"]
    assert scope.computed is Mode.OUTAGE
    assert scope.override is None


def test_without_rows_a_restart_is_a_first_start() -> None:
    assert restore(POLICY, [], at(0)) == initial(POLICY, at(0))
