"""An alert call through real Asterisks: it rings once, speaks, and takes 1 as acknowledgement and nothing else."""

import time

import pytest
from hotline import Hotline

pytestmark = pytest.mark.asterisk
WORDS = "message-fault&digit-4&digit-7"


def alert(hotline: Hotline, key: str, person: str, speak: str = WORDS, **variables: str) -> None:
    """Sends what the bridge sends."""
    given = {
        "HF_DIAL": f"Local/{person}@test-person/n",
        "HF_SPEAK": speak,
        "HF_LANG": "en",
        "HF_FENCE": "5",
        "HF_NOT_AFTER": str(int(time.time()) + 20),
        "HF_RING": "5",
    } | variables
    hotline.put("holdfast", "fence", "5")
    hotline.events.act(
        Action="Originate",
        Channel=f"Local/{key}@holdfast-alert-dial/n",
        Context="holdfast-alert",
        Exten=key,
        Priority="1",
        Async="true",
        Timeout="10000",
        Variable=",".join(f"{name}={value}" for name, value in given.items()),
    )


def result(hotline: Hotline, key: str, *wanted: str, timeout: float = 8) -> list[str]:
    """What stands in AstDB once it is one of the wanted, or at last."""
    end = time.monotonic() + timeout
    while True:
        found = hotline.get("holdfast-alert", key).split(",")
        if found[0] in wanted or time.monotonic() > end:
            return found
        time.sleep(0.05)


def test_one_is_the_acknowledgement_and_stands_whatever_ends_the_call(either: Hotline) -> None:
    alert(either, "alert1", "presses")
    assert result(either, "alert1", "ack")[0] == "ack"
    told = either.events.wait(lambda e: e.get("Event") == "UserEvent" and e.get("Alert") == "alert1", 0, 3)
    assert told is not None
    assert either.events.seen[told]["UserEvent"] == "HoldfastAlert"
    either.lab.cli("channel request hangup all")
    time.sleep(0.4)
    kind, epoch = result(either, "alert1", "end", timeout=0)
    assert (kind, abs(int(epoch) - time.time()) < 10) == ("ack", True)


def test_words_are_ids_of_the_persons_language_or_paths(hotline: Hotline) -> None:
    since = len(hotline.events.seen)
    own = f"{hotline.lab.prompts_dir}/zh-CN/digit-1"
    alert(hotline, "alert2", "presses", speak=f"message-fault&{own}")
    assert result(hotline, "alert2", "ack")[0] == "ack"
    asked = [
        e["AppData"]
        for e in hotline.events.seen[since:]
        if e.get("Event") == "Newexten" and e["Application"] == "Read"
    ]
    assert f"{hotline.lab.prompts_dir}/en/message-fault&{own}," in asked[0]


def test_who_only_listens_has_heard_and_has_not_acknowledged(either: Hotline) -> None:
    alert(either, "alert3", "listens")
    assert result(either, "alert3", "heard")[0] == "heard"
    either.lab.cli("channel request hangup all")
    time.sleep(0.4)
    assert result(either, "alert3", "end", timeout=0)[0] == "heard"


@pytest.mark.parametrize(("person", "status"), [("busy", "BUSY"), ("leaves", "ANSWER")])
def test_an_alert_that_was_not_heard_says_how_the_call_ended(
    hotline: Hotline, person: str, status: str
) -> None:
    alert(hotline, "alert4", person)
    assert result(hotline, "alert4", "end")[:2] == ["end", status]
    assert hotline.get("holdfast-alert", "failed") == ""


def test_a_replayed_late_or_stale_alert_rings_nobody(either: Hotline) -> None:
    alert(either, "alert5", "busy")
    first = result(either, "alert5", "end")
    alert(either, "alert5", "presses")
    alert(either, "alert6", "presses", HF_NOT_AFTER="1000")
    alert(either, "alert7", "presses", HF_FENCE="4")
    alert(either, "alert8", "presses", HF_FENCE="")
    time.sleep(1)
    assert result(either, "alert5", "ack", timeout=0) == first
    assert [either.get("holdfast-alert", f"alert{n}") for n in (6, 7, 8)] == ["", "", ""]
