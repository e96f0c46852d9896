"""Cutting and restoring parts of the lab, as Asterisk sees it (requirement A1, A3, A4: what a failure looks like)."""

import socket
import time

import pytest

from lab import Lab, LabError

pytestmark = pytest.mark.asterisk
needs_root = pytest.mark.root  # dropping packets needs root and nft


def test_a_cut_carrier_is_unreachable_and_its_calls_are_dead_until_it_is_restored(lab: Lab) -> None:
    caller = lab.call("13800020001", did="9903")
    time.sleep(0.3)
    lab.cut("carrier-a")
    assert caller.result(timeout=5).ended_by == ""
    lab.wait_reachable("carrier-a", False, timeout=5)
    assert lab.reachable()["carrier-b"]
    assert not lab.status()["running"]["carrier-a"]
    lab.restore("carrier-a")
    lab.wait_reachable("carrier-a", True, timeout=5)


def test_the_carriers_record_survives_a_cut(lab: Lab) -> None:
    def calls() -> int:
        return sum(call.number == "13900020004" for call in lab.carrier_log())

    for expected in (1, 2):
        dial = {"Channel": "PJSIP/13900020004@carrier-a", "Application": "Wait", "Data": "1", "Async": "true"}
        lab.action(Action="Originate", **dial)
        end = time.monotonic() + 5
        while calls() < expected:
            assert time.monotonic() < end
            time.sleep(0.05)
        lab.cut("carrier-a")
        lab.restore("carrier-a")
    lab.wait_reachable("carrier-a")


def test_agents_that_are_cut_leave_the_queue_empty_and_come_back(lab: Lab) -> None:
    lab.cut("agents")
    for number in range(1, 5):
        lab.wait_reachable(f"agent-{number}", False, timeout=6)
    assert "(Unavailable)" in lab.cli("queue show power")
    try:
        refused = lab.call("13800020002").result()
    finally:
        lab.restore("agents")
    assert not refused.answered
    for number in range(1, 5):
        lab.wait_reachable(f"agent-{number}", True, timeout=6)
    assert lab.call("13800020003", hangup_after=0.5).result().answered


@needs_root
def test_a_dropped_network_takes_the_agents_but_not_the_carriers(lab: Lab) -> None:
    lab.cut("network")
    try:
        lab.wait_reachable("agent-1", False, timeout=8)
        assert lab.reachable()["carrier-a"]
        assert lab.status()["running"]["agent-1"]
        assert lab.status()["dropping"] == ["network"]
    finally:
        lab.restore("network")
    lab.wait_reachable("agent-1", True, timeout=8)


@needs_root
def test_a_half_open_manager_link_is_silent_but_stays_connected(lab: Lab) -> None:
    with socket.create_connection((lab.ami_host, lab.ami_port), timeout=5) as link:
        assert link.recv(100).startswith(b"Asterisk Call Manager")
        lab.cut("manager")
        try:
            link.sendall(b"Action: Login\r\n\r\n")
            link.settimeout(1)
            with pytest.raises(TimeoutError):
                link.recv(100)
            assert "Asterisk" in lab.cli("core show version"), "the lab's own control goes on"
        finally:
            lab.restore("manager")


def test_a_killed_asterisk_comes_back_with_its_agents(lab: Lab) -> None:
    lab.cut("asterisk")
    with pytest.raises(LabError, match="does not answer"):
        lab.cli("core show version")
    assert lab.call("13800020004", give_up_after=1).result(timeout=15).outcome == "dead"
    lab.restore("asterisk")
    lab.wait_reachable("agent-4", True, timeout=6)
    assert lab.call("13800020005", hangup_after=0.5).result().answered


def test_an_unknown_target_is_refused_with_the_names_that_exist(lab: Lab) -> None:
    with pytest.raises(LabError, match=r"There is no cable to cut.*carrier-a.*agents.*network"):
        lab.cut("cable")


def test_files_rendered_by_others_take_effect_on_reload(lab: Lab) -> None:
    extra = lab.holdfast_conf_dir / "extensions_probe.conf"
    account = lab.holdfast_conf_dir / "manager_probe.conf"
    extra.write_text("[probe]\nexten => s,1,NoOp(hello)\n")
    account.write_text(f"[probe]\nsecret = {lab.holdfast_secret}\nread = call\nwrite = call\n")
    try:
        lab.reload()
        assert "NoOp(hello)" in lab.cli("dialplan show probe")
        assert "username: probe" in lab.cli("manager show user probe")
    finally:
        extra.unlink()
        account.unlink()
        lab.reload()
    assert "NoOp(hello)" not in lab.cli("dialplan show probe")
