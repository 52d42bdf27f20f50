"""`make audit`: known vulnerabilities of all that is locked, by pip-audit, strictly: what could not be looked up is no success.

Not part of `make check`: it asks a service (PyPI's, or with --osv-url one that speaks OSV's API), and what it says changes by the day.
"""

import argparse
import datetime
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

from deployments.checks.read import ROOT

LOCKS = (ROOT / "requirements.txt", ROOT / "deployments/requirements.txt")
ACCEPTED = Path(__file__).with_name("accepted.toml")
FIELDS = {"id": str, "package": str, "reason": str, "noted": datetime.date, "until": datetime.date}
VULNERABLE, UNREACHED = 1, 2
#: How pip-audit says that the service did not answer, or does not have the package.
SILENT = ("could not be audited", "Could not connect", "ConnectionError", "Max retries exceeded", "Failed to resolve", "timed out")


def accepted(path: Path, today: datetime.date) -> list[str]:
    """The ids of findings that are accepted today. Raise :class:`ValueError` where an entry does not say why, or until when."""
    ids = []
    for entry in tomllib.loads(path.read_text(encoding="utf-8")).get("accepted", []):
        if set(entry) != set(FIELDS) or not all(isinstance(entry[name], kind) and entry[name] for name, kind in FIELDS.items()):
            raise ValueError(f"{path.name}: {entry.get('id', 'an entry')} needs {', '.join(FIELDS)}, the last two as dates")
        if today < entry["until"]:
            ids.append(entry["id"])
    return ids


def audit(locks: Sequence[Path], ignored: Sequence[str], osv_url: str | None = None) -> tuple[int, str]:
    """0, :data:`VULNERABLE` or :data:`UNREACHED`, and what there is to say."""
    service = ["--vulnerability-service", "osv", "--osv-url", osv_url] if osv_url else []
    command = [Path(sys.executable).with_name("pip-audit"), "--strict", "--require-hashes", "--disable-pip", "--progress-spinner", "off"]
    command += [*service, *(word for lock in locks for word in ("--requirement", lock))]
    command += [word for finding in ignored for word in ("--ignore-vuln", finding)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = f"{done.stdout}{done.stderr}".strip()
    if done.returncode and any(silence in said for silence in SILENT):
        last = said.splitlines()[-1].strip()
        asked = osv_url or "the JSON API of the package index"
        return UNREACHED, (
            f"nothing is known of the packages' vulnerabilities: {asked} could not be asked ({last}). "
            "Run `make audit` where it can, or name a service that speaks OSV's API: make audit ARGS='--osv-url URL'"
        )
    return (VULNERABLE if done.returncode else 0), said


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="make audit")
    parser.add_argument("--osv-url", help="a service of OSV's API, in place of the package index")
    chosen = parser.parse_args(arguments)
    try:
        ignored = accepted(ACCEPTED, datetime.datetime.now(datetime.UTC).date())
    except ValueError as error:
        sys.exit(str(error))
    code, said = audit(LOCKS, ignored, chosen.osv_url)
    sys.stdout.write(f"{said}\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
