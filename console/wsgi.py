"""What gunicorn serves: ``console.wsgi:build()``. The page's composition root."""

from typing import Final
from zoneinfo import ZoneInfo

from flask import Flask

from callbacks.logs import set_up
from config.call_hours import CallDays
from config.errors import ConfigError, ConfigErrors
from config.policy import load_policy
from config.settings import Settings, load_settings
from console.bridge_socket import socket_path
from console.forms.door import FormDoor
from console.records.notice import wording_of
from console.summary import Known
from console.web import Shelf, Site, create_app
from ivr.numbers import check
from store import Store

SAME_PASSWORD: Final = ConfigError(
    "environment",
    "HOLDFAST_CONSOLE_LEADER_PASSWORD",
    "is the same as HOLDFAST_CONSOLE_PASSWORD; then every agent would be a leader",
    "Set it to another one, or unset it.",
)


def build() -> Flask:
    """The app from the environment. Raises ConfigErrors that list everything missing, StoreProblem for the store."""
    settings = load_settings()
    set_up(settings.log_level, fast=False)
    return create_app(Store(settings.database_url), site_of(settings))


def site_of(settings: Settings) -> Site:
    """The site from settings and policy. Raises ConfigErrors naming every setting that the console lacks."""
    password, secret = settings.console_password, settings.console_secret_key
    missing = [
        ConfigError("environment", name, "not set; the console does not start without it", remedy)
        for name, value, remedy in (
            ("HOLDFAST_CONSOLE_PASSWORD", password, "Set it to a password of your own."),
            ("HOLDFAST_CONSOLE_SECRET_KEY", secret, "Set it to a long random text: openssl rand -hex 32"),
        )
        if value is None or not value.get_secret_value()
    ]
    if missing or password is None or secret is None:
        raise ConfigErrors(missing)
    leader = settings.console_leader_password
    if leader is not None and leader.get_secret_value() == password.get_secret_value():
        raise ConfigErrors([SAME_PASSWORD])
    policy = load_policy(settings.policy_file)
    days = CallDays()
    return Site(
        password=password.get_secret_value(),
        secret_key=secret.get_secret_value(),
        known=Known(
            tuple(policy.fallback.scopes),
            ZoneInfo(policy.timezone),
            socket_path(settings.data_dir),
            policy.callbacks.warn_before,
        ),
        leader_password=leader.get_secret_value() if leader is not None else "",
        calls=policy.callbacks,
        calendar=lambda now: days.at(policy, now),
        wording=wording_of(policy),
        forms=FormDoor(policy, settings.spool_dir, settings.data_dir),
        measures=policy.measures,
        queues={name: scope.queue for name, scope in policy.fallback.scopes.items()},
        dialled=lambda number: check(number, policy.caller).number or number,
        shelf=Shelf(settings.recordings_dir, policy.pbx_id, settings.data_dir / "remote"),
    )
