"""A caller in a story who does what he does when he hears what he hears: Asterisk's log says what is played to him."""

import itertools
import time
from pathlib import Path
from typing import Self

from lab import Lab

TALKER = """
[story-listener]
exten => s,1,Wait(120)
[story-talker]
exten => s,1,Playtones(425)
 same => n,Wait(120)
"""
_NUMBERS = itertools.count(1)


def furnish(lab: Lab) -> Path:
    """The callers' own ends; reload, and delete the file afterwards."""
    file = lab.holdfast_conf_dir / "extensions_story.conf"
    file.write_text(TALKER)
    return file


class StoryCaller:
    """One call to the hotline, on no carrier's line."""

    def __init__(self, lab: Lab, number: str, talks: bool = False) -> None:
        self._lab = lab
        self._name = f"story-{next(_NUMBERS)}-{time.monotonic_ns()}"
        self._read_to = self.since = lab.log.stat().st_size
        said = lab.action(
            Action="Originate",
            Channel="Local/95598@from-carrier/n",
            Context=f"story-{'talker' if talks else 'listener'}",
            Exten="s",
            Priority="1",
            CallerID=number,
            ChannelId=self._name,
            OtherChannelId=f"{self._name}-2",
            Async="true",
        )
        assert said["Response"] == "Success", said
        self.channel = self._await_channel()

    @property
    def unique_id(self) -> str:
        """Of the half that is in the dial plan."""
        return f"{self._name}-2"

    def _await_channel(self) -> str:
        end = time.monotonic() + 5
        while time.monotonic() < end:
            for row in self._rows():
                if row[-1] == self.unique_id:
                    return row[0]
            time.sleep(0.02)
        raise AssertionError("the call did not begin")

    def _rows(self) -> list[list[str]]:
        return [line.split("!") for line in self._lab.cli("core show channels concise").splitlines()]

    def hears(self, prompt: str, timeout: float = 15.0) -> Self:
        """As soon as this is played to him; what was played before is over."""
        end = time.monotonic() + timeout
        while True:
            at = self._find(prompt, self._read_to)
            if at is not None:
                self._read_to = at
                return self
            assert time.monotonic() < end, f"he never heard {prompt}; he heard {self.heard()}"
            time.sleep(0.03)

    def heard(self) -> list[str]:
        """All that was played to him, in order."""
        mark = f"<{self.channel}> Playing '"
        lines = self._text(self.since).splitlines()
        return [Path(line.split(mark)[1].split("'")[0]).name.split(".")[0] for line in lines if mark in line]

    def presses(self, keys: str) -> Self:
        """The application reads from its first frame on, a little after it is reported."""
        time.sleep(0.15)
        for key in keys:
            self._lab.action(Action="PlayDTMF", Channel=f"{self.channel[:-1]}1", Digit=key)
            time.sleep(0.12)
        return self

    def talks_to(self) -> str:
        """The other channel in his conversation, "" while there is none."""
        rows = self._rows()
        bridge = next((row[-2] for row in rows if row[-1] == self.unique_id), "")
        return next(
            (row[0] for row in rows if bridge and row[-2] == bridge and row[-1] != self.unique_id), ""
        )

    def hang_up(self) -> Self:
        """Puts the telephone down."""
        self._lab.action(Action="Hangup", Channel=f"{self.channel[:-1]}1")
        return self.ended()

    def ended(self, timeout: float = 30.0) -> Self:
        """As soon as the call is over."""
        end = time.monotonic() + timeout
        while any(row[-1] == self.unique_id for row in self._rows()):
            assert time.monotonic() < end, f"the call does not end; he heard {self.heard()}"
            time.sleep(0.05)
        return self

    def _find(self, prompt: str, since: int) -> int | None:
        """Behind the line that says so, as an offset in the log."""
        with self._lab.log.open("rb") as log:
            log.seek(since)
            data = log.read()
        mark, at = f"<{self.channel}> Playing '".encode(), 0
        for line in data.splitlines(keepends=True):
            at += len(line)
            if line.endswith(b"\n") and mark in line and f"/{prompt}.".encode() in line:
                return since + at
        return None

    def _text(self, since: int) -> str:
        with self._lab.log.open("rb") as log:
            log.seek(since)
            return log.read().decode(errors="replace")
