"""The settings of this site, from its environment: ``HOLDFAST_FAILOVER_`` and the field's name in capitals.

They stand apart from those of the hotline's own site, because this runs on another machine that knows nothing of it.
"""

import re
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from ivr.lengths import Length

PREFIX = "HOLDFAST_FAILOVER_"


class SettingsWrong(Exception):
    """Everything that is wrong with the settings, one line each, with its remedy."""


def _url(url: str) -> str:
    found = urlsplit(url)
    if found.scheme not in ("http", "https") or not found.hostname or found.query or found.fragment:
        raise ValueError("must be a plain http:// or https:// address")
    return url.rstrip("/")


def _numbers(numbers: tuple[str, ...]) -> tuple[str, ...]:
    for number in numbers:
        if not re.fullmatch(r"\+[1-9][0-9]{6,14}", number):
            raise ValueError(
                "each must be a number in E.164, such as +442071234567, with a comma between two"
            )
    return numbers


def _listed(text: Any) -> Any:
    return tuple(part.strip() for part in text.split(",") if part.strip()) if isinstance(text, str) else text


Url = Annotated[str, AfterValidator(_url)]
Number = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$")]


class FailoverSettings(BaseSettings):
    """data_dir: all that must survive a restart: ``spool``, ``recordings``, and the copies ``ivr/dialogue.json`` and ``prompts``.

    public_url: under which the provider reaches us; it is what the provider signs. secret: signs what travels in addresses;
    the same at every site that answers the same number. account_sid, auth_token: of the provider's account.
    site: name of this site in the keys of its lines. oncall: who is rung by the danger key, in order; ring: seconds each;
    oncall_caller: the number that such a call shows, "" the caller's own. next_url: where a call goes on of which nothing can
    be kept here. prompts_url: where the prompts are to be had, if not here. length: of a dialogue that adapts.
    recordings_keep: days until a fetched recording is deleted at the provider. api_url: of the provider's API.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="ignore", frozen=True, hide_input_in_errors=True, env_ignore_empty=True
    )

    data_dir: Annotated[Path, AfterValidator(Path.absolute)]
    public_url: Url
    secret: Annotated[SecretStr, Field(min_length=16)]
    account_sid: Annotated[str, Field(pattern=r"^AC[0-9a-fA-F]{32}$")]
    auth_token: Annotated[SecretStr, Field(min_length=1)]
    site: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,40}$")] = "failover"
    oncall: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed), AfterValidator(_numbers)] = ()
    ring: Annotated[int, Field(ge=5, le=120)] = 20
    oncall_caller: Number | None = None
    next_url: Url | None = None
    prompts_url: Url | None = None
    length: Length = Length.FULL
    recordings_keep: Annotated[float, Field(ge=0, le=3650)] = 7.0
    api_url: Url = "https://api.twilio.com"


REMEDY = {
    "data_dir": "a directory that this user may write in, such as /var/lib/holdfast-failover",
    "public_url": "the address under which the provider reaches this app, such as https://failover.example",
    "secret": "at least 16 random characters, the same at every such site: openssl rand -hex 32",
    "account_sid": "the account's SID: AC and 32 hexadecimal digits",
    "auth_token": "the account's auth token",
    "site": "a short name of this site: letters, digits, _ . -",
    "oncall": "numbers in E.164 with commas between them, or leave it out",
    "ring": "seconds from 5 to 120",
    "oncall_caller": "a number of the account in E.164, or leave it out",
    "next_url": "the voice address at another site, or leave it out",
    "prompts_url": "the address of a copy of the prompts, or leave it out",
    "length": "full, short, express or message",
    "recordings_keep": "days, 0 or more",
    "api_url": "the base address of the provider's API, or leave it out",
}


def load_settings(**given: Any) -> FailoverSettings:
    """What is given wins over the environment. Raises SettingsWrong with everything that is wrong, never with a value."""
    try:
        return FailoverSettings(**given)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        raise SettingsWrong(
            "\n".join(_line(str(one["loc"][0]), one["type"], one["msg"]) for one in found)
        ) from None


def _line(name: str, kind: str, text: str) -> str:
    problem = "is missing" if kind == "missing" else text[:1].lower() + text[1:].removeprefix("alue error, ")
    return f"{PREFIX}{name.upper()}: {problem.removeprefix('value error, ')}. Set it to {REMEDY[name]}."
