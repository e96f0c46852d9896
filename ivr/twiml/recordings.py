"""Messages that callers recorded: asked for at the provider, kept here, and later deleted there.

What is wanted is a small file per recording, written before the call goes on, so that no restart forgets one. A worker fetches
(``python -m ivr.twiml recordings``); calls never wait for it.
"""

import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import requests
import structlog

log = structlog.get_logger()
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,119}")
SID = re.compile(r"RE[0-9a-fA-F]{32}")
MOST_BYTES = 20 * 1024 * 1024
TIMEOUT = (5.0, 30.0)  # seconds to connect, and between two pieces
WANTED = ".wanted"


class NotFetched(Exception):
    """The provider did not give it (yet); the text says why."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One recording. name: of the file here, with its suffix. sid: the provider's. fetched_at: aware, None: not yet."""

    name: str
    sid: str
    asked_at: datetime
    fetched_at: datetime | None = None


class Wishes:
    """The recordings that are still to be fetched, or to be deleted at the provider, in ``folder/.wanted``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / WANTED

    def want(self, name: str, sid: str, now: datetime) -> bool:
        """Ask for one; False when it cannot be written down, or is no recording. A second time changes nothing."""
        if not NAME.fullmatch(name) or not SID.fullmatch(sid):
            log.warning("no recording", name=name[:40], sid=sid[:40])
            return False
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            if not (self._folder / f"{name}.json").exists():
                self.put(Wanted(name, sid, now))
        except OSError as error:
            log.error("a recording cannot be asked for", name=name, problem=str(error))
            return False
        return True

    def put(self, wanted: Wanted) -> None:
        """Write one down, in one step and durable. Raises OSError."""
        draft = self._folder / f".{wanted.name}.{os.getpid()}"
        with draft.open("w") as file:
            json.dump(asdict(wanted), file, default=lambda moment: moment.isoformat())
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._folder / f"{wanted.name}.json")

    def drop(self, wanted: Wanted) -> None:
        """Nothing is to be done about it any more."""
        (self._folder / f"{wanted.name}.json").unlink(missing_ok=True)

    def __iter__(self) -> Iterator[Wanted]:
        for path in sorted(self._folder.glob("*.json")):
            try:
                row = json.loads(path.read_text())
                fetched = row["fetched_at"] and datetime.fromisoformat(row["fetched_at"])
                yield Wanted(
                    row["name"], row["sid"], datetime.fromisoformat(row["asked_at"]), fetched or None
                )
            except (OSError, ValueError, KeyError, TypeError) as error:
                log.error("not readable", file=str(path), problem=str(error))


@dataclass(frozen=True, slots=True)
class Account:
    """Where recordings are. api_url: base address of the provider's API."""

    api_url: str
    sid: str
    token: str

    def address(self, recording: str, suffix: str) -> str:
        """Made from the id, never from an address that came with a request."""
        return f"{self.api_url}/2010-04-01/Accounts/{self.sid}/Recordings/{recording}{suffix}"


class Fetcher:
    """Fetches what is wanted, and deletes it at the provider ``keep`` after that. clock: aware UTC."""

    def __init__(
        self, folder: Path, account: Account, keep: timedelta, clock: Callable[[], datetime]
    ) -> None:
        self._folder, self._account, self._keep, self._clock = folder, account, keep, clock
        self._wishes = Wishes(folder)
        self._session = requests.Session()
        self._session.auth = (account.sid, account.token)
        self._session.trust_env = False

    def once(self) -> tuple[int, int, int]:
        """One round: how many were fetched, deleted at the provider, and failed. What failed is tried in the next round."""
        fetched = deleted = failed = 0
        for wanted in self._wishes:
            try:
                if wanted.fetched_at is None:
                    self._fetch(wanted)
                    fetched += 1
                elif self._clock() - wanted.fetched_at >= self._keep:
                    self._delete(wanted)
                    deleted += 1
            except (NotFetched, OSError) as error:  # requests' errors are OSErrors
                failed += 1
                log.warning("recording", name=wanted.name, problem=str(error))
        return fetched, deleted, failed

    def close(self) -> None:
        """Lets go of the connections."""
        self._session.close()

    def _fetch(self, wanted: Wanted) -> None:
        draft = self._folder / f".{wanted.name}.{os.getpid()}"
        try:
            with draft.open("w+b") as file:
                for piece in self._pieces(self._account.address(wanted.sid, ".wav")):
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
                file.seek(0)
                if file.read(4) != b"RIFF":
                    raise NotFetched("it is no WAV file")
            draft.replace(self._folder / wanted.name)
        finally:
            draft.unlink(missing_ok=True)
        self._wishes.put(replace(wanted, fetched_at=self._clock()))

    def _pieces(self, address: str) -> Iterator[bytes]:
        with self._session.get(address, timeout=TIMEOUT, stream=True, allow_redirects=False) as answer:
            if answer.status_code != 200:
                raise NotFetched(f"the provider answers {answer.status_code}")
            size = 0
            for piece in answer.iter_content(64 * 1024):
                size += len(piece)
                if size > MOST_BYTES:
                    raise NotFetched(f"it is longer than {MOST_BYTES} bytes")
                yield piece

    def _delete(self, wanted: Wanted) -> None:
        address = self._account.address(wanted.sid, ".json")
        with self._session.delete(address, timeout=TIMEOUT, allow_redirects=False) as answer:
            if answer.status_code not in (200, 204, 404):
                raise NotFetched(f"the provider answers {answer.status_code} to its deletion")
        self._wishes.drop(wanted)
