"""Each rule of the compose file, broken once in a copy of the real one; what is told names the service."""

import copy
import subprocess
from pathlib import Path

import pytest
import yaml

from deployments.checks import compose, guarded
from deployments.checks.read import ROOT, document, with_defaults

FILE = ROOT / "deployments/compose.yaml"


@pytest.fixture
def real():
    return copy.deepcopy(document(FILE))


def told(changed: dict) -> list[str]:
    """What all rules say of it, beside what is not there before the dashboards are generated."""
    found = list(compose.form(changed))
    if not found:
        rules = (compose.images, compose.health, compose.bounds, guarded.ports, guarded.networks, guarded.passwords, guarded.logins)
        found = [
            *compose.references(changed, FILE.parent),
            *(one for rule in rules for one in rule(changed)),
            *guarded.files(changed, ROOT),
        ]
    return found


def test_the_real_file_breaks_no_rule():
    assert compose.problems(FILE) == []


BROKEN = [
    ("worker", {"depends_on": {"mongo": {"condition": "service_started"}}}, "depends on mongo, which is no service"),
    ("worker", {"networks": ["answers", "published", "runs", "outside", "moon"]}, "networks has no moon"),
    ("worker", {"volumes": ["home:/var/lib/twilytics", "lake:/lake"]}, "volumes has no lake"),
    ("mongodb", {"secrets": ["mongodb_root_password", "mongodb_password", "passwords"]}, "secrets has no passwords"),
    ("mongodb", {"volumes": ["answers:/data/db", "./mongodb/gone.js:/x.js:ro"]}, "./mongodb/gone.js is mounted, and is not there"),
    ("mongodb", {"volumes": ["answers:/data/db", "./mongodb/users.js:/x.js"]}, "./mongodb/users.js is mounted for writing"),
    ("worker", {"build": {"context": "..", "dockerfile": "Dockerfile"}}, "there is no Dockerfile in .."),
    ("postgres", {"secrets": []}, "reads /run/secrets/postgres_owner_password, which is not among its secrets"),
    ("postgres", {"image": "postgres:latest"}, "postgres:latest is not pinned by version"),
    ("postgres", {"image": "postgres"}, "postgres is not pinned by version"),
    ("postgres", {"image": "postgres:17"}, "postgres:17 is not pinned by version"),
    ("worker", {"image": "twilytics:0.0.9"}, "twilytics:0.0.9 is built from this project, which is of version 0.1.0"),
    ("prefect", {"healthcheck": {"disable": True}}, "has no health check"),
    ("worker", {"depends_on": {"migrate": {"condition": "service_healthy"}}}, "waits until migrate is healthy, which has no health check"),
    (
        "worker",
        {"depends_on": {"mongodb": {"condition": "service_completed_successfully"}}},
        "waits until mongodb has ended, which is started again and again",
    ),
    ("grafana", {"read_only": False}, "its root file system can be written"),
    ("grafana", {"cap_drop": ["NET_RAW"]}, "keeps capabilities"),
    ("grafana", {"security_opt": ["seccomp:unconfined"]}, "may gain privileges"),
    ("postgres", {"user": "root"}, "runs as root"),
    ("grafana", {"logging": {"driver": "json-file", "options": {"max-size": "10m"}}}, "its log grows without end"),
    ("postgres", {"ports": ["127.0.0.1:5432:5432"]}, "publishes 127.0.0.1:5432:5432: only grafana and prefect may be reached from outside"),
    ("grafana", {"ports": ["3000:3000"]}, "publishes 3000:3000 to more than this machine by default"),
    ("grafana", {"ports": ["${TWILYTICS_BIND:-0.0.0.0}:3000:3000"]}, "to more than this machine by default"),
    ("grafana", {"ports": ["${TWILYTICS_BIND}:3000:3000"]}, "to more than this machine by default"),
    ("postgres", {"networks": ["published", "outside"]}, "is on the network outside, which has a way out"),
    ("postgres", {"command": ["postgres", "--password", "hunter2"]}, "a password stands in its command line"),
    ("worker", {"command": ["twilytics", "serve", "postgresql://u:hunter2@postgres/x"]}, "a URL with a password stands in the file"),
]


@pytest.mark.parametrize(("service", "change", "message"), BROKEN)
def test_each_rule_is_told_with_the_services_name(real, service, change, message):
    real["services"][service].update(change)
    assert [line for line in told(real) if line.startswith(f"{service}: ") and message in line], told(real)


@pytest.mark.parametrize("key", ["mem_limit", "pids_limit", "restart", "networks"])
def test_what_each_service_needs_is_missed(real, key):
    del real["services"]["mongodb"][key]
    assert [line for line in told(real) if line.startswith("mongodb: ")]


