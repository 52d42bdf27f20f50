"""What the checks found, kept as rows of `gold.quality`."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from twilytics import reconciled
from twilytics.failures import EXAMPLES, Failure
from twilytics.gold import quality
from twilytics.lake import Lake
from twilytics.quality import Judged
from twilytics.reconciling import Difference
from twilytics.render import arrow, expectations
from twilytics.schema import Severity
from twilytics.slots import EVER, Runs, Slots, intervals
from twilytics.tables import named

EVERYTHING = "all"
BLANK = "not kept, as something was erased"


def record(lake: Lake, run: datetime, found: Judged, checked: Mapping[str, Runs]) -> None:
    """Keep what a run of the checks found in the ``checked`` runs by table, a row a rule. Only under the lake's lock."""
    lake.append(quality.TABLE, rows(run, found, checked))


def record_reconciled(lake: Lake, run: datetime, n_rows: Mapping[str, int], differing: Sequence[Difference], slots: str) -> None:
    """Keep whether PostgreSQL held what the lake held, a row a table. Only under the lake's lock."""
    by_table = {table: [one for one in differing if one.table == table] for table in n_rows}
    told = [_reconciled(run, table, n_rows[table], found, slots) for table, found in sorted(by_table.items())]
    lake.append(quality.TABLE, pa.Table.from_pylist(told, schema=arrow.schema(quality.TABLE)))


def record_differing(lake: Lake, now: datetime, n_rows: Mapping[str, int], differing: Sequence[Difference]) -> None:
    """Keep what PostgreSQL was found not to hold beside a publication. Only under the lake's lock.

    It is told with the newest run of the checks, in place of what that said: a run of its own would hide what else that found.
    """
    newest = (Slots(lake.newest(quality.TABLE, "run") or now, EVER.until),)
    said = lake.read(quality.TABLE, newest).to_pylist()
    run = max((row["run"] for row in said), default=now)
    by_table = {one.table: [other for other in differing if other.table == one.table] for one in differing}
    kept = [row for row in said if row["rule"] != reconciled.NAME or row["table_name"] not in by_table]
    told = [_reconciled(run, table, n_rows[table], found, EVERYTHING) for table, found in sorted(by_table.items())]
    lake.replace(quality.TABLE, pa.Table.from_pylist([*kept, *told], schema=arrow.schema(quality.TABLE)), newest)


def _reconciled(run: datetime, table: str, n_rows: int, found: Sequence[Difference], slots: str) -> dict[str, Any]:
    return {
        "run": run,
        "table_name": table,
        "rule": reconciled.NAME,
        "severity": reconciled.SEVERITY,
        "slots": slots,
        "n_checked": n_rows,
        "n_failed": len(found),
        "observed": "; ".join(map(str, found[:EXAMPLES])) or None,
        "examples": json.dumps([f"{one.day:%Y-%m-%d}" if one.day else EVERYTHING for one in found[:EXAMPLES]]) if found else None,
    }


def blank(lake: Lake) -> None:
    """Leave of what ever failed only that it did: what was found there can name what is being erased. Only under the lake's lock."""
    kept = lake.read(quality.TABLE)
    if kept.num_rows:
        observed = pc.if_else(pc.is_valid(kept["observed"]), pa.scalar(BLANK), pa.scalar(None, pa.string()))
        kept = kept.set_column(kept.schema.get_field_index("observed"), kept.schema.field("observed"), observed)
        nothing = pa.nulls(kept.num_rows, pa.string())
        kept = kept.set_column(kept.schema.get_field_index("examples"), kept.schema.field("examples"), nothing)
        lake.replace(quality.TABLE, kept, None)


def rows(run: datetime, found: Judged, checked: Mapping[str, Runs]) -> pa.Table:
    """A row a rule and table, whatever pieces it was checked in."""
    by_rule: dict[tuple[str, str], dict[str, Any]] = {}
    for count in found.counts:
        row = by_rule.setdefault((count.table, count.rule), {"n_checked": 0, "n_failed": 0})
        row["n_checked"] += count.n_checked
        row["n_failed"] += count.n_failed
    failed: dict[tuple[str, str], list[Failure]] = {}
    for failure in found.failures:
        failed.setdefault((failure.table, failure.rule), []).append(failure)
    told = [
        {
            "run": run,
            "table_name": table,
            "rule": rule,
            "severity": severities(table)[rule],
            "slots": intervals(checked[table]) if named(table).time else EVERYTHING,
            **row,
            **_shown(failed.get((table, rule), [])),
        }
        for (table, rule), row in sorted(by_rule.items())
    ]
    return pa.Table.from_pylist(told, schema=arrow.schema(quality.TABLE))


@cache
def severities(table: str) -> Mapping[str, Severity]:
    """By rule of a table, of its rows and of its audits alike."""
    declared = named(table)
    of_rows: Iterable[tuple[str, Severity]] = ((rule.name, rule.severity) for rule in expectations.rules(declared))
    of_all = {reconciled.NAME: reconciled.SEVERITY} if reconciled.holds_for(declared) else {}
    return dict(of_rows) | {audit.name: audit.severity for audit in declared.audits} | of_all


def _shown(failures: list[Failure]) -> dict[str, str | None]:
    if not failures:
        return {"observed": None, "examples": None}
    examples = [example for failure in failures for example in failure.examples][:EXAMPLES]
    return {
        "observed": "; ".join(failure.observed for failure in failures[:EXAMPLES]),
        "examples": json.dumps(examples, ensure_ascii=False),
    }
