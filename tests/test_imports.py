"""Who may import whom: tests → flows, jobs, cli → edges → tables → schema. Imports inside functions count as well."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
STANDARD = sys.stdlib_module_names
PURE = ("twilytics/schema.py", "twilytics/columns.py", "twilytics/topics.py", "twilytics/slots.py", "twilytics/refine.py")
TRANSFORMS = [path for layer in ("bronze", "silver", "gold") for path in (ROOT / "twilytics" / layer).glob("*.py")]
#: What tables are made of: nothing that knows a setting, a clock, a path, a session or an engine.
ALLOWED_IN_TABLES = {
    "dataclasses", "datetime", "collections", "functools", "typing", "numpy", "scipy", "ibis", "pyarrow",
    "twilytics", "twilytics.schema", "twilytics.columns", "twilytics.relations", "twilytics.slots", "twilytics.topics",
    "twilytics.hashing",
    "twilytics.places", "twilytics.bronze", "twilytics.silver", "twilytics.gold", "twilytics.render", "twilytics.sources",
}  # fmt: skip


def imported(path: Path) -> set[str]:
    """All modules that a file imports, anywhere in it, as ``package.module``."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            found |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
    return found


def sources(*folders: str) -> list[Path]:
    return [path for folder in folders for path in (ROOT / folder).rglob("*.py")]


@pytest.mark.parametrize("path", sources("twilytics"), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_package_imports_neither_flows_nor_jobs_and_only_commands_use_commands(path: Path):
    found = imported(path)
    # The README has a table of the commands, so what generates it has to see them.
    is_command = path.is_relative_to(ROOT / "twilytics" / "cli") or path.name == "generate.py"
    assert "jobs" not in {name.partition(".")[0] for name in found}
    assert is_command or not any(name.startswith(("flows", "twilytics.cli")) for name in found)
    assert not any(name.partition(".")[0] == "tests" for name in found)


@pytest.mark.parametrize("path", sources("flows"), ids=lambda path: str(path.relative_to(ROOT)))
def test_flows_do_not_import_pyspark(path: Path):
    assert not {name.partition(".")[0] for name in imported(path)} & {"pyspark", "delta"}


@pytest.mark.parametrize("path", sources("jobs"), ids=lambda path: str(path.relative_to(ROOT)))
def test_jobs_never_import_prefect_or_flows(path: Path):
    assert not {name.partition(".")[0] for name in imported(path)} & {"prefect", "flows"}


@pytest.mark.parametrize("path", TRANSFORMS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_transform_sees_tables_only(path: Path):
    for name in imported(path):
        parents = {name[:end] for end in [*[i for i, letter in enumerate(name) if letter == "."], len(name)]}
        assert parents & ALLOWED_IN_TABLES, f"{name} has no place in a table's module"
        assert not name.startswith(("twilytics.settings", "twilytics.lake", "twilytics.engines", "datetime.UTC")), name


@pytest.mark.parametrize("path", PURE)
def test_the_core_needs_the_standard_library_only(path: str):
    outside = {name for name in imported(ROOT / path) if name.partition(".")[0] not in STANDARD and not name.startswith("twilytics")}
    assert outside == set()


def test_only_the_settings_read_our_environment():
    readers = [
        path.relative_to(ROOT).as_posix()
        for path in sources("twilytics", "flows", "jobs")
        if path.name != "settings.py" and '"TWILYTICS_' in (text := path.read_text(encoding="utf-8")) and "environ" in text
    ]
    assert readers == []


def test_importing_flows_loads_no_pyspark_and_no_great_expectations():
    code = "import flows, sys; print(sorted({'pyspark', 'great_expectations'} & set(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
