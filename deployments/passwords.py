"""`make secrets`: the files that `compose.yaml` mounts as secrets, each made once; none that is there is replaced.

To change a password, delete its file and those that follow from it, and change it in the database too.
The standard library is enough, so that it runs before anything is installed.
"""

import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

FOLDER = Path(__file__).parent / "secrets"
BYTES = 32
#: Nobody but the owner gets into the folder. The files themselves are open, since Docker mounts them as they are, and each
#: container reads them in an account of its own.
FOLDER_MODE, FILE_MODE = 0o700, 0o644
#: Nothing but letters, digits, ``-`` and ``_``: such a password stands in a URL, TOML and Grafana's files as it is.
PASSWORDS = (
    "mongodb_root_password",
    "mongodb_password",
    "postgres_owner_password",
    "postgres_publisher_password",
    "postgres_reader_password",
    "grafana_admin_password",
    "prefect_password",
)
#: What follows from a password, by the name of its file.
DERIVED = {
    "twilytics_mongodb_uri": "mongodb://twilytics:{mongodb_password}@mongodb:27017/twilytics",
    "postgres_owner_dsn": "postgresql://twilytics_owner:{postgres_owner_password}@postgres:5432/twilytics",
    "postgres_publisher_dsn": "postgresql://twilytics_publisher:{postgres_publisher_password}@postgres:5432/twilytics",
    "prefect_login": (
        'active = "twilytics"\n\n[profiles.twilytics]\n'
        'PREFECT_SERVER_API_AUTH_STRING = "admin:{prefect_password}"\nPREFECT_API_AUTH_STRING = "admin:{prefect_password}"\n'
    ),
}
#: What only the user has. A file that stays empty sets nothing.
GIVEN = ("twilytics_x_bearer_token", "twilytics_alerts")


def make(folder: Path = FOLDER) -> list[str]:
    """Have every secret in the folder; return the names of those that were made now."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(FOLDER_MODE)
    made = [name for name in PASSWORDS if _made(folder / name, secrets.token_urlsafe(BYTES) + "\n")]
    known = {name: (folder / name).read_text().strip() for name in PASSWORDS}
    made += [name for name, text in _derived(known).items() if _made(folder / name, text)]
    return made + [name for name in GIVEN if _made(folder / name, "")]


def _derived(passwords: Mapping[str, str]) -> Mapping[str, str]:
    return {name: text.format(**passwords).rstrip("\n") + "\n" for name, text in DERIVED.items()}


def _made(path: Path, text: str) -> bool:
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    except FileExistsError:
        return False
    with os.fdopen(file, "w") as opened:
        opened.write(text)
    path.chmod(FILE_MODE)  # whatever the umask took from it
    return True


if __name__ == "__main__":
    new = make()
    sys.stdout.write(f"{FOLDER}: {f'made {len(new)} secrets' if new else 'all secrets are there'}\n")
    sys.stdout.write("Grafana: user admin, password in grafana_admin_password. Prefect: what it asks for is admin: and prefect_password\n")
    sys.stdout.write(f"Fill in, where you have them: {', '.join(GIVEN)}\n")
