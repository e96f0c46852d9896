"""Whether danger and faults reach somebody (requirements B6, E0, E3), and whether agents and leaders are told apart."""

from datetime import UTC, datetime

from alerts.roster import on_duty
from console.looks.values import Place, Warned


def oncall(place: Place) -> str:
    """Who is rung when a caller presses the danger key."""
    danger = place.policy.danger
    if not danger.oncall:
        what = f"nobody is rung for danger (key {danger.key}): it is written down, and the duty role is told"
        raise Warned("danger.oncall", what, "name numbers or phones there in the policy, and render again")
    return f"{len(danger.oncall)} numbers or phones are rung for danger"


def duty(place: Place) -> str:
    """Who is told of danger and fault reports."""
    role = place.policy.duty.role
    if not place.policy.alerts_on:
        what = "alerts are switched off: nobody is told of danger and fault reports"
        raise Warned("alerts", what, "switch them on in the policy when staff are to be told")
    people = on_duty(place.policy.alerts, role, datetime.now(UTC))
    if not people:
        what = f"nobody holds the role {role!r}: nobody is told of danger and fault reports"
        raise Warned("duty.role", what, f"put people into alerts.roles.{role} of the policy")
    return f"{', '.join(person.name for person in people)} is told of danger and fault reports"


def leaders(place: Place) -> str:
    """Whether agents and leaders are told apart on the console."""
    if place.settings.console_password is None:
        return "the console is not used on this machine: it has no password"
    if place.settings.console_leader_password is None:
        what = "everybody who signs in to the console may do a leader's things"
        raise Warned("console_leader_password", what, "set HOLDFAST_CONSOLE_LEADER_PASSWORD to a second one")
    return "the console tells leaders and agents apart"
