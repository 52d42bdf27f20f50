"""The passwords of what is embedded, each made up once and kept in HOME/secrets."""

import secrets
from pathlib import Path

from twilytics import durable


def path(home: Path, name: str) -> Path:
    return home / "secrets" / name


def new() -> str:
    return secrets.token_urlsafe(24)


def kept(home: Path, name: str) -> str:
    """The password in HOME/secrets/NAME, made up when there is none. The caller sees to it that no two make it at once."""
    file = path(home, name)
    if not file.exists():
        keep(home, name, new())
    return file.read_text().strip()


def keep(home: Path, name: str, password: str) -> None:
    """Have it on disk, for nobody else to read."""
    file = path(home, name)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    durable.write(file, password.encode(), mode=durable.PRIVATE)
