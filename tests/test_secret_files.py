"""Settings from a container's secrets: a file each, named like the setting."""

from pathlib import Path

import pytest

from twilytics import settings


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch) -> Path:
    """The container's folder of secrets; nothing is set elsewhere."""
    monkeypatch.chdir(tmp_path)
    for name in settings.Settings.model_fields:
        monkeypatch.delenv(f"{settings.PREFIX}{name.upper()}", raising=False)
    folder = tmp_path / "secrets"
    folder.mkdir()
    monkeypatch.setattr(settings, "SECRETS", folder)
    return folder


def test_a_file_sets_what_it_is_named_for_without_the_line_end(secrets: Path):
    (secrets / "twilytics_postgres_dsn").write_text("postgresql://u:p@h/d\n")
    (secrets / "grafana_admin_password").write_text("not ours\n")
    dsn = settings.load().postgres_dsn
    assert dsn is not None
    assert dsn.get_secret_value() == "postgresql://u:p@h/d"


def test_the_environment_wins(secrets: Path, monkeypatch):
    (secrets / "twilytics_interval_minutes").write_text("30")
    assert settings.load().interval_minutes == 30
    monkeypatch.setenv("TWILYTICS_INTERVAL_MINUTES", "15")
    assert settings.load().interval_minutes == 15


def test_an_empty_file_sets_nothing(secrets: Path):
    (secrets / "twilytics_x_bearer_token").write_text("\n")
    assert settings.load().x_bearer_token is None


def test_a_value_that_cannot_be_used_is_told_by_its_setting(secrets: Path):
    (secrets / "twilytics_interval_minutes").write_text("7")
    with pytest.raises(settings.SettingError, match=r"^TWILYTICS_INTERVAL_MINUTES: has to divide"):
        settings.load()


def test_without_such_a_folder_the_defaults_stand(secrets: Path, monkeypatch):
    monkeypatch.setattr(settings, "SECRETS", secrets / "gone")
    assert settings.load().interval_minutes == 60
