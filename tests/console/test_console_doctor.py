"""What ``holdfast doctor`` finds: rights of Asterisk's own user, what tier 2 reads, who is told of danger, the manager login."""

import asyncio
import os
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ami_server import FakeAsterisk
from authority import Authority
from pydantic import SecretStr

from alerts.policy import AlertPolicy, Duty, Person
from config.asterisk import LOCAL
from config.danger import DangerPolicy
from config.policy import DEFAULT_POLICY, parse_policy
from config.settings import load_settings
from console.commands import doctor
from console.looks import NotWell, Place, Warned, files, host, manager, staff
from ivr.book_file import DialogueBook, write

POLICY = parse_policy(DEFAULT_POLICY.read_text(encoding="utf-8"))
NOBODY = "nobody"
QUEUE = POLICY.fallback.scopes["power"].queue


@pytest.fixture
def place() -> Iterator[Place]:
    """A site in a folder that everybody may enter (pytest's own are closed); Asterisk runs as a user who owns nothing there."""
    with tempfile.TemporaryDirectory(prefix="holdfast-doctor-") as folder:
        Path(folder).chmod(0o755)
        yield _place(Path(folder))


def _place(folder: Path) -> Place:
    settings = load_settings(
        data_dir=folder, policy_file=DEFAULT_POLICY, ami_secret="right", local_agi=True, ami_port=1
    )
    for made in (settings.recordings_dir, settings.tier3_dir, folder / "asterisk"):
        made.mkdir()
        made.chmod(0o777)
    return Place(settings, POLICY, folder / "asterisk", NOBODY)


def book(place: Place, at: datetime | None = None, pbx: str = POLICY.pbx_id) -> Path:
    """As the bridge writes it."""
    path = place.settings.data_dir / "ivr" / "dialogue.json"
    write(path, DialogueBook(POLICY.caller, pbx_id=pbx, written_at=at or datetime.now(UTC)))
    return path


def script(place: Place) -> Path:
    """As it is rendered, with a program that everybody may start."""
    program = place.files / "holdfast-local-agi"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    path = place.files / LOCAL
    path.write_text(
        f"#!/bin/sh\n# rendered\nexec {program} {place.settings.data_dir / 'ivr' / 'dialogue.json'}\n"
    )
    path.chmod(0o755)
    return path


def test_a_fresh_book_is_well_and_an_old_one_names_the_bridge(place: Place) -> None:
    book(place)
    assert "is fresh" in files.dialogue(place)
    book(place, datetime.now(UTC) - timedelta(minutes=45))
    with pytest.raises(NotWell, match="written 45 minutes ago") as told:
        files.dialogue(place)
    assert "start the bridge" in told.value.remedy


def test_a_book_that_is_missing_broken_or_of_another_site_is_told(place: Place) -> None:
    with pytest.raises(NotWell, match="cannot be read"):
        files.dialogue(place)
    path = book(place)
    path.write_text("{")
    with pytest.raises(NotWell, match="JSONDecodeError"):
        files.dialogue(place)
    book(place, pbx="elsewhere")
    with pytest.raises(NotWell, match="is of 'elsewhere'"):
        files.dialogue(place)


def test_a_script_that_asterisk_can_start_is_well(place: Place) -> None:
    book(place)
    script(place)
    assert f"can be started by {NOBODY}" in files.tier2(place)


@pytest.mark.parametrize(
    ("mode", "what"),
    [
        ({LOCAL: 0o744}, "nobody may not read and execute it"),
        ({LOCAL: 0o750}, "nobody may not read and execute it"),
        ({"holdfast-local-agi": 0o700}, "holdfast-local-agi: nobody may not"),
        ({"../ivr": 0o700}, "ivr may not be entered by nobody"),
        ({"../ivr/dialogue.json": 0o600}, "dialogue.json: nobody may not read it"),
    ],
)
def test_a_right_that_asterisk_lacks_is_named_with_its_path(
    place: Place, mode: dict[str, int], what: str
) -> None:
    book(place)
    script(place)
    for name, rights in mode.items():
        (place.files / name).resolve().chmod(rights)
    with pytest.raises(NotWell, match=what):
        files.tier2(place)


def test_a_script_that_was_not_rendered_or_reads_another_book_is_told(place: Place) -> None:
    with pytest.raises(NotWell, match="there is no"):
        files.tier2(place)
    book(place)
    path = script(place)
    other = place.files / "dialogue.json"
    other.write_text("{}")
    path.write_text(f"#!/bin/sh\nexec {place.files / 'holdfast-local-agi'} {other}\n")
    with pytest.raises(NotWell, match=r"reads .*asterisk/dialogue.json, the bridge writes"):
        files.tier2(place)
    path.write_text("#!/bin/sh\necho\n")
    with pytest.raises(NotWell, match="not as it was rendered"):
        files.tier2(place)