VARIABLES = [
    ("worker", "TWILYTICS_POSTGRES_DSN", "postgres-of-the-team", "TWILYTICS_POSTGRES_DSN would stand in the environment"),
    ("worker", "TWILYTICS_X_BEARER_TOKEN", "${TWILYTICS_X_BEARER_TOKEN:-}", "TWILYTICS_X_BEARER_TOKEN would stand in the environment"),
    ("postgres", "POSTGRES_PASSWORD", "postgres", "POSTGRES_PASSWORD would stand in the environment"),
    ("postgres", "POSTGRES_PASSWORD_FILE", "/home/me/password", "POSTGRES_PASSWORD_FILE would stand in the environment"),
    ("postgres", "POSTGRES_HOST_AUTH_METHOD", "trust", "POSTGRES_HOST_AUTH_METHOD goes round the login"),
    ("mongodb", "MONGO_INITDB_ROOT_USERNAME", "", "its login is not on: set MONGO_INITDB_ROOT_USERNAME"),
    ("grafana", "GF_AUTH_ANONYMOUS_ENABLED", "true", "its login is not on: set GF_AUTH_ANONYMOUS_ENABLED to false"),
    ("grafana", "GF_USERS_ALLOW_SIGN_UP", "true", "its login is not on: set GF_USERS_ALLOW_SIGN_UP to false"),
    ("prefect", "PREFECT_PROFILES_PATH", "/tmp/profiles.toml", "its login is not on: set PREFECT_PROFILES_PATH"),
    ("worker", "TWILYTICS_MONGODB", "mongodb://root:hunter2@mongodb/", "a URL with a password stands in the file"),
]


@pytest.mark.parametrize(("service", "variable", "value", "message"), VARIABLES)
def test_a_variable_that_gives_away_a_password_or_a_login_is_told(real, service, variable, value, message):
    real["services"][service]["environment"][variable] = value
    assert [line for line in told(real) if line.startswith(f"{service}: ") and message in line], told(real)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"privileged": True}, "'privileged' was unexpected"),
        ({"network_mode": "host"}, "'network_mode' was unexpected"),
        ({"environment": {"DO_NOT_TRACK": True}}, "True is not of type 'string'"),
        ({"healthcheck": {"test": ["CMD", "true"], "interval": "often", "timeout": "1s", "retries": 3}}, "'often' does not match"),
        ({"mem_limit": "lots"}, "'lots' does not match"),
    ],
)
def test_what_has_not_the_form_is_told_with_its_place(real, change, message):
    real["services"]["worker"].update(change)
    assert [line for line in told(real) if line.startswith("services.worker") and message in line], told(real)


def test_what_is_defined_and_used_by_nobody_is_told(real):
    real["networks"]["spare"] = {}
    real["volumes"]["spare"] = {}
    assert {line for line in told(real) if "spare" in line} == {
        "networks: spare is used by no service",
        "volumes: spare is used by no service",
    }


def test_a_store_on_a_network_that_lost_its_wall_is_told(real):
    real["networks"]["published"] = {"internal": False}
    assert "postgres: is on the network published, which has a way out: set internal there" in told(real)


def test_a_secret_that_nobody_makes_is_told(real):
    real["secrets"]["prefect_login"]["file"] = "./prefect_login"
    (line,) = told(real)
    assert line.startswith("secrets: prefect_login is not ./secrets/prefect_login")


def test_secrets_that_git_has_or_would_take_are_told(real, tmp_path: Path):
    (tmp_path / "deployments/secrets").mkdir(parents=True)
    (tmp_path / "deployments/secrets/prefect_login").write_text("hunter2")
    (tmp_path / ".gitignore").write_text("dist/\n")
    for words in (["init", "--quiet"], ["add", "--all"]):
        subprocess.run(["git", "-C", tmp_path, *words], check=True)
    assert list(guarded.files(real, tmp_path)) == [
        "secrets: .gitignore does not name deployments/secrets/",
        "secrets: git has deployments/secrets/prefect_login: remove it there, and change the password",
    ]


def test_a_key_that_stands_twice_is_refused(tmp_path: Path):
    (tmp_path / "compose.yaml").write_text("services:\n  worker: {image: a:1.0}\n  worker: {image: b:1.0}\n")
    with pytest.raises(yaml.YAMLError, match="line 2: worker stands twice"):
        document(tmp_path / "compose.yaml")


def test_what_is_merged_may_be_overridden(tmp_path: Path):
    (tmp_path / "some.yaml").write_text('x: &x {restart: always, user: me}\ny: {<<: *x, restart: "no"}\n')
    assert document(tmp_path / "some.yaml")["y"] == {"restart": "no", "user": "me"}


def test_a_variable_that_nobody_sets_stands_for_its_default():
    assert with_defaults("${TWILYTICS_BIND:-127.0.0.1}:${GRAFANA_PORT}:3000") == "127.0.0.1::3000"
