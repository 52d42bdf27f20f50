import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import replace
from textwrap import dedent
from types import ModuleType

import pytest
from cyclopts import App

from tests.engines import by_duckdb
from twilytics import generate
from twilytics.cli.commands import app
from twilytics.errors import TwilyticsError
from twilytics.gold import change_rate, topic_days
from twilytics.render import readme
from twilytics.settings import PREFIX, Settings
from twilytics.tables import Definition

PAGE = """# Mine

<!-- generated: tree -->
old
<!-- /generated -->
between
<!-- generated: tables -->
<!-- /generated -->
"""
README = (generate.ROOT / "README.md").read_text(encoding="utf-8")


def test_only_what_stands_between_markers_is_written_and_twice_changes_nothing() -> None:
    parts = {"tree": "- new", "tables": "| a |\n| b |\n"}
    once = readme.text(PAGE, parts)
    assert once == PAGE.replace("old", "- new").replace("tables -->\n", "tables -->\n| a |\n| b |\n")
    assert readme.text(once, parts) == once


@pytest.mark.parametrize(
    ("page", "message"),
    [
        (PAGE.replace("<!-- generated: tables -->", ""), "README.md: <!-- /generated --> has no beginning before it"),
        (PAGE.replace("old\n<!-- /generated -->", ""), "README.md: <!-- generated: tables --> has no <!-- /generated --> before it"),
        (PAGE.removesuffix("<!-- /generated -->\n"), "README.md: <!-- generated: tables --> has no <!-- /generated --> after it"),
        (PAGE.replace(": tables", ": table"), "README.md has no <!-- generated: tables -->: put it, and <!-- /generated -->, once"),
        (PAGE.replace(": tables", ": tree"), "README.md has more than one <!-- generated: tree -->"),
        (PAGE + PAGE.replace(": tree", ": pins"), "README.md has more than one <!-- generated: tables -->"),
        (
            PAGE.replace("between", "<!-- generated: pins -->\n<!-- /generated -->"),
            "README.md: nothing is called pins; what can be generated",
        ),
    ],
)
def test_a_page_whose_markers_are_not_in_pairs_and_once_is_refused(page: str, message: str) -> None:
    with pytest.raises(TwilyticsError, match=f"^{re.escape(message)}"):
        readme.text(page, {"tree": "- new", "tables": "| a |"})


def test_settings_have_their_default_and_the_values_to_choose_from() -> None:
    table = readme.settings(Settings.model_fields, PREFIX)
    assert table.count("\n") == len(Settings.model_fields) + 1
    assert "| `TWILYTICS_HOME` | `.twilytics` | the folder that everything embedded lives in |" in table
    assert "| `TWILYTICS_PLACES` | `berlin,stuttgart` | " in table
    assert "| `TWILYTICS_MONGODB_URI` | none | " in table
    assert re.search(r"\| `TWILYTICS_ENGINE` \| `duckdb` \| [^|]+ \(`duckdb` or `spark`\) \|", table)


def test_commands_come_in_the_order_of_the_help_with_its_first_line() -> None:
    made = App(name="made")
    made.command(lambda: None, name="later", help="Do it | then.\n\nAt length.", sort_key=2)
    made.command(lambda: None, name="first", help="Begin.", sort_key=1)
    assert readme.commands(made).splitlines()[2:] == ["| `first` | Begin. |", "| `later` | Do it \\| then. |"]


def test_a_table_has_its_grain_first_and_says_where_it_is_not_published() -> None:
    reordered = replace(change_rate.TABLE, columns=change_rate.TABLE.columns[::-1])
    rate, days = readme.tables([reordered, topic_days.TABLE]).splitlines()[2:]
    assert rate == (
        "| `change_rate` | **place, slot**, change_rate, n_gone, n_new, n_topics "
        "| Share of a place's topics that were not trending in the slot before. |"
    )
    assert days.endswith(" (Lake only.) |")


