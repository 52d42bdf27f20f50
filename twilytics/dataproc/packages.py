"""The locked packages that a batch needs, as an archive for the runtime's Python: where no image holds them."""

import hashlib
import io
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, requires
from importlib.util import find_spec
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from twilytics.dataproc.wheel import ROOT
from twilytics.errors import ServiceError, SettingError

#: What `jobs/refine.py` imports. Spark's own (pyspark, py4j) are the runtime's.
ROOTS = (
    "deltalake", "filelock", "google-cloud-secret-manager", "ibis-framework[duckdb]", "msgspec", "numpy", "obstore", "orjson", "pandas",
    "psutil", "pyarrow", "pydantic-settings", "pymongo", "scipy", "sqlglot", "tzdata",
)  # fmt: skip
#: The runtime's: Python and the oldest C library that wheels may want.
PYTHON = "3.12"
PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")
LOCK = ROOT / "deployments" / "requirements.txt"
SECONDS = 1800


def pins() -> str:
    """The lock's entries of these packages, hashes included. Raise :class:`SettingError` where there is no lock here."""
    if not LOCK.exists():
        raise SettingError(
            "the packages that a batch needs are pinned in a file that only a checkout has: set TWILYTICS_SPARK_IMAGE to an image "
            "that holds them, or submit from a checkout"
        )
    wanted = closure(ROOTS)
    entries = re.split(r"\n(?=\S)", LOCK.read_text(encoding="utf-8"))
    return "".join(found for entry in entries if (found := _pin(entry, wanted)))


def _pin(entry: str, wanted: set[str]) -> str:
    """An entry of the lock without its marker, which pip would judge by the Python that runs it; empty where it is not for the runtime."""
    head, *hashes = entry.rstrip().splitlines()
    if "==" not in head:
        return ""
    pin = Requirement(head.rstrip(" \\"))
    if canonicalize_name(pin.name) not in wanted or not _applies(pin, ()):
        return ""
    return "\n".join([f"{pin.name}{pin.specifier} \\", *hashes]) + "\n"


def closure(roots: Iterable[str]) -> set[str]:
    """The names of these distributions and of all that they need on the runtime, as far as they are installed here."""
    found: set[str] = set()
    seen: set[str] = set()
    waiting = [Requirement(root) for root in roots]
    while waiting:
        asked = waiting.pop()
        if str(asked) in seen:
            continue
        seen.add(str(asked))
        try:
            told = requires(asked.name) or ()
        except PackageNotFoundError:
            continue  # only for other platforms or Pythons
        found.add(canonicalize_name(asked.name))
        waiting += [one for one in map(Requirement, told) if _applies(one, asked.extras)]
    return found


def _applies(requirement: Requirement, extras: Iterable[str]) -> bool:
    there = {"python_version": PYTHON, "python_full_version": f"{PYTHON}.0", "sys_platform": "linux", "platform_machine": "x86_64"}
    marker = requirement.marker
    return marker is None or any(marker.evaluate({**there, "extra": extra}) for extra in (*extras, ""))


def digest(lock: str) -> str:
    """What tells this archive from those of other pins."""
    return hashlib.sha256(f"{PYTHON}\n{lock}".encode()).hexdigest()


def packed(lock: str) -> bytes:
    """The packages as a gzipped tar, fetched by pip, hashes checked. Takes minutes and some hundred megabytes.

    Raise :class:`ServiceError` where pip cannot.
    """
    with tempfile.TemporaryDirectory(prefix="twilytics-") as folder:
        wanted, there = Path(folder, "pins"), Path(folder, "packages")
        wanted.write_text(lock, encoding="utf-8")
        told = subprocess.run(_command(wanted, there), capture_output=True, text=True, check=False, timeout=SECONDS)
        if told.returncode:
            last = (told.stderr.strip().splitlines() or ["it did not say why"])[-1]
            raise ServiceError(f"pip cannot fetch what a batch needs ({last}): is there a network? Or set TWILYTICS_SPARK_IMAGE")
        for cache in list(there.rglob("__pycache__")):
            shutil.rmtree(cache)
        written = io.BytesIO()
        with tarfile.open(fileobj=written, mode="w:gz", compresslevel=6) as archive:
            archive.add(there, arcname=".")
    return written.getvalue()


def _command(wanted: Path, there: Path) -> list[str]:
    if find_spec("pip") is None:
        raise SettingError("a batch needs its packages, and there is no pip here to fetch them: set TWILYTICS_SPARK_IMAGE")
    platforms = [word for platform in PLATFORMS for word in ("--platform", platform)]
    return [
        *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"),
        *("--only-binary", ":all:", "--implementation", "cp", "--python-version", PYTHON, *platforms),
        *("--requirement", str(wanted), "--target", str(there)),
    ]
