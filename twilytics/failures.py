"""What a failed rule looks like: which rule, on how many rows, and some of them by their key."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import pyarrow as pa

from twilytics.render.expectations import Rule
from twilytics.schema import Severity, Table
from twilytics.slots import EVER, Slots
from twilytics.visible import visible

#: How many of the failed rows are shown.
EXAMPLES = 5
LONGEST_VALUE = 40


@dataclass(frozen=True)
class Failure:
    """A rule that some rows break. ``scope`` says which rows were checked, ``examples`` hold keys of failed ones with their values."""

    table: str
    rule: str
    says: str
    why: str | None
    severity: Severity
    scope: str
    n_checked: int
    n_failed: int
    observed: str
    examples: tuple[str, ...]

    def __str__(self) -> str:
        rows = f"{self.n_failed:,} of {self.n_checked:,} rows" if self.examples else f"found {self.observed}"
        shown = f", e.g. {self.examples[0]}" if self.examples else ""
        where = f" of {self.scope}" if self.scope else ""
        return f"{self.table}: {self.says}: {rows}{where}{shown}"


def of(table: Table, rule: Rule, rows: pa.Table, result: dict[str, Any], scope: str) -> Failure:
    """The rule's failure on the rows, as ``result`` of Great Expectations tells it (by position of the rows)."""
    told = partial(Failure, table.name, rule.name, rule.says, rule.why, rule.severity, scope, rows.num_rows)
    if rule.name == "columns":
        return told(max(rows.num_rows, 1), ", ".join(rows.schema.names), ())
    values = [name for name in rule.columns if name not in table.grain]
    examples, observed = [], []
    for row in rows.take(result["partial_unexpected_index_list"]).to_pylist():
        key = " ".join(shown(row[name]) for name in table.grain)
        value = ", ".join(f"{name} {shown(row[name])}" if len(values) > 1 else shown(row[name]) for name in values)
        examples.append(f"{key} ({value})" if value else key)
        observed.append(value or key)
    return told(result["unexpected_count"], ", ".join(dict.fromkeys(observed)), tuple(examples))


def scope(run: Slots | None) -> str:
    """The rows that were checked, as a failure names them: nothing where those are all."""
    if run is None or run == EVER:
        return ""
    if run.since == EVER.since:
        return f"slots before {run.until:%Y-%m-%d %H:%M} UTC"
    return f"slots from {run.since:%Y-%m-%d %H:%M} UTC on" if run.until == EVER.until else str(run)


def shown(value: object) -> str:
    """A value in a failure: nothing in it acts, and it is not long."""
    if value is None:
        return "NULL"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}" if value.second == value.microsecond == 0 else f"{value:%Y-%m-%d %H:%M:%S.%f}"
    text = visible(str(value))
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
