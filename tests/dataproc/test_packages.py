"""The packages that go with a batch: enough of them, and as they are locked."""

import hashlib
import io
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from twilytics.dataproc import packages
from twilytics.errors import ServiceError, SettingError

REPOSITORY = Path(__file__).parents[2]
#: Of the runtime.
SPARKS = {"pyspark", "py4j"}


#: Imports what a batch does, as where nothing but these packages and Spark's is installed.
PROGRAM = """
import sys
from importlib.metadata import packages_distributions
from packaging.utils import canonicalize_name

known, there = packages_distributions(), set(sys.argv[1:])

class Absent:
    def find_spec(self, name, path=None, target=None):
        owners = {canonicalize_name(one) for one in known.get(name.partition(".")[0], [])}
        if owners and not owners & there:
            raise ModuleNotFoundError(f"{name} of {owners} is not packed", name=name)

sys.meta_path.insert(0, Absent())
import jobs.refine, twilytics.engines.spark, twilytics.secret_manager, scipy.stats
from twilytics.tables import definitions
from twilytics.sql import query
[query(name, "pyspark", 60) for name, one in definitions().items() if one.is_relational]
import google.cloud.secretmanager_v1, google.api_core.retry
"""


def test_they_are_all_that_the_program_imports():
    there = [*packages.closure(packages.ROOTS), *SPARKS, "twilytics"]
    told = subprocess.run([sys.executable, "-c", PROGRAM, *there], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr


def test_pins_are_those_of_the_lock_for_the_runtimes_python(tmp_path: Path, monkeypatch):
    lock = tmp_path / "requirements.txt"
    lock.write_text(
        "numpy==1.0 ; python_full_version < '3.12' \\\n    --hash=sha256:aa\n"
        "numpy==2.0 ; python_full_version >= '3.12' \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\n"
        "prefect==3.0 \\\n    --hash=sha256:dd\n"
    )
    monkeypatch.setattr(packages, "LOCK", lock)
    assert packages.pins() == "numpy==2.0 \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\n"


def test_where_nothing_is_locked_it_asks_for_an_image(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(packages, "LOCK", tmp_path / "absent")
    with pytest.raises(SettingError, match="set TWILYTICS_SPARK_IMAGE"):
        packages.pins()


@pytest.fixture
def index(tmp_path: Path, monkeypatch) -> str:
    """Pip sees one package, and no network. The lock's entry of it."""
    path = tmp_path / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tiny.py", "ANSWER = 42\n")
        archive.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        archive.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("tiny-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    return f"tiny==1.0 \\\n    --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


def test_they_are_packed_as_python_finds_them(index: str):
    with tarfile.open(fileobj=io.BytesIO(packages.packed(index))) as archive:
        assert archive.extractfile("./tiny.py").read() == b"ANSWER = 42\n"


def test_a_package_that_is_not_as_it_was_locked_is_not_packed(index: str):
    with pytest.raises(ServiceError, match=r"pip cannot fetch what a batch needs \(.*\): is there a network\?"):
        packages.packed(index.replace("sha256:", "sha256:0")[:-2] + "\n")
