import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pyarrow as pa
import pytest

from tests import valid
from tests.lakes import HOUR, NOON, Ask, InMemory, put, run, version
from twilytics import postgres, publication
from twilytics.errors import ServiceError
from twilytics.generate import ROOT
from twilytics.gold import change_rate, trends
from twilytics.lake import Lake
from twilytics.published import published_tables
from twilytics.schema import Table
from twilytics.slots import Slots


def test_a_table_arrives_as_it_is_and_the_batch_tells_of_it(lake: Lake, postgres_dsn: str, ask: Ask) -> None:
    assert publication.last_batch(postgres_dsn) is None
    drawing = """
        place     | slot             | n_topics | n_new | n_gone | change_rate
        berlin    | 2020-07-18 12:00 | 50       | NULL  | NULL   | NULL
        stuttgart | 2020-07-18 13:00 | 3        | 1     | 48     | 0.3333333333333333
    """
    put(lake, change_rate.TABLE, drawing)
    done = publication.publish(postgres_dsn, lake, 7, {"gold.captures": [run(hours=2)], "gold.change_rate": [run(hours=2)]})
    assert ask("SELECT * FROM gold.change_rate ORDER BY place") == [
        ("berlin", NOON, 50, None, None, None),
        ("stuttgart", NOON + HOUR, 3, 1, 48, 0.3333333333333333),
    ]
    n_rows = {"gold.captures": 0, "gold.change_rate": 2}
    assert (done.batch, done.n_rows, done.n_written) == (7, n_rows, n_rows)
    ((batch, published_at, slots, n_rows, versions),) = ask("SELECT * FROM gold.batches")
    assert (batch, published_at, slots, n_rows) == (7, done.published_at, "2020-07-18T12:00Z/2020-07-18T14:00Z", 2)
    assert json.loads(versions) == {
        "lake": lake.identity(),
        **{table.name: lake.version(table) for table in published_tables()},
    }
    assert publication.last_batch(postgres_dsn).number == 7


def test_publishing_everything_removes_what_the_lake_does_not_have(lake: Lake, postgres_dsn: str, ask: Ask) -> None:
    another = InMemory(trends.TABLE, [valid.row(trends.TABLE) | {"slot": NOON + 9999 * HOUR}])
    publication.publish(postgres_dsn, another, 12)
    put(lake, trends.TABLE, "place | slot | rank | topic\nberlin | 2020-07-18 12:00 | 1 | hsv")
    done = publication.publish(postgres_dsn, lake, 3)
    assert done.slots == "all"
    assert ask("SELECT place, topic FROM gold.trends") == [("berlin", "hsv")]
    assert publication.last_batch(postgres_dsn).number == 3


def test_the_same_batch_again_replaces_itself(lake: Lake, postgres_dsn: str, ask: Ask) -> None:
    put(lake, trends.TABLE, "place | slot | rank | topic\nberlin | 2020-07-18 12:00 | 1 | hsv")
    first = publication.publish(postgres_dsn, lake, 1)
    again = publication.publish(postgres_dsn, lake, 1, {"gold.trends": [run()]})
    assert again.published_at > first.published_at
    assert ask("SELECT batch, published_at, slots FROM gold.batches") == [(1, again.published_at, again.slots)]
    assert ask("SELECT count(*) FROM gold.trends") == [(1,)]


def test_a_reader_never_sees_half_a_batch(postgres_dsn: str) -> None:
    seen: list[tuple[Any, ...]] = []
    done, failed = threading.Event(), []

    def read() -> None:
        with closing(psycopg2.connect(postgres_dsn)) as connection, connection.cursor() as cursor:
            connection.autocommit = True
            while not done.is_set():
                cursor.execute(
                    "SELECT listed.*, rates.*, (SELECT max(batch) FROM gold.batches)"
                    " FROM (SELECT count(*), min(volume), max(volume) FROM gold.trends) AS listed,"
                    " (SELECT min(n_topics), max(n_topics) FROM gold.change_rate) AS rates"
                )
                seen.extend(cursor.fetchall())

    publication.publish(postgres_dsn, version(1), 1)
    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        for batch in range(2, 12):
            publication.publish(postgres_dsn, version(batch), batch, {"gold.trends": [run(hours=50)], "gold.change_rate": [run(hours=50)]})
    except BaseException as error:
        failed.append(error)
    done.set()
    for reader in readers:
        reader.join()
    assert not failed
    assert {(row[0], len(set(row[1:]))) for row in seen} == {(1000, 1)}
    assert len({row[5] for row in seen}) > 1