def test_the_tree_has_folders_before_files_and_what_lies_in_a_folder_below_it() -> None:
    said = {"Makefile": "Everything. And more.", "b/": "The ``second``: one.\n\nAt length.", "b/c/": "Within", "a/": "", "b-c/": "Between."}
    assert readme.tree(said) == "- `a/`\n- `b/` The `second`: one.\n  - `c/` Within.\n- `b-c/` Between.\n- `Makefile` Everything."


def test_the_tree_says_something_of_every_committed_folder() -> None:
    git = shutil.which("git")
    if git is None or not (generate.ROOT / ".git").exists():
        pytest.skip("no git, or not a clone: which folders are committed cannot be told")
    listed = subprocess.run([git, "ls-files"], cwd=generate.ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    folders = {f"{path.partition('/')[0]}/" for path in listed if "/" in path and not path.startswith(".")}
    tree = generate.readme_parts()["tree"]
    assert not [folder for folder in folders if f"\n- `{folder}` " not in f"\n{tree}"]
    assert all((generate.ROOT / path).exists() for path in generate.BESIDE_THE_CODE)


def test_the_pins_are_explained_as_they_are() -> None:
    declared = tomllib.loads((generate.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    pinned = dict(re.fullmatch(r"([\w-]+)(?:\[\w+\])?(\S*)", told).groups() for told in declared)
    section = README.partition("\n## Pins\n")[2].partition("\n## ")[0]
    rows = [[cell.strip().split(", ") for cell in line.split("|")[1:3]] for line in section.splitlines() if line.startswith("| ")][1:]
    explained = {name: version for names, versions in rows for name, version in zip(names, versions, strict=True)}
    assert explained == {name: version for name, version in pinned.items() if version.startswith(("==", "<"))}


def test_the_page_names_no_setting_command_target_or_file_that_is_not_there() -> None:
    commands = re.findall(r"\btwilytics ((?!COMMAND)[a-z]+)", " ".join(re.findall(r"`[^`\n]+`|^\$ .*", README, re.MULTILINE)))
    settings = re.findall(rf"\b{PREFIX}(\w+)", README)
    targets = re.findall(r"[`$] ?make ([a-z-]+)", README)
    paths = re.findall(r"`((?:twilytics|tests|expectations)/[\w/.]+)`|\]\(([\w/.]+)\)", README)
    makefile = (generate.ROOT / "Makefile").read_text(encoding="utf-8")
    assert commands
    assert set(commands) <= {*app}
    compose = (generate.ROOT / "deployments" / "compose.yaml").read_text(encoding="utf-8")
    of_others = {name for name in settings if f"${{{PREFIX}{name}" in compose or f" {PREFIX}{name}:" in compose} - {
        name.upper() for name in Settings.model_fields
    }
    assert {name.lower() for name in settings} - {name.lower() for name in of_others} == set(Settings.model_fields)
    assert targets
    assert all(f"\n{target}:" in makefile for target in targets)
    to_be_added = {"twilytics/gold/loudest_share.py", "tests/gold/test_loudest_share.py"}
    assert {a or b for a, b in paths if not (generate.ROOT / (a or b)).exists()} <= to_be_added


def test_the_metric_that_the_page_adds_works_and_so_does_its_test(monkeypatch: pytest.MonkeyPatch) -> None:
    definition, test = (dedent(code) for code in re.findall(r"^   ```python\n(.*?)^   ```$", README, re.MULTILINE | re.DOTALL))
    module, tests = ModuleType("twilytics.gold.loudest_share"), ModuleType("test_loudest_share")
    exec(definition, vars(module))
    made = {module.TABLE.name: Definition(module.TABLE, module.transform)}
    monkeypatch.setitem(sys.modules, module.__name__, module)
    for reader in ("twilytics.sql.definitions", "tests.engines.definitions"):
        monkeypatch.setattr(reader, lambda: made)
    exec(test, vars(tests))
    [run] = [value for name, value in vars(tests).items() if name.startswith("test_")]
    run(by_duckdb)
