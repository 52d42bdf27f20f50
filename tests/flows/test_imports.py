"""Importing the flows costs no engine."""

import json
import subprocess
import sys
from pathlib import Path

import flows

HEAVY = ("pyspark", "great_expectations", "py4j", "delta")


def loaded_by(statement: str) -> list[str]:
    program = f"{statement}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    return json.loads(told.stdout.splitlines()[-1])


def test_importing_all_flows_loads_no_spark_and_no_great_expectations():
    names = [path.stem for path in Path(flows.__file__).parent.glob("*.py") if path.stem != "__init__"]
    assert {"land", "snapshot", "refine", "check", "publish", "cycle", "serve"} <= set(names)
    loaded = loaded_by("import " + ", ".join(f"flows.{name}" for name in names))
    assert [name for name in HEAVY if name in loaded] == []


def test_asking_where_the_server_is_does_not_load_prefect():
    assert "prefect" not in loaded_by("import flows.server")
