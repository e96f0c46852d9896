"""Two Asterisks, two machines with a bridge for each, one PostgreSQL: one site for people."""

import pytest
import story_site

from bench import takeover
from lab import Lab
from lab.pair import MACHINES, Pair, policy_for
from lab.postgres import Postgres


def test_a_policy_gets_another_pbx_id_and_nothing_else() -> None:
    text = "site:\n  name: x\n  pbx_id: lab\narmed: true\n"
    assert policy_for(text, "west") == text.replace("lab", "west")


@pytest.mark.asterisk
@pytest.mark.slow
def test_two_asterisks_are_held_by_one_bridge_each_and_are_one_site_for_a_leader(
    lab: Lab, lab16: Lab, postgres_server: Postgres
) -> None:
    labs = {"east": lab, "west": lab16}
    policies = {pbx: policy_for(takeover.policy(), pbx) for pbx in labs}
    prompts = {"HOLDFAST_PROMPTS_DIR": str(story_site.prompts(lab))}
    for one in labs.values():
        story_site.forget(one)
    try:
        with Pair(labs, postgres_server, policies, install=story_site.install, environment=prompts) as pair:
            held = {pbx: pair.wait_held(pbx) for pbx in labs}
            assert {seat.pbx for seat in held.values()} == {"east", "west"}
            east = pair.seats[MACHINES[0], "east"]
            said = east.run(
                "override", "set", "power", "OUTAGE", "--why", "cable", "--for", "1h", "--who", "li"
            )
            assert "applied" in said
            for one in labs.values():
                story_site.until(lambda one=one: story_site.flag(one)[0] == "capture", "captures on both", 30)  # type: ignore[misc]  # the loop's own
            scopes = {
                row["scope"] if "scope" in row else row["name"] for row in east.status()["live"]["scopes"]
            }
            assert scopes == {"power", "power @ west"} or scopes == {"power", "power @ east"}
    finally:
        for one in labs.values():
            story_site.forget(one)
