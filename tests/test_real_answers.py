"""The main job on real answers, with numbers that were counted by other means (they stand in the issue that asked for it)."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests import alike, reference
from tests.published import History
from tests.shared_data import shared
from twilytics import snapshot
from twilytics.bronze import answers as bronze_answers
from twilytics.cycle import cycle
from twilytics.gold import captures, change_rate, episodes, trends
from twilytics.landing import replay
from twilytics.observatory import Observatory
from twilytics.refinement import refine
from twilytics.settings import Settings
from twilytics.sources import archive
from twilytics.tables import of_layer

COUNTED = {
    "SELECT count(*) FROM gold.captures": 4_506,
    "SELECT count(*) FROM gold.trends": 196_804,
    "SELECT count(*) FROM gold.change_rate": 4_506,
    "SELECT count(change_rate) FROM gold.change_rate": 4_483,
    "SELECT round(avg(change_rate)::numeric, 5)::float FROM gold.change_rate": 0.82922,
    "SELECT count(*) FROM gold.trend_equality": 17_796,
    "SELECT round(avg(trend_equality)::numeric, 5)::float FROM gold.trend_equality": 0.17243,
    "SELECT round(avg(rbo)::numeric, 5)::float FROM gold.trend_equality": 0.14782,
    "SELECT count(*) FROM gold.trendsetter": 211_728,
    "SELECT count(*) FROM gold.episodes": 160_586,
    "SELECT count(*) FROM gold.episodes WHERE censored_start": 490,
    "SELECT count(*) FROM gold.episodes WHERE censored_end": 475,
    "SELECT count(*) FROM gold.survival": 109,
    "SELECT count(*) FROM gold.topics": 46_787,
    "SELECT count(first_place) FROM gold.topics": 27_084,
}


@contextmanager
def observatory(home: Path, interval_minutes: int = 480, **settings: object) -> Iterator[Observatory]:
    with Observatory(Settings(home=home, interval_minutes=interval_minutes, _env_file=None, **settings)) as opened:
        yield opened


def gold(opened: Observatory) -> dict[str, pa.Table]:
    return {table.name: opened.lake.read(table) for table in of_layer("gold")}


def landed(opened: Observatory, parts: list[list]) -> None:
    """Part by part to bronze and on to gold; the store and the checks have tests of their own."""
    with opened.lake.locked():
        for part in parts:
            snapshot.append(opened.lake, part)
            refine(opened)


@pytest.fixture(scope="module")
def answers() -> list:
    return list(archive.read(shared("x-2020.jsonl.gz"), datetime.now(UTC)))


@pytest.fixture(scope="module")
def at_once(x_2020: History) -> dict[str, pa.Table]:
    return gold(x_2020.observatory)


def test_replayed_to_the_database_it_has_the_counted_rows_and_again_nothing_new(x_2020: History):
    found = {question: next(iter(row.values())) for question in COUNTED for row in x_2020.ask(question)}
    assert found == COUNTED
    assert x_2020.observatory.lake.n_rows(bronze_answers.TABLE) == 4_543

    assert replay(x_2020.observatory, [shared("x-2020.jsonl.gz")]).n_new == 0
    again = cycle(x_2020.observatory)
    assert (again.snapshot.n_new, again.refined.runs, again.published) == (0, (), None)


def test_in_ten_parts_in_reverse_order_the_tables_are_the_same(answers: list, at_once: dict, tmp_path: Path):
    backwards = answers[::-1]
    size = -(-len(backwards) // 10)
    with observatory(tmp_path) as opened:
        landed(opened, [backwards[start : start + size] for start in range(0, len(backwards), size)])
        found = gold(opened)
    for name, rows in at_once.items():
        assert alike.different(found[name], rows) == [], name


def test_spark_makes_the_same_tables(answers: list, tmp_path: Path, spark_session: object):
    """Of five weeks, so that windows and lives come to their ends; `benchmarks/five_setups.py` does it with all."""
    first = min(answer.captured_at for answer in answers)
    some = [answer for answer in answers if answer.captured_at < first + timedelta(days=35)]
    found = {}
    for engine in ("duckdb", "spark"):
        with observatory(tmp_path / engine, engine=engine) as opened:
            landed(opened, [some])
            found[engine] = gold(opened)
    assert sum(rows.num_rows for rows in found["duckdb"].values()) > 100_000
    for name, rows in found["duckdb"].items():
        assert alike.different(found["spark"][name], rows) == [], name


@pytest.mark.parametrize(
    ("name", "n_snapshots", "n_trends", "n_changes", "mean_change", "n_episodes"),
    [("weibo-2022", 7_731, 394_281, 6_864, 0.22515, 101_011), ("zhihu-2022", 8_213, 124_206, 7_811, 0.07007, 5_806)],
)
def test_a_year_of_hourly_lists_has_the_counted_rows(
    tmp_path: Path, name: str, n_snapshots: int, n_trends: int, n_changes: int, mean_change: float, n_episodes: int
):
    year = list(archive.read(shared(f"{name}.jsonl.gz"), datetime.now(UTC)))
    with observatory(tmp_path, interval_minutes=60) as opened:
        landed(opened, [year])
        rates = opened.lake.read(change_rate.TABLE).column("change_rate").drop_null()
        assert opened.lake.read(captures.TABLE).num_rows == n_snapshots
        assert opened.lake.read(trends.TABLE).num_rows == n_trends
        assert (len(rates), round(pc.mean(rates).as_py(), 5)) == (n_changes, mean_change)
        assert opened.lake.read(episodes.TABLE).num_rows == n_episodes


def test_rbo_equals_the_equation_as_printed_on_every_pair(at_once: dict):
    with duckdb.connect() as connection:
        connection.register("trends", at_once["gold.trends"])
        listed = connection.execute("SELECT place, slot, list(topic ORDER BY rank) FROM trends GROUP BY place, slot").fetchall()
        lists = {(place, slot): topics for place, slot, topics in listed}
    for row in at_once["gold.trend_equality"].to_pylist()[::29]:
        expected = reference.rbo(lists[row["place_a"], row["slot"]], lists[row["place_b"], row["slot"]])
        assert row["rbo"] == pytest.approx(expected, abs=1e-9)


def test_a_torn_archive_gives_what_can_be_read_and_the_whole_gives_the_rest(answers: list, at_once: dict, tmp_path: Path):
    torn = tmp_path / "torn.jsonl.gz"
    torn.write_bytes(shared("x-2020.jsonl.gz").read_bytes()[:1_000_000])
    read = list(archive.read(torn, datetime.now(UTC)))
    assert 1_000 < len(read) < len(answers)
    assert [answer.fault for answer in read if answer.fault] == ["archive_truncated"]
    whole = gzip.decompress(shared("x-2020.jsonl.gz").read_bytes()).count(b"\n")
    assert len({answer.id for answer in [*read, *answers] if not answer.fault}) == whole == len(answers)
