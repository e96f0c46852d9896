"""The site of tier 4 as it runs: its own spool, killed processes, a policy that comes and goes, and the way into the book."""

import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from failover_site import POLICY, Gunicorn, book_of, environment, furnish, lines, site
from twilio_caller import TwilioCall, by_prompt, through

from callbacks.values import Matter
from ivr.twiml.__main__ import main
from ivr.twiml.settings import SettingsWrong, load_settings

OWN = {"offer-short": "1", "matter": "2"}
KEYED = {"offer-short": "2", "enter-number": "13800000000", "confirm": "1", "matter": "3"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return furnish(tmp_path / "failover")


def test_what_was_left_there_comes_into_the_book_once(prompts: Path, tmp_path: Path) -> None:
    running = site(prompts, site="shanghai-2")
    for n, answers in enumerate((OWN, KEYED, {}), 1):
        TwilioCall(through(running.app()), sid=f"CA{n}", caller="+8613912345678").run(by_prompt(answers))
    TwilioCall(through(running.app()), sid="CA4", caller="anonymous").run(lambda heard: None)
    running.keeper.close()
    shutil.copytree(prompts / "spool", tmp_path / "brought")
    with book_of(tmp_path) as (book, take):
        take(tmp_path / "brought")
        assert [(p.number, p.captures) for p in book.open_promises()] == [
            ("13912345678", 2),
            ("13800000000", 1),
        ]
        assert book.summary().captures == 4
        take(tmp_path / "brought")
        assert book.summary().captures == 4
    assert {line.key for line in lines(prompts)} == {f"shanghai-2:CA{n}" for n in (1, 2, 3, 4)}
    assert {line.tier for line in lines(prompts)} == {4}


def test_the_promise_comes_after_its_line_is_on_the_disk(folder: Path) -> None:
    running = site(folder)
    app, seen = running.app(), list[bool]()

    def post(url: str, fields: Mapping[str, str], headers: Mapping[str, str]) -> tuple[int, str]:
        status, text = through(app)(url, fields, headers)
        if "/promise.wav" in text or ">您的来电已经登记" in text:
            seen.append(any(line.promised for line in lines(folder)))
        return status, text

    TwilioCall(post).run(by_prompt({"offer-short": "1"} | spoken("1")))
    assert seen
    assert all(seen)
    running.keeper.close()


def spoken(key: str) -> dict[str, str]:
    """The same offer where no prompt was copied there: the provider's voice speaks its text."""
    from config.prompts.catalogue import wordings

    return {wordings("zh-CN")["offer-short"]: key}


def test_a_prompt_that_was_not_copied_is_spoken_by_the_provider(folder: Path) -> None:
    call = TwilioCall(through(site(folder).app())).run(by_prompt(spoken("1")))
    assert "我们的系统发生故障,我们的工程师正在维修。" in call.prompts
    file = folder / "prompts" / "zh-CN" / "message-fault.wav"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"RIFF")
    app = site(folder).app()
    assert "message-fault" in TwilioCall(through(app), sid="CA9").run(by_prompt(spoken("1"))).prompts
    with app.test_client().get("/prompts/zh-CN/message-fault.wav?v=1") as answer:
        assert answer.data == b"RIFF"


def test_a_scope_s_own_words_are_heard_by_its_callers_alone(folder: Path) -> None:
    """B3: as on Asterisk; a message that nobody has said here is the standard phrase."""
    for name in ("message-fault", "message-fault@power"):
        file = folder / "prompts" / "zh-CN" / f"{name}.wav"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(name.encode())
    app = site(folder).app()
    for scope, message, heard in (
        ("power", "fault", "message-fault@power"),
        ("water", "fault", "message-fault"),
        ("power", "storm", "message-fault@power"),
    ):
        path = f"/voice/{scope}?message={message}"
        call = TwilioCall(through(app), sid=f"CA{scope}{message}").run(by_prompt(spoken("1")), path=path)
        assert heard in call.prompts
    with app.test_client().get("/prompts/zh-CN/message-fault@power.wav?v=1") as answer:
        assert answer.data == b"message-fault@power"


@pytest.fixture
def prompts(folder: Path) -> Path:
    """Empty files under every name: the fake provider plays nothing."""
    from config.prompts.catalogue import catalogue

    for language, name in catalogue():
        file = folder / "prompts" / language / f"{name}.wav"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    return folder


def test_an_old_request_after_a_restart_adds_no_line(prompts: Path) -> None:
    first = site(prompts)
    call = TwilioCall(through(first.app())).run(by_prompt(KEYED))
    first.keeper.close()
    before = lines(prompts)
    assert any(line.promised for line in before)
    second = site(prompts)
    for sent in call.sent:
        assert TwilioCall(through(second.app())).again(sent)[0] == 200
    second.keeper.close()
    assert lines(prompts) == before


