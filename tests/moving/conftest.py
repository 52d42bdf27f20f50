"""Observatories to be moved, and empty parts to move them to."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.services import database, open_home
from twilytics import watching
from twilytics.answers import Answer
from twilytics.cycle import cycle
from twilytics.landing import replay
from twilytics.observatory import Observatory
from twilytics.settings import Settings
from twilytics.sources import simulated

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
HOURS = 5
PARTS = ("mongodb_uri", "lake", "postgres_dsn")
#: An observatory on parts that hold nothing, but for what is chosen.
Make = Callable[..., Observatory]


def simulate(path: Path, hours: int = HOURS, since: datetime = SINCE) -> Path:
    simulated.write(path, ["berlin", "hamburg"], since, hours)
    return path


def answer(number: int, payload: bytes = b"[]") -> Answer:
    return Answer("list", f"town {number}", SINCE + timedelta(microseconds=number), SINCE, payload)


def fill(opened: Observatory, archive: Path) -> None:
    """Have in each part what only it has: a large answer, one that bronze lacks, costs, a topic that is watched, an older version."""
    replay(opened, [simulate(archive)])
    cycle(opened)
    replay(opened, [simulate(archive, 1, SINCE + timedelta(hours=HOURS))])
    cycle(opened)
    opened.store.land([answer(1), answer(2, b" " * (5 << 19))])
    opened.store.spending.add(SINCE, 0.25, None)
    watching.add(opened.dsn, ["Hertha \N{SNOWMAN}\\"])


@contextmanager
def making(mongodb_server: str, postgres_server: str) -> Iterator[Make]:
    with ExitStack() as stack:

        def make(**chosen: Any) -> Observatory:
            home = stack.enter_context(open_home())
            told = {
                "home": home,
                "mongodb_uri": f"{mongodb_server}/test-{uuid.uuid4().hex}",
                "postgres_dsn": chosen.get("postgres_dsn") or stack.enter_context(database(postgres_server)),
            }
            return stack.enter_context(Observatory(Settings(_env_file=None, **told | chosen)))

        yield make


@pytest.fixture
def make(mongodb_server: str, postgres_server: str) -> Iterator[Make]:
    with making(mongodb_server, postgres_server) as made:
        yield made


@pytest.fixture(scope="session")
def source(mongodb_server: str, postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Observatory]:
    """For tests that only move it: that leaves it as it is."""
    with making(mongodb_server, postgres_server) as made:
        opened = made()
        fill(opened, tmp_path_factory.mktemp("moved") / "archive.jsonl.gz")
        yield opened
