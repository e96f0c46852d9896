"""Where things are and how to log in: the settings of a process, from its environment.

Read by composition roots only and passed on as plain values. A variable is called ``HOLDFAST_`` and the field's
name in capitals; a file of ``NAME=value`` lines may be named by ``HOLDFAST_ENV_FILE`` (the environment wins).
Secrets have no default and never appear in a repr or in an error.
"""

import os
import re
import ssl
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from ipaddress import ip_address
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from config.errors import ConfigError, ConfigErrors

PREFIX = "HOLDFAST_"
ENV_FILE = "HOLDFAST_ENV_FILE"
SOURCE = "environment"


def _directory(path: Path) -> Path:
    """A directory that exists or can be made: no part of its path is something else. Made absolute."""
    path = path.absolute()
    for part in (path, *path.parents):
        if part.is_dir():
            if part != path and not os.access(part, os.W_OK | os.X_OK):
                raise PydanticCustomError(
                    "directory", "cannot be made: this user may not write in {part}", {"part": str(part)}
                )
            return path
        if part.exists():
            raise PydanticCustomError("directory", "{part} is no directory", {"part": str(part)})
    return path


def _file(path: Path) -> Path:
    """A file that this user may read. Made absolute."""
    if not path.is_file() or not os.access(path, os.R_OK):
        raise PydanticCustomError("file", "{path} is no file that this user may read", {"path": str(path)})
    return path.absolute()


def _authority(path: Path) -> Path:
    """A file with certificates that can be read as such. Made absolute."""
    path = _file(path)
    try:
        ssl.create_default_context(cafile=str(path))
    except (OSError, ssl.SSLError) as error:
        raise PydanticCustomError(
            "authority", "{path} holds no certificate in PEM form", {"path": str(path)}
        ) from error
    return path


def _pin(pin: SecretStr) -> SecretStr:
    """Keyed on a telephone: digits, and too many to be tried out before it is locked."""
    if re.fullmatch("[0-9]{6,16}", pin.get_secret_value(), re.ASCII) is None:
        raise PydanticCustomError("pin", "must be 6 to 16 digits")
    return pin


def _url(url: str) -> str:
    """A base URL, without the slash at its end."""
    found = urlsplit(url)
    if found.scheme not in ("http", "https") or not found.hostname or found.query or found.fragment:
        raise PydanticCustomError("url", "must be a plain http:// or https:// address")
    return url.rstrip("/")


Directory = Annotated[Path, AfterValidator(_directory)]
Port = Annotated[int, Field(ge=1, le=65535)]
Host = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,253}$")]
Url = Annotated[str, AfterValidator(_url)]
Secret = Annotated[SecretStr, Field(min_length=1)]
Key = Annotated[SecretStr, Field(min_length=16)]


