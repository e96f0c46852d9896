"""The cause at the end of an attempt, over SIP: only it tells a caller who refuses from a line that is not there."""

import time

import pytest

from config.asterisk import DialplanSite, ScopeLine, render
from lab import Lab

pytestmark = pytest.mark.asterisk

AGENT = """
[test-agent]
exten => s,1,Answer()
 same => n,Wait(60)
"""
ENDS = {
    "PJSIP/13800000004@carrier-a": ("BUSY", "17"),
    "PJSIP/13800000005@carrier-a": ("NOANSWER", "16"),
    "PJSIP/13800000006@carrier-a": ("CONGESTION", "34"),  # 503
    "PJSIP/13800000007@carrier-a": ("CHANUNAVAIL", "21"),  # 403
    "PJSIP/13800000001@nowhere": ("CHANUNAVAIL", "3"),
    "PJSIP/agent-nobody": ("CHANUNAVAIL", "3"),  # an endpoint without a contact
}
NO_CONTACT = """
[agent-nobody]
type = endpoint
aors = agent-nobody
[agent-nobody]
type = aor
max_contacts = 1
"""


@pytest.mark.parametrize("version", ["22", "16"])
def test_every_end_carries_the_cause_of_the_dialled_leg(version: str) -> None:
    with Lab.start(version) as lab:
        site = DialplanSite(
            scopes=(ScopeLine("power", "power"),), prompts_dir=lab.prompts_dir, tier3_dir=lab.tier3_dir
        )
        for name, text in render(site).items():
            (lab.holdfast_conf_dir / name).write_text(text)
        (lab.holdfast_conf_dir / "extensions_test.conf").write_text(AGENT)
        (lab.holdfast_conf_dir / "pjsip_test.conf").write_text(NO_CONTACT)
        lab.reload()
        for number, dial in enumerate(ENDS):
            claim(lab, f"a{number}", dial)
        found = {dial: ended(lab, f"a{number}") for number, dial in enumerate(ENDS)}
    assert found == ENDS


def claim(lab: Lab, key: str, dial: str) -> None:
    """An agent's own claim, as the bridge sends it."""
    variables = f"HF_DIRECT=1,HF_FENCE=1,HF_NOT_AFTER={int(time.time()) + 20},HF_RING=3,HF_DIAL={dial}"
    lab.action(
        Action="Originate",
        Channel="Local/s@test-agent/n",
        Context="holdfast-dial",
        Exten=key,
        Priority="1",
        Async="true",
        Variable=variables,
    )


def ended(lab: Lab, key: str) -> tuple[str, str]:
    """Status and cause that the dial plan wrote."""
    end = time.monotonic() + 12
    while "end," not in (said := lab.cli(f"database get holdfast-attempt {key}")):
        assert time.monotonic() < end, f"{key} did not end: {said}"
        time.sleep(0.1)
    _, status, _, _, cause = said.removeprefix("Value: ").strip().split(",")
    return status, cause
