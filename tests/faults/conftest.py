"""Four weeks of real answers, refined once, and what the rules find in them: what a planted fault is compared with."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.shared_data import shared
from twilytics import gate, snapshot
from twilytics.answers import Answer
from twilytics.observatory import Observatory
from twilytics.refinement import refine
from twilytics.settings import Settings
from twilytics.silver import quarantine
from twilytics.slots import EVER
from twilytics.sources import archive
from twilytics.tables import of_layer

SLOT = timedelta(hours=8)
SINCE, UNTIL = datetime(2020, 9, 1, tzinfo=UTC), datetime(2020, 9, 29, tzinfo=UTC)
Found = Counter[tuple[str, str]]
Clean = tuple[Path, Found, Counter[tuple[str, str]]]


def found(observatory: Observatory) -> Found:
    """How many rows break each rule, of all rows there are."""
    runs = {table.name: (EVER,) for layer in ("silver", "gold") for table in of_layer(layer) if observatory.lake.n_rows(table)}
    judged = gate.judged(observatory.lake, observatory.settings.interval, runs)
    return Counter(
        {
            (count.table, count.rule): sum(c.n_failed for c in judged.counts if (c.table, c.rule) == (count.table, count.rule))
            for count in judged.counts
            if count.n_failed
        }
    )


def aside(observatory: Observatory) -> Counter[tuple[str, str]]:
    """How many rows were set aside, by their scope and reason."""
    return Counter((row["scope"], row["reason"]) for row in observatory.lake.read(quarantine.TABLE).to_pylist())


def landed(observatory: Observatory, answers: Sequence[Answer]) -> None:
    with observatory.lake.locked():
        snapshot.append(observatory.lake, answers)
        refine(observatory)


@pytest.fixture(scope="session")
def answers() -> list[Answer]:
    """The answers of eight places, three a day, by time and place."""
    read = archive.read(shared("x-2020.jsonl.gz"), datetime(2020, 10, 1, tzinfo=UTC))
    return sorted((one for one in read if SINCE <= one.captured_at < UNTIL), key=lambda one: (one.captured_at, one.place_id))


@pytest.fixture(scope="session")
def opened_at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Observatory]]:
    """An observatory in a fresh HOME, at eight hours or so many minutes."""
    with ExitStack() as stack:

        def opened(minutes: int = SLOT // timedelta(minutes=1)) -> Observatory:
            settings = Settings(home=tmp_path_factory.mktemp("home"), interval_minutes=minutes, _env_file=None)
            return stack.enter_context(Observatory(settings))

        yield opened


@pytest.fixture(scope="session")
def clean(answers: list[Answer], opened_at: Callable[..., Observatory]) -> Clean:
    """The lake of these answers, what the rules find in it, and what was set aside."""
    observatory = opened_at()
    landed(observatory, answers)
    return Path(observatory.settings.lake_root), found(observatory), aside(observatory)


@pytest.fixture
def lake(clean: Clean, opened_at: Callable[..., Observatory]) -> Observatory:
    """A copy of the clean lake."""
    observatory = opened_at()
    shutil.copytree(clean[0], observatory.settings.lake_root)
    return observatory


@pytest.fixture
def beyond(clean: Clean) -> Callable[[Observatory], dict[tuple[str, str], int]]:
    """What the rules find in a lake beyond what they find in the clean one."""
    return lambda observatory: dict(found(observatory) - clean[1])
