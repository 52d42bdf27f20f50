"""Names that strangers chose, from the answer to every way out but the report, which has a test of its own: text, everywhere."""

import csv
import gzip
import html
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from flows.markdown import code, section
from tests.report.payloads import PAYLOADS
from twilytics.sources.values import topic_of
from twilytics.spreadsheets import FORMULA, defused
from twilytics.visible import HAZARDS, visible

FORMULAS = [f"{before}{sign}SUM(1;2)" for before in ("", " ", "\n", "\u00a0", "\u3000") for sign in "=+-@＝＋－＠"]
NAMES = [*PAYLOADS, *FORMULAS, "x" * 10_000, "a\0b", "half \ud83d of a pair"]
KEPT = [name for name in NAMES if topic_of(name)[0] is not None]
QUESTION = "SELECT DISTINCT title FROM gold.trends"


@pytest.fixture
def published(twilytics: Callable, tmp_path: Path) -> Callable:
    """An observatory whose only place lists these names, in two slots."""
    with gzip.open(tmp_path / "names.jsonl.gz", "wt", encoding="utf-8") as file:
        for hour in (12, 13):
            payload = {"trends": [{"name": name} for name in NAMES]}
            line = {"source": "list", "place": "<b>nowhere</b>", "captured_at": f"2026-01-01T{hour}:00:00Z", "payload": payload}
            file.write(json.dumps(line) + "\n")
    assert twilytics("replay", str(tmp_path / "names.jsonl.gz")).code == 0
    return twilytics


def test_at_least_a_hundred_names_come_through_and_stay_what_they_were(published: Callable):
    assert len(KEPT) >= 100
    titles = {row["title"] for row in published("query", QUESTION, "--format", "json").json}
    # Names that differ in case or a leading # only are one topic, and the first of them is shown.
    assert {topic_of(title)[0] for title in titles} == {topic_of(name)[0] for name in KEPT}
    assert titles <= set(KEPT)


def test_nothing_acts_on_a_terminal(published: Callable):
    for words in (("query", QUESTION), ("quarantine", "list"), ("quarantine", "show"), ("status",)):
        ended = published(*words)
        assert ended.code == 0
        assert not HAZARDS.search((ended.out + ended.err).replace("\n", "")), words
        assert "\x1b" not in ended.out


def test_a_spreadsheet_computes_nothing(published: Callable):
    cells = [cell for row in csv.reader(io.StringIO(published("query", QUESTION, "--format", "csv").out)) for cell in row]
    assert not any(cell.startswith(FORMULA) for cell in cells)
    assert "'=1+1" in cells


def test_a_spreadsheet_computes_nothing_of_what_was_exported_and_has_every_name_whole(published: Callable, tmp_path: Path):
    assert published("export", "trends", "topics", "captures", "--format", "csv", "--out", str(tmp_path / "out")).code == 0
    tables = {path.stem: list(csv.DictReader(path.open(encoding="utf-8", newline=""))) for path in (tmp_path / "out").glob("*.csv")}
    cells = [cell for rows in tables.values() for row in rows for cell in row.values()]
    assert not any(cell.lstrip().startswith(FORMULA) for cell in cells)
    assert not any(None in row or None in row.values() for rows in tables.values() for row in rows)
    titles = {row["title"] for row in published("query", QUESTION, "--format", "json").json}
    assert len(titles) >= 100
    assert {row["title"] for row in tables["trends"]} == {defused(title) for title in titles}
    assert len(titles - {row["title"] for row in tables["trends"]}) > 10


@pytest.mark.parametrize("name", KEPT)
def test_the_artifact_of_a_run_shows_text(name: str):
    shown = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(section("Checks", [f"rank: {code(name)}, 3 rows"]))
    inside = shown.split("<code>")[1].split("</code>")[0]
    assert html.unescape(inside).strip() == visible(name).strip()
    assert shown == f"<h2>Checks</h2>\n<ul>\n<li>rank: <code>{inside}</code>, 3 rows</li>\n</ul>\n"
