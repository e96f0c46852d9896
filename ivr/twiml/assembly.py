"""Puts the app together from its settings. Composition root: the only place here that knows the spool and the prompts' texts."""

import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from flask import Flask

from callbacks.masking import mask_log_values
from config.prompts.catalogue import wordings
from ivr.twiml.addresses import Addresses
from ivr.twiml.app import create_app
from ivr.twiml.books import BookFile
from ivr.twiml.calls import Calls
from ivr.twiml.danger import Danger
from ivr.twiml.keeping import Keeper
from ivr.twiml.recordings import Account, Fetcher, Wishes
from ivr.twiml.settings import FailoverSettings
from ivr.twiml.trail import Seal
from ivr.twiml.verbs import Sound

KEEP_SECONDS = 4.0  # a provider waits 15 s for an answer, and a caller hears nothing meanwhile
Clock = Callable[[], datetime]
NEEDED = (
    "message-fault",
    "offer",
    "offer-keyed",
    "enter-number",
    "read-back",
    "confirm",
    "promise",
    "not-noted",
)


def utc_now() -> datetime:
    """Aware UTC."""
    return datetime.now(UTC)


def log_to_stderr() -> None:
    """One JSON object a line; numbers of callers stand in the spool, not in the log."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            mask_log_values,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


class PromptFolder:
    """Finds prompts. url: of the folder, as the provider reaches it. One that is missing is spoken by the provider's voice."""

    def __init__(self, folder: Path, url: str) -> None:
        self._folder, self._url = folder, url

    def __call__(self, language: str, prompt: str, scope: str = "") -> Sound:
        """A message in the scope's own words where it has some; the standard phrase where nobody has said it in this language."""
        if not prompt.startswith("message-"):
            return self._file(language, prompt) or Sound("", wordings(language).get(prompt, ""))
        names = (f"{prompt}@{scope}", prompt) if scope else (prompt,)
        found = next((sound for name in names if (sound := self._file(language, name))), None)
        if found is None and prompt not in wordings(language):
            return self(language, "message-fault", scope)
        return found or Sound("", wordings(language)[prompt])

    def _file(self, language: str, name: str) -> Sound | None:
        try:
            state = (self._folder / language / f"{name}.wav").stat()
        except OSError:
            return None
        # The provider keeps what it has fetched: a new recording needs a new address.
        return Sound(f"{self._url}/{language}/{name}.wav?v={state.st_mtime_ns // 1_000_000}-{state.st_size}")

    def missing(self, languages: Sequence[str]) -> list[str]:
        """Of those that every caller needs, one line for each language."""
        lacks = {
            language: [name for name in NEEDED if not (self._folder / language / f"{name}.wav").exists()]
            for language in languages
        }
        return [
            f"prompts in {language} are missing ({', '.join(names)}): copy the prompts folder to {self._folder}"
            for language, names in lacks.items()
            if names
        ]


class Site:
    """All parts of one process."""

    def __init__(self, settings: FailoverSettings, clock: Clock = utc_now) -> None:
        folder = settings.data_dir
        addresses = Addresses(settings.public_url)
        seal = Seal(settings.secret.get_secret_value())
        self.settings = settings
        self.books = BookFile(folder / "ivr" / "dialogue.json")
        self.keeper = Keeper(folder / "spool", settings.site, KEEP_SECONDS, clock)
        self.prompts = PromptFolder(
            folder / "prompts", settings.prompts_url or f"{settings.public_url}/prompts"
        )
        danger = Danger(
            seal,
            self.prompts,
            self.keeper.keep,
            addresses,
            settings.oncall,
            settings.ring,
            settings.oncall_caller or "",
            settings.next_url or "",
        )
        self.calls = Calls(
            seal,
            self.books,
            self.prompts,
            self.keeper,
            addresses,
            Wishes(folder / "recordings").want,
            danger,
            settings.next_url or "",
            settings.length,
        )
        self._clock = clock

    def app(self) -> Flask:
        """What gunicorn serves."""
        return create_app(
            self.calls,
            auth_token=self.settings.auth_token.get_secret_value(),
            public_url=self.settings.public_url,
            prompts=self.settings.data_dir / "prompts",
            health=self.problems,
            clock=self._clock,
        )

    def problems(self) -> list[str]:
        """What is wrong here, with its remedy: for ``/health`` and ``check``."""
        book = self.books.book
        found = [self.keeper.problem, self.books.problem, *self.prompts.missing(book.policy.languages)]
        return [problem for problem in found if problem]

    def fetcher(self) -> Fetcher:
        """Fetches recordings from the provider."""
        settings = self.settings
        account = Account(settings.api_url, settings.account_sid, settings.auth_token.get_secret_value())
        keep = timedelta(days=settings.recordings_keep)
        return Fetcher(settings.data_dir / "recordings", account, keep, self._clock)
