"""The rules of `compose.yaml` that keep strangers out: what can be reached, where passwords are, that there are logins."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from deployments import passwords as made
from deployments.checks.read import texts, with_defaults

Compose = Mapping[str, Any]
REACHABLE = ("grafana", "prefect")
#: They fetch, or are reached, from outside. The stores neither.
OUTSIDE = (*REACHABLE, "worker")
AT_HOME = re.compile(r"^127\.0\.0\.1:\d+:\d+$")
SECRETIVE = re.compile(r"PASSW|SECRET|TOKEN|CREDENTIAL|AUTH_STRING|API_KEY|PRIVATE_KEY|_DSN|_URI$|_CONNECTION_URL")
BY_FILE = re.compile(r"_FILE$|_PATH$")
HOLDS_PASSWORD = re.compile(r"://[^/@\s]*:[^/@\s]+@")
PASSWORD_WORD = re.compile(r"--?(password|pwd|token)(=|$)", re.IGNORECASE)
#: What each service has to be told for its login to be on.
LOGINS = {
    "mongodb": {"MONGO_INITDB_ROOT_USERNAME": "root", "MONGO_INITDB_ROOT_PASSWORD_FILE": "/run/secrets/mongodb_root_password"},
    "postgres": {"POSTGRES_PASSWORD_FILE": "/run/secrets/postgres_owner_password", "POSTGRES_INITDB_ARGS": "--auth=scram-sha-256"},
    "prefect": {"PREFECT_PROFILES_PATH": "/run/secrets/prefect_login"},
    "grafana": {
        "GF_SECURITY_ADMIN_PASSWORD__FILE": "/run/secrets/grafana_admin_password",
        "GF_AUTH_ANONYMOUS_ENABLED": "false",
        "GF_USERS_ALLOW_SIGN_UP": "false",
    },
}
#: What would open a door beside the login.
OPEN_DOORS = ("POSTGRES_HOST_AUTH_METHOD", "GF_AUTH_DISABLE_LOGIN_FORM", "GF_AUTH_PROXY_ENABLED", "PREFECT_SERVER_API_AUTH_STRING")


def ports(compose: Compose) -> Iterator[str]:
    """Ports of what should not be reached, and ports that are open to more than this machine unless somebody says so."""
    for name, service in compose["services"].items():
        for port in service.get("ports", ()):
            if name not in REACHABLE:
                yield f"{name}: publishes {port}: only {' and '.join(REACHABLE)} may be reached from outside"
            if not AT_HOME.match(with_defaults(port)):
                yield f"{name}: publishes {port} to more than this machine by default: begin it with ${{TWILYTICS_BIND:-127.0.0.1}}:"


def networks(compose: Compose) -> Iterator[str]:
    """Stores on a network that has a way out, and services that no network was chosen for: Compose then takes an open one."""
    for name, service in compose["services"].items():
        joined = service.get("networks", ())
        if not joined:
            yield f"{name}: is on no network of ours: name them"
        for network in joined:
            if name not in OUTSIDE and not (compose["networks"].get(network) or {}).get("internal"):
                yield f"{name}: is on the network {network}, which has a way out: set internal there"


def passwords(compose: Compose) -> Iterator[str]:
    """Passwords in the file itself, or in an environment, where `docker inspect` shows them."""
    for name, service in compose["services"].items():
        for variable, value in service.get("environment", {}).items():
            if SECRETIVE.search(variable) and not (BY_FILE.search(variable) and value.startswith("/run/secrets/")):
                yield f"{name}: {variable} would stand in the environment: let it come from a file in /run/secrets"
        command = [*texts(service.get("command", [])), *texts(service.get("healthcheck", {}))]
        if any(PASSWORD_WORD.search(word) for word in command):
            yield f"{name}: a password stands in its command line: let it come from a file in /run/secrets"
        if any(HOLDS_PASSWORD.search(text) for text in texts(dict(service))):
            yield f"{name}: a URL with a password stands in the file: let it come from a file in /run/secrets"


def logins(compose: Compose) -> Iterator[str]:
    """Services whose login is off."""
    for name, wanted in LOGINS.items():
        environment = compose["services"].get(name, {}).get("environment", {})
        for variable, value in wanted.items():
            if environment.get(variable) != value:
                yield f"{name}: its login is not on: set {variable} to {value}"
    for name, service in compose["services"].items():
        yield from (f"{name}: {variable} goes round the login" for variable in OPEN_DOORS if variable in service.get("environment", {}))


def files(compose: Compose, root: Path) -> Iterator[str]:
    """Secrets that are not made by `make secrets`, or that git has or would take. ``root``: the project's folder."""
    known = {*made.PASSWORDS, *made.DERIVED, *made.GIVEN}
    for name, secret in compose["secrets"].items():
        if secret["file"] != f"./secrets/{name}" or name not in known:
            yield f"secrets: {name} is not ./secrets/{name} as `make secrets` makes it: add it to deployments/passwords.py"
    if "deployments/secrets/" not in (root / ".gitignore").read_text(encoding="utf-8").splitlines():
        yield "secrets: .gitignore does not name deployments/secrets/"
    listed = subprocess.run(["git", "-C", root, "ls-files", "deployments/secrets"], capture_output=True, text=True, check=False)
    yield from (f"secrets: git has {path}: remove it there, and change the password" for path in listed.stdout.splitlines())