class Settings(BaseSettings):
    """data_dir: all that must survive a restart. database_url: SQLAlchemy's; by default SQLite in data_dir.

    policy_file: the site's policy. prompts_dir: prompts built to audio. spool_dir, tier3_dir: what callers left,
    before it is in the book; tier3_dir is written by Asterisk, which hands each line to the disk at once (tier3_sync).
    recordings_dir: messages, written by Asterisk. All of them are in data_dir by default.
    local_agi: tier 2, the dialogue as a program that Asterisk itself starts.
    ami_*: the manager account; ami_tls: by TLS, needed for another machine; ami_ca: who signed its certificate, else
    whoever this system trusts. agi_*: where our FastAGI listens; agi_secret: signs each call, needed beyond this machine.
    ship_secret: signs what the collector of a remote Asterisk sends.
    console_*: where the web console listens, its password and the key of its cookies (the console needs both);
    console_leader_password: with it, whoever gives the other one is an agent; without it everybody is a leader.
    beat_every: seconds between the heart beats that the dialplan's dead-man rules watch.
    twilio_*: the account for SMS and voice to staff, all of it or none; twilio_url: where its API answers.
    public_url: under which the outside reaches our web hooks and acknowledgement links, which link_secret signs.
    webhook_*: where the bridge listens for alerts from outside; off without the secret.
    code_pin: of the phone codes, which are off without it.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="ignore", frozen=True, hide_input_in_errors=True, env_ignore_empty=True
    )

    data_dir: Directory
    database_url: str = Field(
        default_factory=lambda known: f"sqlite:///{known['data_dir'] / 'holdfast.db'}",
        pattern=r"^(sqlite|postgresql)(\+[a-z]+)?://",
        repr=False,  # it may hold a password
    )
    policy_file: Annotated[Path, AfterValidator(Path.absolute)]
    prompts_dir: Directory = Field(default_factory=lambda known: known["data_dir"] / "prompts")
    spool_dir: Directory = Field(default_factory=lambda known: known["data_dir"] / "spool")
    tier3_dir: Directory = Field(default_factory=lambda known: known["data_dir"] / "tier3")
    tier3_sync: bool = True
    recordings_dir: Directory = Field(default_factory=lambda known: known["data_dir"] / "recordings")
    local_agi: bool = False
    ami_host: Host = "127.0.0.1"
    ami_port: Port = 5038
    ami_username: str = Field(default="holdfast", pattern=r"^[A-Za-z0-9_.-]{1,80}$")
    ami_secret: Secret
    ami_tls: bool = False
    ami_ca: Annotated[Path, AfterValidator(_authority)] | None = None
    agi_host: Host = "127.0.0.1"
    agi_port: Port = 4573
    agi_secret: Key | None = None
    ship_secret: Key | None = None
    console_host: Host = "127.0.0.1"
    console_port: Port = 8095
    console_password: Secret | None = None
    console_leader_password: Secret | None = None
    console_secret_key: Key | None = None
    beat_every: float = Field(default=1.0, ge=0.1, le=5.0)
    twilio_account_sid: Annotated[str, Field(pattern=r"^AC[0-9a-fA-F]{32}$")] | None = None
    twilio_auth_token: Secret | None = None
    twilio_from: Annotated[str, Field(pattern=r"^(\+[1-9][0-9]{6,14}|MG[0-9a-fA-F]{32})$")] | None = None
    twilio_url: Url = "https://api.twilio.com"
    public_url: Url | None = None
    link_secret: Key | None = None
    webhook_host: Host = "127.0.0.1"
    webhook_port: Port = 8096
    webhook_secret: Key | None = None
    code_pin: Annotated[SecretStr, AfterValidator(_pin)] | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"


KEY = "at least 16 random characters: openssl rand -hex 32"
REMEDY: Mapping[str, str] = MappingProxyType(
    {
        "data_dir": "a directory that this user may write in, such as /var/lib/holdfast",
        "database_url": "sqlite:///PATH or postgresql://USER@HOST/NAME, or leave it out",
        "policy_file": "the path of the policy file",
        "tier3_sync": "true or false",
        "recordings_dir": "a directory that Asterisk may write in",
        "local_agi": "true or false",
        "ami_tls": "true or false",
        "ami_ca": "the path of a PEM file with the certificate that signed Asterisk's own, or leave it out",
        "agi_secret": KEY,
        "ship_secret": KEY,
        "prompts_dir": "the directory of the built prompts",
        "spool_dir": "a directory on a local disk",
        "tier3_dir": "a directory that Asterisk may write in",
        "ami_username": "the account's name in manager.conf",
        "ami_secret": "the account's secret in manager.conf",
        "console_password": "a password of your own",
        "console_leader_password": "a second password, for leaders",
        "console_secret_key": KEY,
        "beat_every": "seconds from 0.1 to 5",
        "twilio_account_sid": "the account's SID: AC and 32 hexadecimal digits",
        "twilio_auth_token": "the account's auth token",
        "twilio_from": "a number of the account in E.164, or a messaging service's SID (MG…)",
        "twilio_url": "the base URL of Twilio's API, or leave it out",
        "public_url": "the address under which the outside reaches us, such as https://hotline.example",
        "link_secret": KEY,
        "webhook_secret": KEY,
        "code_pin": "6 to 16 digits",
        "log_level": "debug, info, warning or error",
    }
)
"""What each setting wants; ports and hosts say it by their name."""

GROUPS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("Twilio", ("twilio_account_sid", "twilio_auth_token", "twilio_from"), "no SMS and no call by Twilio"),
    ("acknowledgement links", ("public_url", "link_secret"), "no links in messages"),
)
"""Settings that only mean something together: what they are for, their names, and what it means to give none."""


def load_settings(**overrides: Any) -> Settings:
    """The settings of this process; overrides win over the environment.

    Raises ConfigErrors with everything that is wrong, and TypeError for an override that is no setting.
    """
    unknown = overrides.keys() - Settings.model_fields.keys()
    if unknown:
        raise TypeError(f"no setting is called {', '.join(sorted(unknown))}")
    env_file = os.environ.get(ENV_FILE)
    errors = list(_env_file_errors(env_file))
    source: dict[str, Any] = {"_env_file": None if errors else env_file}
    errors += _slips(source["_env_file"])
    try:
        settings = Settings(**source, **overrides)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        raise ConfigErrors([*errors, *(_error(one) for one in found if _is_own(one))]) from None
    errors += (*_halves(settings), *_beyond_this_machine(settings))
    if errors:
        raise ConfigErrors(errors)
    return settings


def _halves(settings: Settings) -> Iterator[ConfigError]:
    """Groups of which only a part is given."""
    for what, names, without in GROUPS:
        missing = [name for name in names if getattr(settings, name) is None]
        if missing and len(missing) < len(names):
            for name in missing:
                variable = f"{PREFIX}{name.upper()}"
                remedy = f"Set {variable} to {REMEDY[name]}, or unset all of {what} ({without})."
                yield ConfigError(
                    SOURCE, name, f"is missing, though other settings of {what} are given", remedy
                )


def _beyond_this_machine(settings: Settings) -> Iterator[ConfigError]:
    """A network carries the manager's secret by TLS only, and calls to our FastAGI only when they are signed."""
    if not settings.ami_tls and not is_here(settings.ami_host):
        problem = f"is needed, since the manager is on another machine ({settings.ami_host})"
        yield ConfigError(
            SOURCE, "ami_tls", problem, f"Set {PREFIX}AMI_TLS to true, and ami_port to its TLS port."
        )
    if settings.agi_secret is None and not is_here(settings.agi_host):
        problem = f"is needed, since calls come from other machines (agi_host is {settings.agi_host})"
        yield ConfigError(SOURCE, "agi_secret", problem, f"Set {PREFIX}AGI_SECRET to {KEY}.")


