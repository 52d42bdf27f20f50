"""What a failed rule looks like: which rule, on how many rows, and some of them by their key."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
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
    """A rule that some rows break. ``scope`` says which rows were checked, ``examples`` hold keys of failed ones with their values,
    ``nameless`` the same without what identifies something that can be erased."""

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
    nameless: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self._told(self.examples)

    @property
    def without_names(self) -> str:
        """As text for what erasure does not reach, such as logs and Prefect's database."""
        return self._told(self.nameless)

    def _told(self, examples: tuple[str, ...]) -> str:
        rows = f"{self.n_failed:,} of {self.n_checked:,} rows" if self.examples else f"found {self.observed}"
        shown = f", e.g. {examples[0]}" if examples and examples[0] else ""
        where = f" of {self.scope}" if self.scope else ""
        return f"{self.table}: {self.says}: {rows}{where}{shown}"


def of(table: Table, rule: Rule, rows: pa.Table, result: dict[str, Any], scope: str) -> Failure:
    """The rule's failure on the rows, as ``result`` of Great Expectations tells it (by position of the rows)."""
    told = partial(Failure, table.name, rule.name, rule.says, rule.why, rule.severity, scope, rows.num_rows)
    if rule.name == "columns":
        return told(max(rows.num_rows, 1), ", ".join(rows.schema.names), ())
    values = [name for name in rule.columns if name not in table.grain]
    told_of = [name for name in values if is_tellable(table, name)]
    examples, nameless, observed = [], [], []
    for row in rows.take(result["partial_unexpected_index_list"]).to_pylist():
        key, value = _key(row, table.grain), _value(row, values)
        examples.append(_example(key, value))
        nameless.append(_example(_key(row, [name for name in table.grain if is_tellable(table, name)]), _value(row, told_of)))
        observed.append(value or key)
    return told(result["unexpected_count"], ", ".join(dict.fromkeys(observed)), tuple(examples), tuple(nameless))


def joined(found: Iterable[Failure]) -> tuple[Failure, ...]:
    """One failure a rule of a table, whatever pieces the rows were checked in, in the order of the first of each."""
    by_rule: dict[tuple[str, str], list[Failure]] = {}
    for failure in dict.fromkeys(found):
        by_rule.setdefault((failure.table, failure.rule), []).append(failure)
    return tuple(_joined(pieces) if len(pieces) > 1 else pieces[0] for pieces in by_rule.values())


def _joined(pieces: Sequence[Failure]) -> Failure:
    scopes = list(dict.fromkeys(piece.scope for piece in pieces if piece.scope))
    more = f" and {len(scopes) - 1:,} more" if len(scopes) > 1 else ""
    return replace(
        pieces[0],
        scope=f"{scopes[0]}{more}" if scopes else "",
        n_checked=sum(piece.n_checked for piece in pieces),
        n_failed=sum(piece.n_failed for piece in pieces),
        observed=", ".join(dict.fromkeys(piece.observed for piece in pieces[:EXAMPLES])),
        examples=tuple(example for piece in pieces for example in piece.examples)[:EXAMPLES],
        nameless=tuple(example for piece in pieces for example in piece.nameless)[:EXAMPLES],
    )


def is_tellable(table: Table, column: str) -> bool:
    """Whether the column's values may be told where erasure does not reach: they identify nothing that can be erased."""
    return column in table.names and table.column(column).identifies is None


def _key(row: Mapping[str, Any], names: Iterable[str]) -> str:
    return " ".join(shown(row[name]) for name in names)


def _value(row: Mapping[str, Any], names: Sequence[str]) -> str:
    return ", ".join(f"{name} {shown(row[name])}" if len(names) > 1 else shown(row[name]) for name in names)


def _example(key: str, value: str) -> str:
    return f"{key} ({value})" if key and value else key or value


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