@pytest.mark.parametrize("moment", ["in the first table", "in a later table", "before the batch's row"])
def test_a_publisher_that_is_killed_leaves_the_last_good_state(postgres_dsn: str, ask: Ask, tmp_path: Path, moment: str) -> None:
    publication.publish(postgres_dsn, version(1), 1)
    state = (
        "SELECT (SELECT sum(volume) FROM gold.trends), (SELECT sum(n_topics) FROM gold.change_rate), (SELECT max(batch) FROM gold.batches)"
    )
    before, reached = ask(state), tmp_path / "reached"
    code = f"""
from tests.lakes import Stuck
from twilytics import publication
publication.publish({postgres_dsn!r}, Stuck({moment!r}, {str(reached)!r}), 2)
"""
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT) as publisher:
        while not reached.exists():
            assert publisher.poll() is None
            time.sleep(0.01)
        os.kill(publisher.pid, signal.SIGKILL)
    assert ask(state) == before
    publication.publish(postgres_dsn, version(2), 2)
    assert ask(state) == [(2000, 100, 2)]


def test_what_goes_wrong_in_the_lake_is_told_as_it_is_and_changes_nothing(postgres_dsn: str, ask: Ask) -> None:
    publication.publish(postgres_dsn, version(1), 1)

    class Torn(InMemory):
        def batches(self, table: Table, runs: Sequence[Slots] | None = None) -> Iterator[pa.RecordBatch]:
            yield from super().batches(table, runs)
            raise OSError("a file of the lake is torn")

    with pytest.raises(OSError, match="a file of the lake is torn"):
        publication.publish(postgres_dsn, Torn(trends.TABLE, []), 2)
    assert ask("SELECT count(*), max(volume) FROM gold.trends") == [(1000, 1)]


def test_what_postgresql_refuses_is_told_in_one_line_and_changes_nothing(postgres_dsn: str, ask: Ask) -> None:
    publication.publish(postgres_dsn, version(1), 1)
    twice = InMemory(trends.TABLE, [valid.row(trends.TABLE), valid.row(trends.TABLE)])
    with pytest.raises(ServiceError, match=r"trends_pkey.*the last good state stays published$") as caught:
        publication.publish(postgres_dsn, twice, 2)
    assert "\n" not in str(caught.value)
    assert ask("SELECT count(*), max(volume) FROM gold.trends") == [(1000, 1)]


def test_a_schema_of_another_version_is_told_with_what_to_do(postgres_dsn: str, ask: Ask) -> None:
    with closing(psycopg2.connect(postgres_dsn)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA gold; CREATE TABLE gold.trends (place text, slot timestamptz, rank bigint)")
    with pytest.raises(ServiceError, match="DROP SCHEMA gold CASCADE"):
        publication.publish(postgres_dsn, version(1), 1)


def test_two_publishers_take_turns(postgres_dsn: str, ask: Ask) -> None:
    with ThreadPoolExecutor() as publishers:
        done = list(publishers.map(lambda n: publication.publish(postgres_dsn, version(n), n), (1, 2, 3)))
    last = max(done, key=lambda published: published.published_at)
    assert publication.last_batch(postgres_dsn).number == last.batch
    assert ask("SELECT DISTINCT volume, count(*) OVER () FROM gold.trends") == [(last.batch, 1000)]


def test_the_reader_role_reads_what_was_published_before_and_after_it_was_made(postgres_dsn: str, home: Path) -> None:
    reader = postgres.reader_dsn(postgres_dsn, home)
    publication.publish(postgres_dsn, version(1), 1)
    assert postgres.query(reader, "SELECT count(*) FROM gold.trends") == (("count",), [(1000,)])
    publication.publish(postgres_dsn, version(2), 2)
    assert postgres.query(reader, "SELECT max(batch) FROM gold.batches")[1] == [(2,)]