def test_without_tier_two_no_script_is_looked_for(place: Place) -> None:
    off = replace(place, settings=place.settings.model_copy(update={"local_agi": False}))
    assert "tier 2 is off" in files.tier2(off)


def test_folders_that_asterisk_writes_are_looked_at_with_its_rights(place: Place) -> None:
    assert "can be written by nobody" in files.recordings(place)
    assert "can be written by nobody" in files.lines(place)
    place.settings.recordings_dir.chmod(0o755)
    with pytest.raises(NotWell, match=r"recordings_dir: .*nobody may not write and execute it"):
        files.recordings(place)
    place.settings.recordings_dir.rmdir()
    with pytest.raises(NotWell, match="there is no") as told:
        files.recordings(place)
    assert "give it to Asterisk's user" in told.value.remedy


def test_an_unknown_user_is_told_and_no_user_is_a_warning(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NotWell, match="no user 'nosuchuser'") as told:
        files.recordings(replace(place, user="nosuchuser"))
    assert not isinstance(told.value, Warned)
    monkeypatch.setattr(files, "asterisk_user", lambda _name: None)
    with pytest.raises(Warned, match="rights were not looked at"):
        files.recordings(replace(place, user=""))


def test_the_user_of_a_running_asterisk_is_found_with_the_groups_of_the_process(tmp_path: Path) -> None:
    for pid, name in (("12", "bash"), ("345", "asterisk")):
        (tmp_path / pid).mkdir()
        said = f"Name:\t{name}\nUid:\t7001\t7002\t7002\t7002\nGid:\t71\t72\t72\t72\nGroups:\t72 90 \n"
        (tmp_path / pid / "status").write_text(said)
    assert host.asterisk_user(processes=tmp_path) == host.User("uid 7002", 7002, frozenset({72, 90}))


def test_group_and_owner_count_before_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("")
    path.chmod(0o074)
    found = path.stat()
    owner = host.User("owner", found.st_uid or 1, frozenset())
    member = host.User("member", 4242, frozenset({found.st_gid}))
    stranger = host.User("stranger", 4242, frozenset())
    if found.st_uid:
        assert not owner.may(path, os.R_OK), "an owner without rights has none, whatever the others have"
    assert member.may(path, os.R_OK | os.W_OK | os.X_OK)
    assert stranger.may(path, os.R_OK)
    assert not stranger.may(path, os.W_OK)


def test_nobody_on_call_and_nobody_on_duty_are_warnings(place: Place) -> None:
    empty = replace(POLICY, danger=DangerPolicy(), alerts=AlertPolicy(), alerts_on=True)
    with pytest.raises(Warned, match="nobody is rung for danger"):
        staff.oncall(replace(place, policy=empty))
    with pytest.raises(Warned, match="nobody holds the role 'duty'"):
        staff.duty(replace(place, policy=empty))
    with pytest.raises(Warned, match="alerts are switched off"):
        staff.duty(replace(place, policy=replace(empty, alerts_on=False)))
    manned = replace(
        empty,
        danger=DangerPolicy(oncall=("PJSIP/8001",)),
        alerts=AlertPolicy(
            people={"one": Person("person on duty", "en", ())}, roles={"duty": (Duty("one"),)}
        ),
    )
    assert "1 numbers or phones" in staff.oncall(replace(place, policy=manned))
    assert "person on duty is told" in staff.duty(replace(place, policy=manned))


def test_one_password_for_everybody_is_a_warning(place: Place) -> None:
    assert "not used on this machine" in staff.leaders(place)
    one = place.settings.model_copy(update={"console_password": SecretStr("one")})
    with pytest.raises(Warned, match="a leader's things"):
        staff.leaders(replace(place, settings=one))
    two = one.model_copy(update={"console_leader_password": SecretStr("two")})
    assert "tells leaders and agents apart" in staff.leaders(replace(place, settings=two))


def test_a_host_that_only_a_dns_knows_is_warned_of(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.1 localhost # Box1\n10.0.0.7\tbox1.example Box1\n")
    assert doctor._in_hosts("box1", hosts)
    assert not doctor._in_hosts("box2", hosts)
    assert not doctor._in_hosts("10.0.0.7", hosts)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: [])
    monkeypatch.setattr(socket, "gethostname", lambda: "a-host-that-no-file-names")
    with pytest.raises(Warned, match="without a DNS"):
        doctor._own_name(place)


