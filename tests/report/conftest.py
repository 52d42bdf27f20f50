"""Small observatories, and the pages that are made of them."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from twilytics import snapshot
from twilytics.answers import Answer
from twilytics.lake import Lake
from twilytics.ledger import Ledger
from twilytics.observatory import Observatory
from twilytics.refinement import refine
from twilytics.report import page
from twilytics.report.facts import Facts
from twilytics.settings import Settings

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
#: By place the names that it lists in each hour.
Lists = Mapping[str, Sequence[Sequence[str]]]


@contextmanager
def observing(home: Path, lists: Lists) -> Iterator[Observatory]:
    """An observatory that has these lists, refined; an empty one answers nothing that could be read."""
    with Observatory(Settings(home=home, _env_file=None)) as opened, opened.lake.locked():
        answers = [
            Answer("list", place, START + hour * HOUR, START + hour * HOUR, json.dumps({"trends": [{"name": n} for n in names]}).encode())
            for place, hours in lists.items()
            for hour, names in enumerate(hours)
        ]
        if answers:
            snapshot.append(opened.lake, answers)
            refine(opened)
        yield opened


def told(observatory: Observatory) -> str:
    """Its page."""
    with closing(Facts(observatory.lake, observatory.ledger)) as facts:
        return page.page(facts)


@pytest.fixture
def facts(tmp_path: Path) -> Iterator[Callable[[Lake], Facts]]:
    """What the panels ask of a lake; closed at the end."""
    opened: list[Facts] = []

    def of(lake: Lake) -> Facts:
        opened.append(Facts(lake, Ledger(60)))
        return opened[-1]

    yield of
    for one in opened:
        one.close()


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


def busy(place: str, shift: int, hours: int = 40) -> list[list[str]]:
    """Lists in which something comes and goes: each topic stays for some hours, and comes later where ``shift`` is greater."""
    return [[f"topic {number}" for number in range(hour - shift, hour - shift + 4)] + [f"only {place}"] for hour in range(hours)]


THREE: Lists = {
    "berlin": busy("berlin", 0),
    "hamburg": busy("hamburg", 2),
    "my-school": [*busy("school", 3)[:20], [], *busy("school", 3)[21:]],
}


@pytest.fixture(scope="session")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Observatory]:
    """Three places over 40 hours, of which one missed an hour."""
    with observing(tmp_path_factory.mktemp("three"), THREE) as opened:
        yield opened


@pytest.fixture(scope="session")
def three_told(three: Observatory) -> str:
    return told(three)
