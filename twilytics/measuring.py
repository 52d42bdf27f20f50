"""How long the stages of a cycle took, and how large everything was after it: kept in `gold.measurements`.

Whatever fails here is warned of, and lets the cycle end as it would have ended.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from twilytics import pacing, postgres, publication
from twilytics.gold.measurements import TABLE
from twilytics.observatory import Observatory
from twilytics.render import arrow
from twilytics.tables import definitions

T = TypeVar("T")
Measured = Mapping[str, float]
_log = logging.getLogger(__name__)


class Stages:
    """The stages of one cycle, each run by ``call``; ``seconds`` has by stage how long it worked, in all its tries, where it failed too."""

    def __init__(self, call: Callable[..., Any]) -> None:
        self._call, self._begun = call, time.monotonic()
        self.seconds: dict[str, float] = {}

    def __call__(self, stage: str, function: Callable[..., T], *args: Any) -> T:
        result: T = self._call(stage, partial(self._timed, stage, function), *args)
        return result

    def _timed(self, stage: str, function: Callable[..., T], *args: Any) -> T:
        begun = time.monotonic()
        try:
            return function(*args)
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.monotonic() - begun

    def measured(self) -> Measured:
        return {**{f"{stage}_seconds": taken for stage, taken in self.seconds.items()}, "cycle_seconds": time.monotonic() - self._begun}


@contextmanager
def measured(observatory: Observatory, stages: Stages) -> Iterator[None]:
    """Measure when the block ends, however it does. Only under the lake's lock."""
    try:
        yield
    finally:
        try:
            _keep(observatory, stages.measured())
        except Exception as error:  # whatever it is: the cycle did its work, or tells of its own failure
            _log.warning("what this cycle took was not kept, or not published yet: %s", error)


def _keep(observatory: Observatory, seconds: Measured) -> None:
    """Append the seconds and the sizes to the lake, and publish them. Before anything was captured there is nothing to measure."""
    if observatory.lake.identity() is None:
        return
    now = datetime.now(UTC)
    found = {**seconds, **_sizes(observatory, now)}
    rows = [{"measured_at": now, "measure": measure, "value": float(value)} for measure, value in found.items()]
    observatory.lake.append(TABLE, pa.Table.from_pylist(rows, schema=arrow.schema(TABLE)))
    # A database that did not answer just now gets them with those of a later cycle.
    if "database_bytes" in found:
        publication.publish_log(observatory.dsn, observatory.lake, TABLE)


def _sizes(observatory: Observatory, now: datetime) -> Measured:
    """What can be measured; what cannot is warned of."""
    found: dict[str, float] = {}
    for what, look in (("lake", _lake), ("database", _database), ("spool", _spool), ("spending", partial(_money, now=now))):
        try:
            found.update(look(observatory))
        except Exception as error:  # of services, files, drivers: the others are measured all the same
            _log.warning("the %s was not measured: %s", what, error)
    return found


def _lake(observatory: Observatory) -> Measured:
    listings = (observatory.lake.listing(definition.table) for definition in definitions().values())
    files = [listing.files for listing in listings if listing is not None and listing.files.num_rows]
    return {"lake_bytes": sum(pc.sum(of_table["size_bytes"]).as_py() for of_table in files), "lake_files": sum(map(len, files))}


def _database(observatory: Observatory) -> Measured:
    with closing(postgres.connect(observatory.dsn)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        ((n_bytes,),) = cursor.fetchall()
    return {"database_bytes": n_bytes}


def _spool(observatory: Observatory) -> Measured:
    return {"spool_answers": observatory.spool.waiting()}


def _money(observatory: Observatory, now: datetime) -> Measured:
    """Nothing where no call costs."""
    settings = observatory.settings
    if not pacing.LIMITS[settings.source].usd and settings.tweets == "off":
        return {}
    spent = {"spent_usd": observatory.store.spending.in_month(now).usd}
    return spent if settings.x_monthly_budget_usd is None else {**spent, "budget_usd": settings.x_monthly_budget_usd}
