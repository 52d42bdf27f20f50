"""What a batch runs: the wheel, the main file, the jars and the packages, put into the staging prefix once for each content."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from twilytics.dataproc import packages, wheel
from twilytics.embedded.jars import SPARK, spark_jars
from twilytics.storage import Storage

MAIN = "refine.py"
#: Folders of a driver's and an executor's working directory that archives are unpacked to.
PROJECT, PACKAGES = "project", "packages"


@dataclass(frozen=True)
class Program:
    """Names in the staging prefix. ``packages`` is None where an image holds them. ``digest`` tells it from any other program."""

    main: str
    wheel: str
    jars: tuple[str, ...]
    packages: str | None
    digest: str

    @property
    def path(self) -> str:
        """Of Python, relative to the working directory."""
        return f"./{PROJECT}" if self.packages is None else f"./{PROJECT}:./{PACKAGES}"


def staged(staging: Storage, image: str | None) -> Program:
    """Have there what is not there yet.

    Raise :class:`SettingError` where packages can be had from nowhere, :class:`ServiceError` where jars or the network are missing.
    """
    project, main = wheel.made(), wheel.main_file(MAIN)
    # A wheel is a zip, and only as one does Spark unpack it.
    wheel_name = f"program/twilytics-{project.version}-py3-none-any-{project.digest[:16]}.zip"
    main_name = f"program/{PurePosixPath(MAIN).stem}-{hashlib.sha256(main).hexdigest()[:16]}.py"
    jars = {f"jars/{path.stem}-{jar.sha256[:16]}.jar": path for jar, path in zip(SPARK, spark_jars(), strict=True)}
    _put(staging, main_name, lambda: main)
    _put(staging, wheel_name, lambda: project.content)
    for name, path in jars.items():
        _put(staging, name, path.read_bytes)
    packed = None
    if image is None:
        lock = packages.pins()
        packed = f"packages/{packages.digest(lock)[:16]}.tar.gz"
        _put(staging, packed, lambda: packages.packed(lock))
    parts = (main_name, wheel_name, *jars, packed or "", image or "")
    return Program(main_name, wheel_name, tuple(jars), packed, hashlib.sha256("\n".join(parts).encode()).hexdigest())


def _put(staging: Storage, name: str, content: Callable[[], bytes]) -> None:
    if staging.modified(name) is None:
        staging.prepare(name.rpartition("/")[0])
        staging.write(name, content())
