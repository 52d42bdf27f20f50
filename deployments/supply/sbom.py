"""`make sbom`: a CycloneDX bill of what the image holds, the same bytes for the same locks.

cyclonedx-py reads the packages with their hashes from the lock; licences and the jars are added, and the whole is validated.
"""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.utils import canonicalize_name

from deployments.checks.read import ROOT
from deployments.supply import licences, shipped
from twilytics.embedded.jars import Jar

FILE = ROOT / "dist/twilytics.cdx.json"
VERSION = "1.6"
Component = dict[str, Any]


def bill() -> dict[str, Any]:
    """The bill as JSON's objects, everything in it sorted by name."""
    listed = list(shipped.packages())
    read = _of_lock("".join(f"{package.entry}\n" for package in listed))
    of_packages = licences.of_packages()
    components = [
        {
            **{key: component[key] for key in ("type", "name", "version", "purl")},
            "bom-ref": component["purl"],
            **_licensed(of_packages[canonicalize_name(component["name"])]),
            "externalReferences": [
                {**reference, "hashes": sorted(reference["hashes"], key=lambda one: one["content"])}
                for reference in component["externalReferences"]
            ],
        }
        for component in read["components"]
    ]
    jars = [_of_jar(jar) for jar in shipped.all_jars()]
    root = read["metadata"]["component"]
    return {
        **{key: read[key] for key in ("$schema", "bomFormat", "specVersion", "version")},
        "metadata": read["metadata"],
        "components": sorted([*components, *jars], key=lambda one: one["bom-ref"]),
        "dependencies": [{"ref": root["bom-ref"], "dependsOn": sorted([*_direct(components), *(jar["bom-ref"] for jar in jars)])}],
    }


def _of_lock(lock: str) -> dict[str, Any]:
    command = [Path(sys.executable).with_name("cyclonedx-py"), "requirements", "--output-reproducible", "--spec-version", VERSION]
    command += ["--no-validate", "--pyproject", ROOT / "pyproject.toml", "-"]  # validated when it is whole
    done = subprocess.run(command, input=lock, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def _of_jar(jar: Jar) -> Component:
    purl = f"pkg:maven/{jar.group}/{jar.artifact}@{jar.version}{f'?classifier={jar.classifier}' if jar.classifier else ''}"
    return {
        "type": "library",
        "group": jar.group,
        "name": jar.artifact,
        "version": jar.version,
        "purl": purl,
        "bom-ref": purl,
        "hashes": [{"alg": "SHA-256", "content": jar.sha256}],
        **_licensed(licences.OF_JARS[jar.group]),
    }


def _licensed(spdx: str) -> Component:
    """Nothing where the licence is not known: a package that is not installed here."""
    return {"licenses": [{"expression": spdx}]} if spdx else {}


def _direct(components: list[Component]) -> list[str]:
    """What the project itself names, of all that it comes to."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = {canonicalize_name(found[0]) for line in project["dependencies"] if (found := re.match(r"[\w.-]+", line))}
    return [component["bom-ref"] for component in components if canonicalize_name(component["name"]) in named]


def text(made: dict[str, Any]) -> str:
    """The bill's file. Raise :class:`ValueError` where it is no valid CycloneDX."""
    written = json.dumps(made, indent=2, sort_keys=True) + "\n"
    if error := JsonStrictValidator(SchemaVersion.V1_6).validate_str(written):
        raise ValueError(f"no valid CycloneDX {VERSION}: {error}")
    return written


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(text(bill()), encoding="utf-8")
    sys.stdout.write(f"{FILE.relative_to(ROOT)}: {len(json.loads(FILE.read_text(encoding='utf-8'))['components'])} components\n")
