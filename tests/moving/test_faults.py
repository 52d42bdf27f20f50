"""A move of one part that fails at its first call to the target or the source, its second, and so on to its last."""

import itertools
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from threading import Lock

import psycopg2
import psycopg2.extensions
import pymongo.collection
import pytest
from pymongo import MongoClient
from pymongo.errors import AutoReconnect

from tests.lakes import NOON, put, run
from tests.moving import holding
from tests.moving.conftest import Make, answer
from twilytics import moving, watching
from twilytics.errors import ServiceError
from twilytics.gold import change_rate, trends
from twilytics.moving import database, lake
from twilytics.observatory import Observatory
from twilytics.ops import watch
from twilytics.storage.bucket import Bucket
from twilytics.storage.folder import Folder

CALLS = {
    "mongodb_uri": ("find", "find_one", "insert_many", "insert_one", "replace_one", "delete_many", "estimated_document_count"),
    "lake": ("fetch", "store", "files", "remove", "settle"),
    "postgres_dsn": ("execute", "copy_expert"),
}


class Faults:
    """Counts calls, and has the one of a number fail."""

    def __init__(self) -> None:
        self.left = 0
        self.counting = Lock()

    def plant(self, monkeypatch: pytest.MonkeyPatch, owner: type, name: str, error: Callable[[], Exception]) -> None:
        real = getattr(owner, name)

        def counted(*args, **named):
            with self.counting:
                self.left -= 1
                is_now = self.left == 0
            if is_now:
                raise error()
            return real(*args, **named)

        monkeypatch.setattr(owner, name, counted)

    def failing_everywhere(self, move: Callable[[], None]) -> Iterator[int]:
        """Move again and again, each time failing one call later, until none is left that fails."""
        for number in itertools.count(1):
            self.left = number
            try:
                move()
            except ServiceError:
                assert self.left <= 0
                self.left = 0
                yield number
            else:
                assert self.left > 0, f"call {number} failed, and nobody was told"
                self.left = 0
                return


@contextmanager
def small(make: Make, setting: str) -> Iterator[Observatory]:
    """An observatory with a little of everything that a part holds."""
    opened = make()
    if setting == "mongodb_uri":
        opened.store.land([answer(1), answer(2, b" " * (3 << 19))])
        opened.store.spending.add(NOON, 0.25, None)
    if setting == "lake":
        for hour in range(2):
            slot = NOON + timedelta(hours=hour)
            put(opened.lake, trends.TABLE, f"place | slot | topic | rank\nberlin | {slot:%Y-%m-%d %H:%M} | hsv | 1", run(slot))
        put(opened.lake, change_rate.TABLE, "place | slot | change_rate\nberlin | 2020-07-18 12:00 | 0.5")
        opened.save(opened.ledger)
    if setting == "postgres_dsn":
        watching.add(opened.dsn, ["hertha"])
        with psycopg2.connect(opened.dsn) as connection, connection.cursor() as cursor:
            cursor.execute("INSERT INTO gold.batches (batch, published_at, slots, n_rows, lake_versions) VALUES (1, now(), 'all', 0, '{}')")
        connection.close()
    yield opened


def held(opened: Observatory, setting: str) -> object:
    return {"mongodb_uri": holding.answers, "lake": holding.lake, "postgres_dsn": lambda one: holding.database(one.dsn)}[setting](opened)


def empty(target: Observatory, setting: str) -> None:
    if setting == "mongodb_uri":
        with closing(MongoClient(target.settings.mongodb_uri.get_secret_value())) as client:
            client.drop_database(client.get_default_database().name)
    elif setting == "lake":
        shutil.rmtree(target.settings.lake_root)
    else:
        with closing(psycopg2.connect(target.dsn)) as connection, connection, connection.cursor() as cursor:
            cursor.execute("TRUNCATE gold.batches, ops.watch; COMMENT ON SCHEMA ops IS NULL")


@pytest.mark.parametrize("setting", CALLS)
def test_wherever_a_move_fails_the_next_one_ends_it(setting: str, make: Make, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lake, "_tables", lambda: [trends.TABLE, change_rate.TABLE])
    monkeypatch.setattr(database, "all_tables", lambda: (watch.TABLE, moving.database.batches.TABLE))
    faults, target = Faults(), make()
    with small(make, setting) as opened:
        expected = held(opened, setting)
        moving.move(opened, target, [setting])  # what is made once is there
        empty(target, setting)
        _plant(faults, setting, monkeypatch)
        for _number in faults.failing_everywhere(lambda: moving.move(opened, target, [setting])):
            moving.move(opened, target, [setting])
            assert held(target, setting) == expected == held(opened, setting)
            empty(target, setting)
        assert held(target, setting) == expected


def _plant(faults: Faults, setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if setting == "postgres_dsn":

        class Cursor(psycopg2.extensions.cursor):
            def execute(self, *args):
                return super().execute(*args)

            def copy_expert(self, *args, **named):
                return super().copy_expert(*args, **named)

        real = database._connected

        def connected(dsn: str):
            connection = real(dsn)
            connection.cursor_factory = Cursor
            return connection

        monkeypatch.setattr(database, "_connected", connected)
        owner, error = Cursor, lambda: psycopg2.OperationalError("the connection was lost")
    elif setting == "lake":
        owner, error = Folder, lambda: ServiceError("planted")
    else:
        owner, error = pymongo.collection.Collection, lambda: AutoReconnect("the connection was lost")
    for name in CALLS[setting]:
        faults.plant(monkeypatch, owner, name, error)


def test_wherever_object_storage_fails_the_next_move_ends_it(make: Make, emulator, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lake, "_tables", lambda: [trends.TABLE])
    faults, bucket, number = Faults(), emulator.bucket(), itertools.count()
    for name in ("fetch", "store", "remove", "files"):
        faults.plant(monkeypatch, Bucket, name, lambda: ServiceError("planted"))
    with small(make, "lake") as opened:
        target = [make(lake=f"{bucket}/0", gcp_credentials=emulator.credentials)]
        expected = {name: held for name, held in holding.lake(opened).items() if "change_rate" not in name}
        for _ in faults.failing_everywhere(lambda: moving.move(opened, target[0], ["lake"])):
            moving.move(opened, target[0], ["lake"])
            assert holding.lake(target[0]) == expected
            target[0] = make(lake=f"{bucket}/{next(number) + 1}", gcp_credentials=emulator.credentials, postgres_dsn="unused")
        assert holding.lake(target[0]) == expected
