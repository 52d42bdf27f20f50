"""A failed check stops the publication: readers stay on the last good state until the slots are right again."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg2
import pyarrow as pa
import pytest

from tests.lakes import Ask
from twilytics import backfilling
from twilytics.cycle import cycle
from twilytics.errors import GateError
from twilytics.gold import change_rate
from twilytics.landing import replay
from twilytics.observatory import Observatory
from twilytics.render import arrow
from twilytics.settings import Settings
from twilytics.slots import Slots
from twilytics.sources import simulated

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
ELEVENTH = Slots(SINCE + 10 * HOUR, SINCE + 11 * HOUR)


@pytest.fixture
def observatory(tmp_path: Path, mongodb_uri: str, postgres_dsn: str) -> Iterator[Observatory]:
    with Observatory(Settings(home=tmp_path / "home", mongodb_uri=mongodb_uri, postgres_dsn=postgres_dsn, _env_file=None)) as opened:
        yield opened


#: One moment of what readers see.
STATE = "SELECT count(*), max(slot), (SELECT max(batch) FROM gold.batches) FROM gold.change_rate"


@contextmanager
def polled(dsn: str) -> Iterator[list[tuple]]:
    """What a reader sees who asks all the time."""
    seen, done = list[tuple](), threading.Event()

    def read() -> None:
        with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
            connection.autocommit = True
            while not done.is_set():
                cursor.execute(STATE)
                seen.extend(cursor.fetchall())

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield seen
    finally:
        done.set()
        reader.join()


def landed(observatory: Observatory, path: Path, since: datetime, hours: int) -> None:
    simulated.write(path, ["berlin", "hamburg"], since, hours)
    replay(observatory, [path])


def spoil(observatory: Observatory) -> None:
    """A change rate of 7 where the next cycle has to publish."""
    rows = observatory.lake.read(change_rate.TABLE, (ELEVENTH,)).to_pylist()
    wrong = [{**row, "change_rate": 7.0, "n_new": 1, "n_gone": 1} for row in rows]
    observatory.lake.replace(change_rate.TABLE, pa.Table.from_pylist(wrong, schema=arrow.schema(change_rate.TABLE)), (ELEVENTH,))


def test_a_failed_check_leaves_the_last_good_state_and_says_which_rule_on_which_rows(observatory: Observatory, ask: Ask, tmp_path: Path):
    landed(observatory, tmp_path / "a.jsonl.gz", SINCE, 10)
    cycle(observatory)
    published = ask(STATE)
    with polled(observatory.dsn) as seen:
        spoilt_and_mended(observatory, ask, tmp_path, published)
    assert set(seen) == {published[0], ask(STATE)[0]}


def spoilt_and_mended(observatory: Observatory, ask: Ask, tmp_path: Path, published: list) -> None:
    landed(observatory, tmp_path / "b.jsonl.gz", SINCE + 10 * HOUR, 2)

    def call(stage: str, function, *args):
        result = function(*args)
        if stage == "refine":
            spoil(observatory)
        return result

    with pytest.raises(GateError) as stopped:
        cycle(observatory, call=call)
    assert "gold.change_rate: change_rate must be from 0 to 1: 2 of " in str(stopped.value)
    assert "berlin 2026-01-01 10:00" in str(stopped.value)
    assert "nothing of this cycle was published" in str(stopped.value)
    assert ask(STATE) == published
    told = ask(
        "SELECT n_failed, observed FROM gold.quality WHERE table_name = 'gold.change_rate' AND rule = 'change_rate.range' ORDER BY run"
    )
    assert told[-1] == (2, "7.0"), "what stopped it is there to be read, although nothing else was published"

    # The rows are still wrong, and nothing new is there: the gate stays shut.
    with pytest.raises(GateError):
        cycle(observatory)

    # Made again from bronze they are right, and one run catches up everything.
    backfilling.ask(observatory, ELEVENTH)
    assert cycle(observatory).published is not None
    assert ask("SELECT max(slot), max(change_rate) <= 1 FROM gold.change_rate") == [(SINCE + 11 * HOUR, True)]


def test_a_database_that_lost_everything_is_published_to_anew(observatory: Observatory, ask: Ask, tmp_path: Path):
    landed(observatory, tmp_path / "a.jsonl.gz", SINCE, 5)
    cycle(observatory)
    before = ask("SELECT * FROM gold.trendsetter ORDER BY 1, 2, 3, 4")
    assert before
    ask("DROP SCHEMA gold CASCADE; SELECT 1")
    assert cycle(observatory).published is not None
    assert ask("SELECT * FROM gold.trendsetter ORDER BY 1, 2, 3, 4") == before
    assert cycle(observatory).published is None


def test_a_database_that_another_lake_filled_is_published_to_anew(
    observatory: Observatory, ask: Ask, tmp_path: Path, mongodb_uri: str, postgres_dsn: str
):
    with Observatory(
        Settings(home=tmp_path / "other", mongodb_uri=f"{mongodb_uri}-other", postgres_dsn=postgres_dsn, _env_file=None)
    ) as other:
        simulated.write(tmp_path / "other.jsonl.gz", ["stuttgart"], SINCE, 3)
        replay(other, [tmp_path / "other.jsonl.gz"])
        cycle(other)
    assert ask("SELECT DISTINCT place FROM gold.captures") == [("stuttgart",)]
    landed(observatory, tmp_path / "a.jsonl.gz", SINCE, 3)
    cycle(observatory)
    assert ask("SELECT DISTINCT place FROM gold.captures ORDER BY 1") == [("berlin",), ("hamburg",)]