# -- the manager


def _said(*lines: str) -> bytes:
    return "\r\n".join(("Response: Success", "ActionID: x", *lines)).encode() + b"\r\n\r\n"


LOADED = _said("Variable: DIALPLAN_EXISTS(holdfast,enter,1)", "Value: 1")
TAKES = _said(
    "Category-000000: power",
    "Line-000000-000000: context=holdfast-exit",
    "Line-000000-000001: strategy=rrmemory",
)


@dataclass
class Port:
    """A manager port in a thread of its own, because a doctor waits."""

    asterisk: FakeAsterisk
    ready: threading.Event = field(default_factory=threading.Event)
    over: asyncio.Event | None = None
    loop: asyncio.AbstractEventLoop | None = None

    async def _serve(self) -> None:
        self.loop, self.over = asyncio.get_running_loop(), asyncio.Event()
        async with self.asterisk:
            self.ready.set()
            await self.over.wait()

    @contextmanager
    def serving(self) -> Iterator[int]:
        thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        thread.start()
        assert self.ready.wait(5)
        try:
            yield self.asterisk.port
        finally:
            assert self.loop is not None
            assert self.over is not None
            self.loop.call_soon_threadsafe(self.over.set)
            thread.join(5)


def at(place: Place, port: int, **differs: object) -> Place:
    return replace(place, settings=place.settings.model_copy(update={"ami_port": port, **differs}))


def asterisk(**answers: bytes) -> FakeAsterisk:
    return FakeAsterisk(answers={"Getvar": LOADED, "GetConfig": TAKES} | answers)


def test_the_doctor_logs_in(place: Place) -> None:
    with Port(asterisk()).serving() as port:
        said = manager.account(at(place, port))
    assert said == f"Asterisk Call Manager/11.0.0 at 127.0.0.1 port {port}, logged in as holdfast"


def test_a_wrong_secret_is_told_and_not_shown(place: Place) -> None:
    with Port(FakeAsterisk(secret="another")).serving() as port, pytest.raises(NotWell) as told:
        manager.account(at(place, port))
    assert "refuses the account holdfast: Authentication failed" in told.value.what
    assert "right" not in told.value.what.replace("rights", "")


@pytest.mark.parametrize(
    ("peer", "what"),
    [
        (FakeAsterisk(banner=b"SSH-2.0-OpenSSH_9.2\r\n"), "is no Asterisk manager"),
        (FakeAsterisk(drop_on=frozenset({"Login"})), "closed the connection"),
        (FakeAsterisk(deaf=frozenset({"Login"})), "timed out"),
    ],
)
def test_a_port_that_is_no_manager_or_does_not_answer_is_told(
    place: Place, peer: FakeAsterisk, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manager, "PATIENCE", 0.5)
    with Port(peer).serving() as port, pytest.raises(NotWell, match=what):
        manager.account(at(place, port))


def test_a_manager_by_tls_has_to_prove_who_it_is(place: Place, tmp_path: Path) -> None:
    trusted = Authority(tmp_path)
    server = trusted.server("IP:127.0.0.1")
    with Port(FakeAsterisk(tls=server)).serving() as port:
        assert "logged in" in manager.account(at(place, port, ami_tls=True, ami_ca=trusted.ca))
        with pytest.raises(NotWell, match="ami_tls: no TLS"):
            manager.account(at(place, port, ami_tls=True))


def test_loaded_dial_plan_and_queues_that_take_over_are_well(place: Place) -> None:
    with Port(asterisk()).serving() as port:
        assert f"{QUEUE} takes over queues_holdfast.conf" in manager.included(at(place, port))


@pytest.mark.parametrize(
    ("answers", "kind", "what"),
    [
        ({"Getvar": _said("Value: 0")}, NotWell, "no context holdfast"),
        (
            {"GetConfig": _said("Line-000000-000000: strategy=rrmemory")},
            NotWell,
            "does not take over its template",
        ),
        (
            {"GetConfig": _said("Line-0-0: context=holdfast-exit", "Line-0-1: context = own")},
            Warned,
            r"own\)",
        ),
        (
            {"GetConfig": b"Response: Error\r\nActionID: x\r\nMessage: no category\r\n\r\n"},
            Warned,
            "no category",
        ),
    ],
)
def test_what_asterisk_does_not_read_is_told(
    place: Place, answers: dict[str, bytes], kind: type[NotWell], what: str
) -> None:
    with Port(asterisk(**answers)).serving() as port, pytest.raises(NotWell, match=what) as told:
        manager.included(at(place, port))
    assert type(told.value) is kind
