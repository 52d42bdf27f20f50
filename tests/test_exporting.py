"""Exported files: whole or not there, of one publication, and with a page that says what they are."""

import csv
import json
import re
from hashlib import sha256
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests import valid
from tests.lakes import HOUR, NOON, InMemory, run, version
from twilytics import exporting, publication
from twilytics.errors import TwilyticsError
from twilytics.exporting import FORMS, Chosen, Form
from twilytics.gold import captures, change_rate, coverage, trend_equality, trends
from twilytics.render import arrow
from twilytics.schema import Table

EVERYTHING = Chosen()
TITLES = ["HSV", "=1+1", 'a "b", c', "zwei\nZeilen", "東京", "|", "\x1b[31m"]


@pytest.fixture
def published(postgres_dsn: str) -> str:
    """Names of strangers in Berlin at noon, one of Hamburg an hour later, and a pair of both."""
    listed = [valid.row(trends.TABLE) | {"place": "berlin", "rank": n, "topic": f"t{n}", "title": t} for n, t in enumerate(TITLES, start=1)]
    later = valid.row(trends.TABLE) | {"place": "hamburg", "slot": NOON + HOUR}
    pair = valid.row(trend_equality.TABLE) | {"place_a": "berlin", "place_b": "hamburg"}
    captured = [valid.row(captures.TABLE) | {"place": "berlin", "source": "x-v2"}]
    covered = [
        valid.row(coverage.TABLE) | {"place": "berlin"},
        valid.row(coverage.TABLE) | {"place": "hamburg", "state": "failed", "reason": "timeout"},
    ]
    more = [InMemory(trend_equality.TABLE, [pair]), InMemory(captures.TABLE, captured), InMemory(coverage.TABLE, covered)]
    publication.publish(postgres_dsn, InMemory(trends.TABLE, [*listed, later], *more), 7)
    return postgres_dsn


def exported(dsn: str, folder: Path, form: Form, chosen: Chosen = EVERYTHING, *tables: Table) -> list[exporting.Exported]:
    return list(exporting.export(dsn, tables or (trends.TABLE,), folder, form, chosen))


def titles(path: Path) -> list[str]:
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            return [row["title"] for row in csv.DictReader(file)]
    return [row["title"] for row in (json.loads(path.read_bytes()) if path.suffix == ".json" else pq.read_table(path).to_pylist())]


@pytest.mark.parametrize("form", FORMS)
def test_every_row_arrives_in_the_order_of_its_key(published: str, tmp_path: Path, form: Form):
    (written,) = exported(published, tmp_path / "new", form)
    expected = [*TITLES, "title"]
    if form == "csv":
        expected[1] = "'=1+1"  # a spreadsheet would compute it
    assert titles(written.path) == expected
    assert written.n_rows == len(expected)


def test_parquet_has_the_declared_types_and_csv_and_json_tell_instants_in_utc(published: str, tmp_path: Path):
    assert pq.read_schema(exported(published, tmp_path, "parquet")[0].path).equals(arrow.schema(trends.TABLE))
    assert json.loads(exported(published, tmp_path, "json")[0].path.read_bytes())[0]["slot"] == "2020-07-18T12:00:00Z"
    assert "2020-07-18T12:00:00Z" in exported(published, tmp_path, "csv")[0].path.read_text()


def test_only_the_slots_and_places_that_are_asked_for(published: str, tmp_path: Path):
    assert titles(exported(published, tmp_path, "json", Chosen(since=NOON + HOUR))[0].path) == ["title"]
    assert titles(exported(published, tmp_path, "json", Chosen(until=NOON + HOUR))[0].path) == TITLES
    assert titles(exported(published, tmp_path, "json", Chosen(places=("hamburg",)))[0].path) == ["title"]
    of_one, of_both = (Chosen(places=places) for places in (("berlin",), ("berlin", "hamburg")))
    assert exported(published, tmp_path, "json", of_one, trend_equality.TABLE)[0].n_rows == 0
    assert exported(published, tmp_path, "json", of_both, trend_equality.TABLE)[0].n_rows == 1


def test_the_page_beside_it_says_what_it_is_what_is_missing_and_how_to_cite_it(published: str, tmp_path: Path):
    (written,) = exported(published, tmp_path, "csv")
    page = written.about.read_text(encoding="utf-8")
    digest = sha256(written.path.read_bytes()).hexdigest()
    assert f"`trends.csv` has 8 rows and the SHA-256 `{digest}`" in page
    assert trends.TABLE.description.strip() in page
    assert "| `berlin` | 1 | 0 | 0 | 2020-07-18 12:00 | 2020-07-18 12:00 |" in page
    assert "| `hamburg` | 0 | 1 | 0 |" in page
    assert re.search(r"Cite as: Twilytics, gold\.trends, batch 7 of 20..-..-.. ..:.. UTC, from lists of x-v2", page)
    assert all(f"`{name}`" in page for name in trends.TABLE.names)


def test_a_file_that_was_cut_does_not_look_whole(published: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    before = exported(published, tmp_path, "csv")[0].path.read_bytes()

    def cut(path: Path, *_: object) -> int:
        path.write_text("place,slot\nberlin,")
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setitem(exporting.WRITERS, "csv", cut)
    with pytest.raises(TwilyticsError, match=r"trends\.csv\.part cannot be written: No space left on device"):
        exported(published, tmp_path, "csv")
    assert (tmp_path / "trends.csv").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["trends.about.md", "trends.csv"]


def test_all_files_are_of_one_publication_whatever_is_published_meanwhile(postgres_dsn: str, tmp_path: Path):
    publication.publish(postgres_dsn, version(1), 1)
    files = exporting.export(postgres_dsn, (trends.TABLE, change_rate.TABLE), tmp_path, "parquet", Chosen())
    first = next(files)
    publication.publish(postgres_dsn, version(2), 2, {name: [run(hours=50)] for name in ("gold.trends", "gold.change_rate")})
    second = next(files)
    assert set(pq.read_table(first.path)["volume"].to_pylist()) == set(pq.read_table(second.path)["n_topics"].to_pylist()) == {1}
    assert "batch 1 of" in second.about.read_text()


def test_a_large_table_is_written_in_pieces(postgres_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    publication.publish(postgres_dsn, version(1), 1)
    monkeypatch.setattr(exporting, "ROWS_AT_ONCE", 64)
    for form in FORMS:
        (written,) = exported(postgres_dsn, tmp_path, form)
        assert len(titles(written.path)) == written.n_rows == 1000
