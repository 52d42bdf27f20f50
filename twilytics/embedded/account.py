"""The account that PostgreSQL runs under, and where that account may go. PostgreSQL refuses to run as root."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from twilytics.errors import ServiceError

STRANGER = "nobody"


@dataclass(frozen=True)
class Account:
    """``uid`` and ``gid`` are None where the server runs as the user who asks for it."""

    uid: int | None = None
    gid: int | None = None

    @cached_property
    def options(self) -> dict[str, Any]:
        """For :class:`subprocess.Popen`."""
        return {} if self.uid is None else {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path | int) -> None:
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def reaches(self, path: Path) -> bool:
        """Whether the account may go to this path: asked by going there, as rights have more sources than mode bits."""
        if self.uid is None:
            return True
        asked = subprocess.run(["/bin/sh", "-c", 'test -r "$0" && test -x "$0"', path], cwd="/", check=False, **self.options)
        return asked.returncode == 0


def account(owned: Path) -> Account:
    """For root: the owner of what is there already, else `nobody`. For all others: themselves."""
    if os.geteuid() != 0:
        return Account()
    try:
        entry = pwd.getpwnam(STRANGER) if not owned.exists() or owned.stat().st_uid == 0 else pwd.getpwuid(owned.stat().st_uid)
    except KeyError:
        raise ServiceError(
            f"PostgreSQL does not run as root, and this machine has no user {STRANGER}: run as another user, or set TWILYTICS_POSTGRES_DSN"
        ) from None
    return Account(entry.pw_uid, entry.pw_gid)