def test_a_call_that_goes_on_at_the_second_site_is_one_promise(prompts: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(prompts, other)
    here, there = site(prompts), site(other)
    apps = [through(here.app())] * 3 + [through(there.app())] * 20

    def post(url: str, fields: Mapping[str, str], headers: Mapping[str, str]) -> tuple[int, str]:
        return apps.pop(0)(url, fields, headers)

    TwilioCall(post).run(by_prompt(KEYED))
    here.keeper.close()
    there.keeper.close()
    assert lines(prompts)
    with book_of(tmp_path) as (book, take):
        take(other / "spool")
        take(prompts / "spool")
        (promise,) = book.open_promises()
        assert (promise.number, promise.matter) == ("13800000000", Matter.COMPLAINT)
        assert book.summary().captures == 1


def test_a_spool_that_takes_nothing_promises_nothing_and_is_used_again_when_it_does(prompts: Path) -> None:
    (prompts / "spool").write_text("a file where the folder should be")
    running = site(prompts)
    call = TwilioCall(through(running.app())).run(by_prompt(OWN))
    assert call.prompts[-1] == "not-noted"
    assert "promise" not in call.prompts
    assert any("spool" in problem for problem in running.problems())
    assert running.app().test_client().get("/health").status_code == 503
    (prompts / "spool").unlink()
    (prompts / "spool").mkdir()
    until = time.monotonic() + 5
    while running.problems() and time.monotonic() < until:
        time.sleep(0.05)
    assert "promise" in TwilioCall(through(running.app()), sid="CA2").run(by_prompt(OWN)).prompts
    running.keeper.close()


def test_a_policy_that_is_damaged_leaves_the_last_good_one_in_force(prompts: Path) -> None:
    running = site(prompts)
    assert running.books.book.policy == POLICY
    (prompts / "ivr" / "dialogue.json").write_text("{")
    assert running.books.book.policy == POLICY
    assert "dialogue.json" in running.problems()[0]
    furnish(prompts, replace(POLICY, languages=("en",)))
    assert running.books.book.policy.languages == ("en",)
    assert running.problems() == []


def test_without_any_policy_a_caller_is_still_taken_down(prompts: Path) -> None:
    (prompts / "ivr" / "dialogue.json").unlink()
    running = site(prompts)
    call = TwilioCall(through(running.app())).run(by_prompt(OWN))
    assert "promise" in call.prompts
    running.keeper.close()
    assert lines(prompts)[-1].number == "13912345678"


def test_a_policy_that_changes_under_a_call_asks_nothing_again_even_after_a_restart(prompts: Path) -> None:
    answer, running = by_prompt(KEYED), [site(prompts)]

    def change(heard: Sequence[str]) -> str | None:
        if "matter" in heard and len(running) == 1:
            furnish(prompts, replace(POLICY, max_tries=5))
            running.append(site(prompts))
        return answer(heard)

    def post(url: str, fields: Mapping[str, str], headers: Mapping[str, str]) -> tuple[int, str]:
        return through(running[-1].app())(url, fields, headers)

    call = TwilioCall(post).run(change)
    assert call.prompts.count("enter-number") == 1
    assert "promise" in call.prompts
    for one in running:
        one.keeper.close()


# -- settings and commands


def test_all_that_is_wrong_with_the_settings_is_said_at_once_and_no_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrong = environment(Path("/x"), secret="short-secret", oncall="+44,0571", public_url="ftp://x", ring="1")
    del wrong["HOLDFAST_FAILOVER_ACCOUNT_SID"]
    for name, text in wrong.items():
        monkeypatch.setenv(name, text)
    with pytest.raises(SettingsWrong) as caught:
        load_settings()
    said = str(caught.value).splitlines()
    assert [line.split(":")[0].removeprefix("HOLDFAST_FAILOVER_") for line in said] == [
        "PUBLIC_URL", "SECRET", "ACCOUNT_SID", "ONCALL", "RING",
    ]  # fmt: skip
    assert "short-secret" not in str(caught.value)


def test_the_check_says_what_is_missing_and_when_it_is_ready(
    prompts: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in environment(prompts).items():
        monkeypatch.setenv(name, text)
    assert main(["check"]) == 0
    (prompts / "prompts" / "en" / "offer.wav").unlink()
    assert main(["check"]) == 1
    assert "prompts in en are missing (offer)" in capsys.readouterr().err
    monkeypatch.delenv("HOLDFAST_FAILOVER_SECRET")
    assert main(["check"]) == 2


# -- killed


@pytest.fixture
def gunicorn(prompts: Path) -> Iterator[Gunicorn]:
    running = Gunicorn(prompts)
    yield running
    running.close()


@pytest.mark.slow
def test_calls_go_on_over_workers_and_servers_that_are_killed(
    gunicorn: Gunicorn, prompts: Path, tmp_path: Path
) -> None:
    """Before an answer something dies; the provider tries again, as the address asks it to."""

    def wait() -> None:
        until = time.monotonic() + 10
        while not gunicorn.alive() and time.monotonic() < until:
            time.sleep(0.05)

    def restart() -> None:
        gunicorn.kill()
        gunicorn.start()

    def ring(n: int, answers: Mapping[str, str], deaths: Mapping[str, Callable[[], None]]) -> None:
        answer, left = by_prompt(answers), dict(deaths)

        def dying(heard: Sequence[str]) -> str | None:
            for prompt in set(heard) & set(left):
                left.pop(prompt)()
            return answer(heard)

        caller = f"+861391234567{n}"
        call = TwilioCall(gunicorn.post, sid=f"CA{n}", caller=caller, wait=wait, retries=5).run(dying)
        assert not left
        assert "promise" in call.prompts
        assert call.prompts.count("enter-number") <= 1

    ring(1, KEYED, dict.fromkeys(("offer-short", "confirm", "matter"), gunicorn.kill_workers))
    ring(2, OWN, {"matter": restart})
    with book_of(tmp_path) as (book, take):
        take(prompts / "spool")
        found = sorted((promise.number, promise.captures) for promise in book.open_promises())
        assert found == [("13800000000", 1), ("13912345672", 1)]
        assert book.summary().captures == 2
