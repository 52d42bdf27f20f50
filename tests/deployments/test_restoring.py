"""What deployments/README.md says of backups, done: a HOME is copied, a part of it lost, and everything is there again."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import psycopg2
import pytest

from tests.services import open_home
from twilytics import watching
from twilytics.cycle import cycle
from twilytics.landing import replay
from twilytics.maintenance import maintain
from twilytics.observatory import Observatory
from twilytics.settings import Settings
from twilytics.sources import simulated

PLACES = ["berlin", "hamburg"]
HALF = 12
FIRST, SECOND = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, HALF, tzinfo=UTC)
COMPARED = ("trends", "captures", "change_rate", "trend_equality", "episodes", "topics", "change_summary")
Sums = dict[str, tuple[int, str]]


def copied(home: Path, to: Path) -> Path:
    """As the operators' guide has it: with owners, rights and links."""
    subprocess.run(["cp", "-a", home, to], check=True)
    return to


def opened(home: Path) -> Observatory:
    return Observatory(Settings(home=home, _env_file=None))


def published(observatory: Observatory) -> Sums:
    """Of each compared table, how many rows PostgreSQL has, and a checksum over all of them."""
    sums: Sums = {}
    with closing(psycopg2.connect(observatory.dsn)) as connection, connection.cursor() as cursor:
        for table in COMPARED:
            cursor.execute(f"SELECT count(*), md5(string_agg(found::text, '|' ORDER BY found::text)) FROM gold.{table} AS found")
            sums[table] = cursor.fetchone()
    return sums


@pytest.fixture(scope="module")
def kept() -> Iterator[tuple[Path, Path, Sums]]:
    """Two backups, of half a day and of a day, and what was published of the day."""
    with open_home() as folder:
        home = folder / "home"
        home.mkdir()
        for name, first in (("half", FIRST), ("whole", SECOND)):
            simulated.write(archive := folder / f"{name}.jsonl.gz", PLACES, first, HALF, 0)
            with opened(home) as observatory:
                replay(observatory, [archive])
                cycle(observatory)
                watching.add(observatory.dsn, ["#Bundesliga"])
                sums = published(observatory)
            copied(home, folder / name)
        yield folder / "half", folder / "whole", sums


@pytest.fixture
def restored(kept: tuple[Path, Path, Sums]) -> Iterator[Path]:
    """A HOME as of the newer backup."""
    with open_home() as folder:
        yield copied(kept[1], folder / "home")


def test_a_home_that_is_copied_back_has_nothing_left_to_do(restored: Path, kept: tuple[Path, Path, Sums]):
    with opened(restored) as observatory:
        assert published(observatory) == kept[2]
        report = cycle(observatory)
        assert report.snapshot.n_new == 0
        assert not (observatory.ledger.to_refine)
        assert not (observatory.ledger.to_publish)
        assert published(observatory) == kept[2]


@pytest.mark.parametrize("part", ["spool", "store", "postgres", "lake"])
def test_what_one_part_lost_the_others_bring_back_but_for_what_is_watched(restored: Path, kept: tuple[Path, Path, Sums], part: str):
    shutil.rmtree(restored / part)
    with opened(restored) as observatory:
        n_lost = maintain(observatory).n_offered
        cycle(observatory)
        assert published(observatory) == kept[2]
        assert len(watching.listed(observatory.dsn)) == (0 if part == "postgres" else 1)
    assert (n_lost > 0) is (part == "lake")


def test_a_lake_of_an_older_backup_gets_what_came_since_from_the_store(restored: Path, kept: tuple[Path, Path, Sums]):
    shutil.rmtree(restored / "lake")
    copied(kept[0] / "lake", restored / "lake")
    with opened(restored) as observatory:
        n_lost = maintain(observatory).n_offered
        assert cycle(observatory).snapshot.n_new == n_lost > 0
        assert published(observatory) == kept[2]
        assert maintain(observatory).n_offered == 0


def test_a_store_of_an_older_backup_lands_nothing_twice(restored: Path, kept: tuple[Path, Path, Sums]):
    shutil.rmtree(restored / "store")
    copied(kept[0] / "store", restored / "store")
    with opened(restored) as observatory:
        assert cycle(observatory).snapshot.n_new == 0
        assert published(observatory) == kept[2]
