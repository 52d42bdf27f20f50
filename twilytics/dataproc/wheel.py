"""The project as a wheel, made of what is installed: what runs here is what a batch runs.

A checkout, an image and an installed wheel have the packages side by side, but only a checkout could build a wheel.
"""

import hashlib
import io
import zipfile
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import twilytics

ROOT = Path(twilytics.__file__).parent.parent
PACKAGES = ("twilytics", "jobs")
#: Of all files in it, so that the same program makes the same bytes. The first moment that a zip can tell.
MOMENT = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Wheel:
    """``digest`` is of the names and contents of its files: the same for the same program."""

    version: str
    content: bytes
    digest: str


def main_file(name: str) -> bytes:
    """A program of `jobs/`, which a batch names as its main file."""
    return (ROOT / "jobs" / name).read_bytes()


def made() -> Wheel:
    try:
        told = version("twilytics")
    except PackageNotFoundError:  # an image has the packages on its path, and no metadata
        told = "0"
    files = _sources()
    info = f"twilytics-{told}.dist-info"
    files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: twilytics\nVersion: {told}\n".encode()
    files[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: twilytics\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    record = [f"{name},sha256={_base64(content)},{len(content)}\n" for name, content in files.items()]
    files[f"{info}/RECORD"] = "".join([*record, f"{info}/RECORD,,\n"]).encode()
    # Of the record, which has the name and the digest of all others.
    return Wheel(told, _zipped(files), hashlib.sha256(files[f"{info}/RECORD"]).hexdigest())


def _sources() -> dict[str, bytes]:
    paths = (path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file())
    kept = (path for path in paths if "__pycache__" not in path.parts)
    return {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in sorted(kept)}


def _base64(content: bytes) -> str:
    return urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def _zipped(files: Mapping[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, MOMENT), content, zipfile.ZIP_DEFLATED)
    return written.getvalue()
