"""`make secrets`: made once, kept, closed to others, and what the compose file and Prefect expect."""

import stat
import tomllib

from deployments import passwords
from deployments.checks.compose import mounted
from deployments.checks.read import ROOT, document


def test_every_secret_is_made_once_and_kept(tmp_path):
    folder = tmp_path / "secrets"
    assert set(passwords.make(folder)) == {*passwords.PASSWORDS, *passwords.DERIVED, *passwords.GIVEN}
    before = {path.name: path.read_text() for path in folder.iterdir()}
    assert passwords.make(folder) == []
    assert {path.name: path.read_text() for path in folder.iterdir()} == before


def test_no_two_passwords_are_the_same_or_short(tmp_path):
    passwords.make(tmp_path / "a")
    passwords.make(tmp_path / "b")
    made = [(tmp_path / folder / name).read_text().strip() for folder in "ab" for name in passwords.PASSWORDS]
    assert len(set(made)) == 2 * len(passwords.PASSWORDS)
    assert min(map(len, made)) == 43  # 256 bits in base64


def test_only_the_owner_gets_into_the_folder_and_containers_can_read_the_files(tmp_path):
    folder = tmp_path / "secrets"
    passwords.make(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o644}


def test_what_follows_from_a_password_holds_it(tmp_path):
    passwords.make(tmp_path)
    text = {path.name: path.read_text().strip() for path in tmp_path.iterdir()}
    assert text["twilytics_mongodb_uri"] == f"mongodb://twilytics:{text['mongodb_password']}@mongodb:27017/twilytics"
    assert text["postgres_owner_dsn"] == f"postgresql://twilytics_owner:{text['postgres_owner_password']}@postgres:5432/twilytics"
    (profile,) = tomllib.loads(text["prefect_login"])["profiles"].values()
    assert set(profile.values()) == {f"admin:{text['prefect_password']}"}


def test_a_password_of_ones_own_goes_into_what_follows_from_it(tmp_path):
    (tmp_path / "mongodb_password").write_text("mine")
    passwords.make(tmp_path)
    assert "twilytics:mine@" in (tmp_path / "twilytics_mongodb_uri").read_text()


def test_users_and_hosts_are_those_of_the_compose_file():
    compose = document(ROOT / "deployments/compose.yaml")
    assert compose["services"]["postgres"]["environment"]["POSTGRES_USER"] == "twilytics_owner"
    assert {"mongodb", "postgres"} <= set(compose["services"])
    assert mounted(compose["services"]["migrate"])["twilytics_postgres_dsn"] == "postgres_owner_dsn"
    assert mounted(compose["services"]["worker"])["twilytics_postgres_dsn"] == "postgres_publisher_dsn"
