"""Files that are whole or not there: written beside their name, synced, and renamed."""

import os
import secrets
from pathlib import Path


def write(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Replace the file by this content, on disk when this returns; a power cut leaves the old one or the new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    try:
        os.fchmod(descriptor, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        beside.rename(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder last."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def secret_path(home: Path, name: str) -> Path:
    return home / "secrets" / name


def new_secret() -> str:
    return secrets.token_urlsafe(24)


def secret(home: Path, name: str) -> str:
    """The password in HOME/secrets/NAME, made up when there is none. The caller sees to it that no two make it at once."""
    path = secret_path(home, name)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write(path, new_secret().encode())
    return path.read_text().strip()
