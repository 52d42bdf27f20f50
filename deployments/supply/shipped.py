"""What is in the image: the locked packages that apply there, and the jars."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deployments.checks.read import ROOT
from twilytics.embedded import jars
from twilytics.embedded.jars import Jar

LOCK = ROOT / "deployments/requirements.txt"
DOCKERFILE = ROOT / "deployments/Dockerfile"
#: A new entry begins at the start of a line; its hashes follow, indented.
ENTRY = re.compile(r"\n(?=[a-z0-9])")


@dataclass(frozen=True)
class Package:
    """``entry``: as the lock has it, hashes included, but for the marker."""

    name: str
    version: str
    entry: str


def python() -> str:
    """The version of the image's Python, as the Dockerfile pins it."""
    found = re.search(r"^FROM python:(\d+\.\d+\.\d+)", DOCKERFILE.read_text(encoding="utf-8"), re.MULTILINE)
    assert found, "deployments/Dockerfile begins FROM python:X.Y.Z"
    return found[1]


def packages() -> Iterator[Package]:
    """The packages of the lock that the image's Python installs, by name."""
    where = {
        "python_version": python().rpartition(".")[0],
        "python_full_version": python(),
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "sys_platform": "linux",
    }
    for entry in ENTRY.split(LOCK.read_text(encoding="utf-8")):
        head, *hashes = entry.rstrip().splitlines()
        if "==" not in head:
            continue  # the lock's own heading
        pin = Requirement(head.rstrip(" \\"))
        if pin.marker is None or pin.marker.evaluate(where):
            (version,) = (one.version for one in pin.specifier)
            yield Package(canonicalize_name(pin.name), version, "\n".join([f"{pin.name}=={version} \\", *hashes]))


def all_jars() -> tuple[Jar, ...]:
    """All that `twilytics.embedded.jars` pins, whatever list it stands in."""
    lists = (value for value in vars(jars).values() if isinstance(value, tuple))
    return tuple(dict.fromkeys(jar for found in lists for jar in found if isinstance(jar, Jar)))
