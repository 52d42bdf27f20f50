"""Put secrets from Secret Manager into files, each where Twilytics looks for it: `python fetch_secrets.py FOLDER file=secret …`.

Runs on the worker's machine before the worker, in its image, as the machine's account. A secret without a value sets nothing.
Those of Prefect's go together into a profile, `prefect_login`, so that they stand in no environment. The standard library is
enough, so that what is wrong with an image does not show here first.
"""

import base64
import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

METADATA, MANAGER = "http://metadata.google.internal", "https://secretmanager.googleapis.com"
TOKEN = "/computeMetadata/v1/instance/service-accounts/default/token"  # noqa: S105 - where tokens are to be had
SECONDS = 30
PREFECT, PROFILE = "prefect_", "prefect_login"


def token(metadata: str) -> str:
    asked = urllib.request.Request(f"{metadata}{TOKEN}", headers={"Metadata-Flavor": "Google"})  # noqa: S310 - one of ours
    with urllib.request.urlopen(asked, timeout=SECONDS) as answer:  # noqa: S310
        return str(json.load(answer)["access_token"])


def held(secret: str, access: str, manager: str) -> str | None:
    """The newest version's content; None where there is none. Raise :class:`urllib.error.URLError` for whatever else goes wrong."""
    asked = urllib.request.Request(f"{manager}/v1/{secret}/versions/latest:access", headers={"Authorization": f"Bearer {access}"})  # noqa: S310
    try:
        with urllib.request.urlopen(asked, timeout=SECONDS) as answer:  # noqa: S310
            return base64.b64decode(json.load(answer)["payload"]["data"]).decode().strip()
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        raise


def profile(found: Mapping[str, str]) -> str:
    """Prefect's profile of these settings. A text of JSON is one of TOML as well."""
    lines = [f"{name.upper()} = {json.dumps(value)}" for name, value in found.items() if name.startswith(PREFECT)]
    return "\n".join(['active = "twilytics"', "", "[profiles.twilytics]", *lines, ""])


def write(folder: Path, found: Mapping[str, str]) -> None:
    """The files, for their owner alone; what was there before and is not found any more goes."""
    texts = {name: value for name, value in found.items() if not name.startswith(PREFECT)} | {PROFILE: profile(found)}
    for path in folder.iterdir():
        path.unlink()
    for name, text in texts.items():
        with os.fdopen(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "w") as file:
            file.write(text)


def main(arguments: Sequence[str], metadata: str = METADATA, manager: str = MANAGER) -> int:
    folder, *pairs = arguments
    found = {}
    access = token(metadata)
    for name, _, secret in (pair.partition("=") for pair in pairs):
        try:
            value = held(secret, access, manager)
        except urllib.error.URLError as error:
            sys.stderr.write(f"{secret} cannot be read ({error}): the worker is not started\n")
            return 1
        if value:
            found[name] = value
    write(Path(folder), found)
    sys.stdout.write(f"secrets that have a value: {', '.join(found) or 'none'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
