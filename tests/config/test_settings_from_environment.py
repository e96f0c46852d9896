"""Settings of a process: from its environment, all errors at once, no secret shown."""

import os
from pathlib import Path

import pytest

from config.errors import ConfigError, ConfigErrors
from config.settings import REMEDY, Settings, load_settings

SECRET = "hunter2-hunter2-hunter2"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing but what a process needs."""
    for name in [name for name in os.environ if name.upper().startswith("HOLDFAST_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOLDFAST_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("HOLDFAST_POLICY_FILE", str(tmp_path / "policy.yaml"))
    monkeypatch.setenv("HOLDFAST_AMI_SECRET", SECRET)


def errors() -> dict[str, ConfigError]:
    with pytest.raises(ConfigErrors) as caught:
        load_settings()
    assert all(error.problem and error.remedy for error in caught.value.errors)
    assert SECRET not in str(caught.value)
    return {error.place: error for error in caught.value.errors}


def test_directories_and_database_lie_in_the_data_directory_unless_said_otherwise(tmp_path: Path) -> None:
    settings = load_settings()
    assert settings.database_url == f"sqlite:///{tmp_path / 'data' / 'holdfast.db'}"
    assert settings.spool_dir == tmp_path / "data" / "spool"
    assert settings.tier3_dir == tmp_path / "data" / "tier3"
    assert settings.prompts_dir == tmp_path / "data" / "prompts"
    assert not (tmp_path / "data").exists()


def test_the_environment_is_read_and_an_override_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_AMI_PORT", "15038")
    monkeypatch.setenv("HOLDFAST_AGI_PORT", "14573")
    settings = load_settings(agi_port=24573, beat_every=0.5)
    assert (settings.ami_port, settings.agi_port, settings.beat_every) == (15038, 24573, 0.5)


def test_paths_do_not_depend_on_where_a_process_goes_later(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOLDFAST_DATA_DIR", "here")
    monkeypatch.setenv("HOLDFAST_POLICY_FILE", "my.yaml")
    settings = load_settings()
    assert (settings.data_dir, settings.policy_file) == (tmp_path / "here", tmp_path / "my.yaml")
    assert settings.spool_dir == tmp_path / "here" / "spool"


def test_a_file_named_by_the_environment_is_read_and_the_environment_wins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    env_file = tmp_path / "holdfast.env"
    env_file.write_text("HOLDFAST_AMI_USERNAME=from-file\nHOLDFAST_AMI_HOST=pbx9\n", encoding="utf-8")
    monkeypatch.setenv("HOLDFAST_ENV_FILE", str(env_file))
    monkeypatch.setenv("HOLDFAST_AMI_HOST", "pbx2")
    monkeypatch.setenv("HOLDFAST_AMI_TLS", "true")
    settings = load_settings()
    assert (settings.ami_username, settings.ami_host) == ("from-file", "pbx2")


def test_everything_that_is_wrong_is_told_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    a_file = tmp_path / "file"
    a_file.write_text("", encoding="utf-8")
    for name, value in {
        "DATA_DIR": f"{a_file}/data",
        "DATABASE_URL": f"mysql://u:{SECRET}@h/d",
        "AMI_PORT": "99999",
        "AGI_PORT": "agi",
        "CONSOLE_PORT": "0",
        "AMI_HOST": "a host",
        "CONSOLE_SECRET_KEY": "short",
        "BEAT_EVERY": "60",
        "LOG_LEVEL": "loud",
        "AMI_PORTT": "5038",
        "ENV_FILE": str(tmp_path / "no.env"),
    }.items():
        monkeypatch.setenv(f"HOLDFAST_{name}", value)
    monkeypatch.delenv("HOLDFAST_AMI_SECRET")
    monkeypatch.delenv("HOLDFAST_POLICY_FILE")
    found = errors()
    assert set(found) == {
        "data_dir",
        "database_url",
        "policy_file",
        "ami_host",
        "ami_port",
        "ami_secret",
        "agi_port",
        "console_port",
        "console_secret_key",
        "beat_every",
        "log_level",
        "HOLDFAST_AMI_PORTT",
        "HOLDFAST_ENV_FILE",
    }
    assert found["data_dir"].problem == f"{a_file} is no directory"
    assert found["ami_secret"].problem == "is missing"
    assert "HOLDFAST_AMI_SECRET to the account's secret in manager.conf" in found["ami_secret"].remedy
    assert "HOLDFAST_AMI_PORT to a port from 1 to 65535" in found["ami_port"].remedy
    assert found["HOLDFAST_AMI_PORTT"].remedy == "Did you mean HOLDFAST_AMI_PORT?"


@pytest.mark.parametrize("name", ["AMI_SECRET", "POLICY_FILE", "DATA_DIR"])
def test_what_has_no_sane_default_must_be_given_and_empty_is_not_given(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(f"HOLDFAST_{name}", "")
    assert errors()[name.lower()].problem == "is missing"


def test_no_secret_is_in_a_repr_or_has_a_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_DATABASE_URL", f"postgresql://holdfast:{SECRET}@db/holdfast")
    monkeypatch.setenv("HOLDFAST_CONSOLE_PASSWORD", SECRET)
    monkeypatch.setenv("HOLDFAST_CONSOLE_SECRET_KEY", SECRET)
    settings = load_settings()
    assert settings.ami_secret.get_secret_value() == SECRET
    assert SECRET not in repr(settings)
    assert SECRET not in str(settings)
    assert Settings.model_fields["ami_secret"].is_required()
    assert Settings.model_fields["console_password"].default is None


def test_a_directory_that_cannot_be_made_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # the tests may run as root, who may write anywhere
    assert f"this user may not write in {tmp_path}" in errors()["data_dir"].problem


def test_variables_of_others_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_LAB_MIRROR", "http://127.0.0.1/debian")
    monkeypatch.setenv("AMI_PORT", "1")
    assert load_settings().ami_port == 5038


def test_an_env_file_that_is_no_text_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "bad.env").write_bytes(b"\xff\xfe\x00")
    monkeypatch.setenv("HOLDFAST_ENV_FILE", str(tmp_path / "bad.env"))
    assert "it is not UTF-8" in errors()["HOLDFAST_ENV_FILE"].problem


def test_an_override_that_is_no_setting_is_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError, match="no setting is called amy_port"):
        load_settings(amy_port=1)


def test_settings_cannot_be_changed_and_every_remedy_is_of_a_setting() -> None:
    assert set(REMEDY) <= set(Settings.model_fields)
    with pytest.raises(ValueError, match="frozen"):
        load_settings().ami_port = 1


def test_half_of_a_group_is_an_error_for_each_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_TWILIO_FROM", "+15005550006")
    monkeypatch.setenv("HOLDFAST_PUBLIC_URL", "https://hotline.example/")
    found = errors()
    assert set(found) == {"twilio_account_sid", "twilio_auth_token", "link_secret"}
    assert "or unset all of Twilio" in found["twilio_auth_token"].remedy


def test_whole_groups_are_taken_and_shown_without_their_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": SECRET,
        "TWILIO_FROM": "+15005550006",
        "TWILIO_URL": "http://127.0.0.1:8999/",
        "PUBLIC_URL": "https://hotline.example/base/",
        "LINK_SECRET": SECRET,
        "WEBHOOK_SECRET": SECRET,
        "CODE_PIN": "846219",
    }
    for name, value in given.items():
        monkeypatch.setenv(f"HOLDFAST_{name}", value)
    settings = load_settings()
    assert settings.twilio_url == "http://127.0.0.1:8999"
    assert settings.public_url == "https://hotline.example/base"
    assert settings.code_pin is not None
    assert settings.code_pin.get_secret_value() == "846219"
    assert SECRET not in repr(settings)
    assert "8462" not in repr(settings)


def test_without_their_secrets_webhooks_links_and_codes_are_off() -> None:
    settings = load_settings()
    assert (
        settings.webhook_secret
        is settings.link_secret
        is settings.code_pin
        is settings.twilio_auth_token
        is None
    )
    assert (settings.webhook_host, settings.webhook_port) == ("127.0.0.1", 8096)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("code_pin", "1234a6"),
        ("code_pin", "12345"),
        ("public_url", "ftp://hotline.example"),
        ("twilio_url", "api.twilio.com"),
        ("twilio_from", "0571 88"),
        ("twilio_account_sid", "SK123"),
        ("webhook_secret", "short"),
    ],
)
def test_a_wrong_value_for_the_ways_to_staff_is_told(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"HOLDFAST_{name.upper()}", value)
    assert name in errors()


def test_an_authority_that_is_no_certificate_is_told_at_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Else the bridge would start, and only its manager link would fail."""
    file = tmp_path / "ca.pem"
    file.write_text("-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n")
    monkeypatch.setenv("HOLDFAST_AMI_CA", str(file))
    assert "no certificate" in errors()["ami_ca"].problem
    monkeypatch.setenv("HOLDFAST_AMI_CA", str(tmp_path / "none.pem"))
    assert "no file" in errors()["ami_ca"].problem
