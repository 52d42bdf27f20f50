"""Histories in the lake and in PostgreSQL, made once for all tests that only read them."""

import json
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from tests.services import database, open_home
from tests.shared_data import shared
from twilytics import postgres, roles
from twilytics.cycle import cycle
from twilytics.landing import replay
from twilytics.observatory import Observatory
from twilytics.settings import Settings
from twilytics.slots import Slots
from twilytics.sources import simulated

#: What a place may be called by whoever writes an archive.
HOSTILE = ("'; drop table gold.trends; --", "${place:sqlstring}", "$__timeFilter(slot)", 'a"b\\', "ünïcode ｐｌａｃｅ")


@dataclass(frozen=True)
class History:
    """An observatory that has published, and the time of what it holds. ``connection`` is one of the role that reads."""

    observatory: Observatory
    connection: Connection
    shown: Slots

    def ask(self, query: str) -> list[dict[str, Any]]:
        return self.answered(query)[1]

    def answered(self, query: str) -> tuple[list[tuple[str, int]], list[dict[str, Any]]]:
        """The columns with their types, by PostgreSQL's numbers, and the rows."""
        with self.connection.cursor() as cursor:
            cursor.execute(query)
            columns = [(column.name, column.type_code) for column in cursor.description or ()]
            return columns, [dict(zip([name for name, _ in columns], row, strict=True)) for row in cursor.fetchall()]


@contextmanager
def publishing(mongodb_server: str, postgres_server: str, shown: Slots, *archives: Path, **settings: Any) -> Iterator[History]:
    with open_home() as home, database(postgres_server) as dsn:
        uri = f"{mongodb_server}/test-{uuid.uuid4().hex}"
        chosen = Settings(home=home, mongodb_uri=uri, postgres_dsn=dsn, _env_file=None, **settings)
        with Observatory(chosen) as opened:
            replay(opened, list(archives))
            cycle(opened)
            with closing(postgres.connect(dsn)) as connection:
                connection.set_session(readonly=True, autocommit=True)
                with connection.cursor() as cursor:
                    cursor.execute(f"SET ROLE {roles.READER}")
                yield History(opened, connection, shown)


@pytest.fixture(scope="session")
def x_2020(mongodb_server: str, postgres_server: str) -> Iterator[History]:
    """Half a year of real answers, eight hours apart."""
    shown = Slots(datetime(2020, 3, 1, tzinfo=UTC), datetime(2020, 9, 30, tzinfo=UTC))
    with publishing(mongodb_server, postgres_server, shown, shared("x-2020.jsonl.gz"), interval_minutes=480) as history:
        yield history


@pytest.fixture(scope="session")
def fortnight(mongodb_server: str, postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    """Two simulated weeks of four places, as `twilytics demo` makes them, with answers among them that cannot be read."""
    since = datetime(2026, 1, 1, tzinfo=UTC)
    archive = tmp_path_factory.mktemp("fortnight") / "simulated.jsonl.gz"
    simulated.write(archive, ["berlin", "hamburg", "munich", "cologne"], since, 14 * 24)
    broken = archive.with_name("broken.jsonl")
    at = [since + timedelta(hours=hour, minutes=1) for hour in range(3)]
    broken.write_text("".join(f"{line(one, 'ulm', [''])}\n{line(one, 'bonn', ['', 'read'])}\n" for one in at))
    shown = Slots(since, since + timedelta(days=14))
    with publishing(mongodb_server, postgres_server, shown, archive, broken, x_monthly_budget_usd=5) as history:
        yield history


@pytest.fixture(scope="session")
def strangers(mongodb_server: str, postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    """Places and topics by strangers."""
    since = datetime(2026, 1, 1, tzinfo=UTC)
    archive = tmp_path_factory.mktemp("strangers") / "list.jsonl"
    names = [[*HOSTILE[: 1 + hour % 5], "<script>", "=1+1"] for hour in range(60)]
    lines = [line(since + timedelta(hours=hour), place, names[hour]) for hour in range(60) for place in HOSTILE]
    archive.write_text("".join(f"{one}\n" for one in lines))
    with publishing(mongodb_server, postgres_server, Slots(since, since + timedelta(days=3)), archive) as history:
        yield history


@pytest.fixture(scope="session")
def nothing(mongodb_server: str, postgres_server: str) -> Iterator[History]:
    """An observatory that nobody has used yet."""
    since = datetime(2026, 1, 1, tzinfo=UTC)
    with publishing(mongodb_server, postgres_server, Slots(since, since + timedelta(days=3))) as history:
        yield history


def line(at: datetime, place: str, names: list[str]) -> str:
    """A line of an archive, of the source `list`."""
    return json.dumps(
        {"source": "list", "place": place, "captured_at": at.isoformat(), "payload": {"trends": [{"name": name} for name in names]}}
    )
