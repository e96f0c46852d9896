"""Making the folder: whole or not at all, once, and with a sentence when it cannot be. apt and dpkg-deb are stand-ins."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from lab import LabError, provision

ROOT = Path(__file__).parents[2]

APT = """#!/bin/sh
for word; do case $word in -oDir::Cache=*) cache=${word#*=};; -oDir::Etc::sourcelist=*) list=${word#*=};; esac; done
echo "$@" >> "$STAND_IN/asked"
case "$*" in
*update*) grep -q " $REFUSED " "$list" && echo "Err:1 http://mirror nothing there" ; exit 0 ;;
*install*) echo "2 newly installed"; sleep "$SLOW"; touch "$cache/archives/one.deb" "$cache/archives/two.deb" ;;
esac
"""
DPKG = """#!/bin/sh
mkdir -p "$3/usr" && echo unpacked >> "$3/usr/$(basename "$2")"
"""


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of this test's own, and an apt that fetches two empty packages."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, text in (("apt-get", APT), ("dpkg-deb", DPKG)):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    for name, value in (
        ("XDG_CACHE_HOME", tmp_path),
        ("STAND_IN", tmp_path),
        ("SLOW", "0"),
        ("REFUSED", "none"),
    ):
        monkeypatch.setenv(name, str(value))
    monkeypatch.delenv("HOLDFAST_LAB_ASTERISK", raising=False)
    return tmp_path


def asked(stand_in: Path) -> int:
    log = stand_in / "asked"
    return log.read_text().count("update") if log.exists() else 0


def test_the_folder_is_made_once_and_found_the_second_time(stand_in: Path) -> None:
    said: list[str] = []
    first = provision.folder("sid", said.append)
    assert sorted(path.name for path in (first / "usr").iterdir()) == ["one.deb", "two.deb"]
    assert provision.folder("sid", said.append) == first
    assert asked(stand_in) == 1
    assert any("unpacking 2 packages" in text for text in said)
    assert [path.name for path in first.parent.iterdir()] in (["sid", "sid.lock"], ["sid.lock", "sid"])


def test_two_runs_at_once_make_it_once(stand_in: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLOW", "0.5")
    said: list[str] = []
    runs = [threading.Thread(target=provision.folder, args=("sid", said.append)) for _ in range(2)]
    for run in runs:
        run.start()
    for run in runs:
        run.join(30)
    assert asked(stand_in) == 1
    assert sum("another run is making sid" in text for text in said) == 1
    assert (provision.cache_dir() / "sid" / provision.MARK).exists()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_ended_half_way_leaves_no_half_folder(
    stand_in: Path, monkeypatch: pytest.MonkeyPatch, how: signal.Signals
) -> None:
    monkeypatch.setenv("SLOW", "60")
    code = "from lab import provision; provision.folder('sid', print)"
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.DEVNULL) as run:
        while not (stand_in / "asked").exists() or "install" not in (stand_in / "asked").read_text():
            time.sleep(0.02)
        run.send_signal(how)
    assert not (provision.cache_dir() / "sid").exists()
    monkeypatch.setenv("SLOW", "0")
    assert (provision.folder("sid", lambda text: None) / provision.MARK).exists()
    assert not (provision.cache_dir() / ".sid-making").exists()


def test_when_sid_cannot_be_had_bullseye_is_taken_and_said(
    stand_in: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFUSED", "sid")
    monkeypatch.setattr(provision, "in_folder", lambda root, sipp=None: root)
    said: list[str] = []
    assert provision._from_debian(None, said.append) == provision.cache_dir() / "bullseye"  # type: ignore[comparison-overlap] # the stand-in returns the folder itself
    assert any("sid cannot be had" in text and "bullseye" in text for text in said)


def test_a_mirror_without_the_suite_leaves_no_folder_and_names_itself(
    stand_in: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFUSED", "sid")
    monkeypatch.setenv("HOLDFAST_LAB_MIRROR", "http://mirror.example/debian/")
    with pytest.raises(
        LabError, match=r"sid at http://mirror\.example/debian failed \(Err:1 .*HOLDFAST_LAB_MIRROR"
    ):
        provision.folder("sid", lambda text: None)
    assert not (provision.cache_dir() / "sid").exists()


def test_without_apt_one_sentence_says_what_to_install(
    stand_in: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(stand_in))
    with pytest.raises(LabError, match=r"install Asterisk 16 or later and SIPp.*Debian or Ubuntu"):
        provision.provide()


def test_an_asterisk_that_nobody_can_fetch_is_refused(stand_in: Path) -> None:
    with pytest.raises(LabError, match="ask for 16 or 22"):
        provision.provide("13")
