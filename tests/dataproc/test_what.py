"""What is submitted: nothing secret, everything that the program needs, and each thing uploaded once."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.dataproc.api import Api
from tests.dataproc.conftest import Refine
from twilytics import storage
from twilytics.dataproc import program, what, wheel
from twilytics.dataproc.target import target
from twilytics.embedded.jars import SPARK
from twilytics.settings import Settings

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def submitted(api: Api, refine: Refine) -> dict[str, Any]:
    refine()
    (batch,) = api.batches.values()
    return batch


def test_it_is_the_program_with_its_settings_as_the_runner(submitted: dict[str, Any], settings: Settings):
    properties = submitted["runtimeConfig"]["properties"]
    environment = {name.removeprefix("spark.dataproc.driverEnv."): value for name, value in properties.items() if "driverEnv" in name}
    assert environment == {
        "PYTHONPATH": "./project",
        "TWILYTICS_LAKE": settings.lake_root,
        "TWILYTICS_INTERVAL_MINUTES": "60",
        "TWILYTICS_PAIRS": "all",
        "TWILYTICS_ENGINE": "spark",
        "TWILYTICS_HASH_KEY": "gcp-secret:projects/p/secrets/key",
        "TWILYTICS_GCP_API_URL": settings.gcp_api_url,
    }
    assert (submitted["runtimeConfig"]["version"], submitted["runtimeConfig"]["containerImage"]) == ("3.0", settings.spark_image)
    execution = submitted["environmentConfig"]["executionConfig"]
    assert execution["serviceAccount"] == "runner@p.iam.gserviceaccount.com"
    assert execution["authenticationConfig"] == {"userWorkloadAuthenticationType": 1}  # SERVICE_ACCOUNT
    assert execution["ttl"] == "86400s"


def test_whatever_it_names_is_in_the_staging_prefix(submitted: dict[str, Any], staging: Path):
    told = submitted["pysparkBatch"]
    named = [told["mainPythonFileUri"], *told["jarFileUris"], *(uri.partition("#")[0] for uri in told["archiveUris"])]
    assert len(named) == 2 + len(SPARK)
    assert all(Path(uri).is_relative_to(staging) and Path(uri).exists() for uri in named)
    assert Path(told["mainPythonFileUri"]).read_bytes() == (REPOSITORY / "jobs/refine.py").read_bytes()


def test_it_works_under_the_lock_of_who_submits_it(settings: Settings, staging: Path):
    submitted = program.staged(storage.opened(str(staging)), "image")
    batch = what.batch(settings, target(settings), submitted, "one", "a lease")
    assert list(batch.pyspark_batch.args) == ["--staging", str(staging), "--batch", "one", "--lease", "a lease"]
    assert what.lease(batch) == "a lease"
    assert what.lease(what.batch(settings, target(settings), submitted, "one", None)) is None


def test_nothing_in_it_is_secret(submitted: dict[str, Any], api: Api):
    assert api.secret.decode() not in str(submitted)


def test_what_is_there_is_not_uploaded_again(staging: Path):
    place = storage.opened(str(staging))
    first = program.staged(place, "image")
    before = {path: path.stat().st_mtime_ns for path in staging.rglob("*") if path.is_file()}
    assert program.staged(place, "image") == first
    assert {path: path.stat().st_mtime_ns for path in staging.rglob("*") if path.is_file()} == before


def test_another_image_is_another_program(staging: Path):
    place = storage.opened(str(staging))
    assert program.staged(place, "image:1").digest != program.staged(place, "image:2").digest


def test_without_an_image_the_locked_packages_go_with_it(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(program.packages, "packed", lambda lock: f"packed {'pyarrow==' in lock}".encode())
    found = program.staged(storage.opened(str(tmp_path)), None)
    assert (tmp_path / found.packages).read_bytes() == b"packed True"
    assert found.path == "./project:./packages"


def test_the_wheel_installs_and_has_what_the_build_tool_would_put_in(tmp_path: Path):
    made = wheel.made()
    path = tmp_path / f"twilytics-{made.version}-py3-none-any.whl"
    path.write_bytes(made.content)
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(tmp_path / "there"))
    subprocess.run([*pip, str(path)], check=True)
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "built")], cwd=REPOSITORY, check=True)
    (built,) = (tmp_path / "built").glob("*.whl")
    expected = {name for name in zipfile.ZipFile(built).namelist() if name.startswith(("twilytics/", "jobs/"))}
    assert {name for name in zipfile.ZipFile(io.BytesIO(made.content)).namelist() if name.startswith(("twilytics/", "jobs/"))} == expected
    assert (tmp_path / "there/jobs/refine.py").exists()


def test_the_same_sources_make_the_same_wheel():
    assert wheel.made() == wheel.made()