def is_here(host: str) -> bool:
    """Whether an address is one of this machine alone. A name other than localhost counts as another machine's."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def environment_now() -> Mapping[str, str]:
    """This process' environment, with what HOLDFAST_ENV_FILE adds to it; for addresses that a policy refers to."""
    env_file = os.environ.get(ENV_FILE)
    if not env_file or list(_env_file_errors(env_file)):
        return dict(os.environ)
    return {name: value for name, value in dotenv_values(env_file).items() if value} | dict(os.environ)


def _is_own(found: ErrorDetails) -> bool:
    """Not the echo of another error: a default that could not be told because data_dir is wrong."""
    return found["type"] != "default_factory_not_called"


def _error(found: ErrorDetails) -> ConfigError:
    field = str(found["loc"][0])
    variable = f"{PREFIX}{field.upper()}"
    wanted = REMEDY.get(field) or (
        "a port from 1 to 65535" if field.endswith("_port") else "a host name or address"
    )
    problem = _PLAIN.get(found["type"]) or _lower(found["msg"])
    return ConfigError(SOURCE, field, problem, f"Set {variable} to {wanted}.")


_PLAIN: Mapping[str, str] = MappingProxyType({"missing": "is missing", "too_short": "is too short"})


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]


def _env_file_errors(env_file: str | None) -> Iterator[ConfigError]:
    if env_file:
        try:
            Path(env_file).read_bytes().decode()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            problem = f"{env_file} cannot be read: {why}"
            yield ConfigError(SOURCE, ENV_FILE, problem, f"Correct the file, or unset {ENV_FILE}.")


def _slips(env_file: str | None) -> Iterator[ConfigError]:
    """Variables that look like a setting misspelt: left alone, a default would be in force without a word."""
    known = {f"{PREFIX}{field.upper()}" for field in Settings.model_fields} | {ENV_FILE}
    given = {**(dotenv_values(env_file) if env_file else {}), **os.environ}
    for name in sorted(given):
        close = get_close_matches(name, known, n=1, cutoff=0.9)
        if name.startswith(PREFIX) and name not in known and close:
            yield ConfigError(SOURCE, name, "is no setting", f"Did you mean {close[0]}?")
