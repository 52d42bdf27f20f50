"""What the panels ask: the lake's tables as views of DuckDB, and the places by name. Tables that are not there are empty."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

import duckdb
import pyarrow as pa

from twilytics import reconciled, simulated
from twilytics.gold import measurements, quality
from twilytics.lake import Lake
from twilytics.ledger import Ledger
from twilytics.panels.asked import asked
from twilytics.panels.panel import Panel
from twilytics.render import rollup
from twilytics.render.relation import view_name
from twilytics.report.names import labels
from twilytics.slots import Slots
from twilytics.tables import definitions
from twilytics.tries import Tries, tries

#: More lines no chart keeps readable.
MOST_PLACES = 24
#: What names of simulated places end in; the page says it of all panels, so that charts need not.
SIMULATED = " (simulated)"
# Engines add doubles in any order, and their sum depends on it: sums of decimals do not, so that the page is the same twice.
MEAN = "CREATE MACRO mean(x) AS CAST(sum(CAST(x AS DECIMAL(28, 15))) AS DOUBLE) / count(x)"
#: The schema by whose name the panels know the tables, here as in PostgreSQL, and how DuckDB says midnight, UTC.
SCHEMA, MIDNIGHT = "gold", "date_trunc('day', {})"
#: Days of a panel that asks for a range of time.
SHOWN_DAYS = 30
# A cycle that finds nothing to do is measured as well: the page shows those up to the newest that had something to check, so that
# it stays as it is where nothing changed. What maintenance compares is no cycle's.
MEASURED = f"""
SELECT * FROM {view_name(measurements.TABLE)} WHERE measured_at <= (
    SELECT min(measured_at) FROM {view_name(measurements.TABLE)}
    WHERE measured_at >= (SELECT max(run) FROM {view_name(quality.TABLE)} WHERE rule <> '{reconciled.NAME}')
)
"""  # noqa: S608  (of our own names)
Row = dict[str, Any]


class Facts:
    """Reads a lake; to be closed."""

    def __init__(self, lake: Lake, ledger: Ledger, waiting: int = 0) -> None:
        """``waiting``: answers in the spool."""
        self.lake, self.ledger, self.waiting = lake, ledger, waiting
        self.interval = timedelta(minutes=ledger.interval_minutes)
        self._database = duckdb.connect()
        self._database.execute("SET TimeZone = 'UTC'")
        self._database.execute(MEAN)
        self._database.execute(f"CREATE SCHEMA {SCHEMA}")
        for definition in definitions().values():
            table = definition.table
            self._database.register(view_name(table), lake.dataset(table)[0])
            if table.layer == SCHEMA:
                rows = MEASURED if table is measurements.TABLE else f"FROM {view_name(table)}"
                self._database.execute(f'CREATE VIEW {SCHEMA}."{table.short_name}" AS {rows}')
            if rollup.is_rolled_up(table):
                rows = f"{rollup.selected(table, MIDNIGHT, 'mean')} FROM {view_name(table)} {rollup.grouped(table)}"
                self._database.execute(f'CREATE VIEW {SCHEMA}."{rollup.by_day(table).short_name}" AS {rows}')

    def close(self) -> None:
        self._database.close()

    def rows(self, question: str, *values: object) -> list[Row]:
        """The answer to a question in SQL, over views such as ``gold_trends``."""
        found: pa.Table = self._database.sql(question, params=list(values)).to_arrow_table()
        # A sum of counts is wider in DuckDB than in Arrow, which makes decimals of it.
        return [{name: int(value) if isinstance(value, Decimal) else value for name, value in row.items()} for row in found.to_pylist()]

    def asked(self, panel: Panel) -> list[Row]:
        """The answer to a panel's own question: of the places that are shown, over the newest days of what it shows."""
        chosen = {"place": list(self.names), "lag": ["1"], "window": ["168"]}
        return self.rows(asked(panel.query, self._shown(panel), chosen))

    def _shown(self, panel: Panel) -> Slots:
        """The newest days, by the slots; of what the observatory says of itself, by the clock that it noted."""
        noted = [term.table for term in panel.terms if term.table.time in ("run", "measured_at")]
        newest = self.rows(f"SELECT max({noted[0].time}) AS at FROM {noted[0].name}")[0]["at"] if noted else self.newest  # noqa: S608
        # A range is told to the second, and holds its end.
        until = (newest or datetime.now(UTC)) + timedelta(seconds=1)
        return Slots(until - timedelta(days=SHOWN_DAYS), until)

    @cached_property
    def tries(self) -> Tries:
        """What was to be captured, and what was."""
        return tries(self.lake, self.interval)

    @cached_property
    def newest(self) -> datetime | None:
        """The newest slot of all places."""
        return self._ends[1]

    @cached_property
    def first(self) -> datetime | None:
        return self._ends[0]

    @cached_property
    def _ends(self) -> tuple[datetime | None, datetime | None]:
        (found,) = self.rows("SELECT min(slot) AS first, max(slot) AS newest FROM gold_captures")
        return found["first"], found["newest"]

    def since(self, days: int) -> datetime | None:
        """So many days before the newest slot; None where nothing was captured."""
        return self.newest - timedelta(days=days) if self.newest else None

    @cached_property
    def days(self) -> int:
        """Days from the first slot to the newest."""
        return (self.newest - self.first).days + 1 if self.newest and self.first else 0

    @cached_property
    def notice(self) -> str | None:
        """What has to be said of simulated data."""
        return simulated.label(self.lake)

    @cached_property
    def n_places(self) -> int:
        return int(self.rows("SELECT count(DISTINCT place) AS n FROM gold_captures")[0]["n"])

    @cached_property
    def names(self) -> dict[str, str]:
        """By key, in the order of names, the places that are shown: those with the most captures."""
        found = self.rows(
            """
            WITH followed AS (
                SELECT place, count(*) AS n FROM gold_captures GROUP BY place ORDER BY n DESC, place LIMIT ?
            )
            SELECT place, coalesce(name, place) AS name FROM followed LEFT JOIN gold_places USING (place)
            ORDER BY name, place
            """,
            MOST_PLACES,
        )
        return {row["place"]: row["name"].removesuffix(SIMULATED) if self.notice else row["name"] for row in found}

    def name(self, place: str) -> str:
        """What the page calls a place."""
        return self.names.get(place, place)

    @cached_property
    def labels(self) -> dict[str, str]:
        """By key what charts call the places that are shown."""
        return labels(self.names.items())

    def label(self, place: str) -> str:
        """What a chart calls a place."""
        return self.labels.get(place, place)
