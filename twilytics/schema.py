"""What a table is: its columns, its grain, its rules, and what it is made from.

Everything that anything knows about a table is derived from one :class:`Table`: the schemas of both
engines, the PostgreSQL table, the expectation suite, the data dictionary and the dashboards.
Standard library only, so that any part of the project can afford to import it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Type = Literal["string", "bigint", "double", "boolean", "timestamp", "binary"]
Severity = Literal["fail", "warn", "note"]
Unit = Literal["percentunit", "hours", "short", "degree"]


@dataclass(frozen=True)
class Column:
    """One column: ``minimum`` and ``maximum`` are inclusive; ``timestamp`` is UTC, in microseconds."""

    name: str
    type: Type
    description: str
    nullable: bool = False
    minimum: float | None = None
    maximum: float | None = None
    unit: Unit | None = None
    severity: Severity = "fail"


@dataclass(frozen=True)
class Check:
    """A rule over one row: a standard SQL expression that must not be false.

    ``breaks`` holds values of a row that violates it: a rule that nothing can break is no rule, and
    a test holds each against its own example.
    """

    name: str
    expression: str
    why: str
    breaks: Mapping[str, Any] = field(hash=False)
    severity: Severity = "fail"


@dataclass(frozen=True)
class Slotwise:
    """Rows belong to slots. What was captured in a slot changes the rows from ``back`` slots before it to ``on`` slots after it."""

    back: int = 0
    on: int = 0


@dataclass(frozen=True)
class Daily:
    """Rows belong to UTC days: what was captured in a slot changes the rows of its day."""


@dataclass(frozen=True)
class Trailing:
    """The whole table is relative to the newest slot: rows summarise windows of so many ``hours`` before it.

    Inputs are read as far back as the longest window, those named in ``from_the_first`` from their first slot on.
    """

    hours: tuple[int, ...]
    from_the_first: tuple[str, ...] = ()


@dataclass(frozen=True)
class Whole:
    """The whole table is made anew from the whole of its inputs. For small tables only."""


Reach = Slotwise | Daily | Trailing | Whole


@dataclass(frozen=True)
class Table:
    """A table of the lake: ``name`` is ``layer.table``, ``description`` its definition.

    ``time`` names the column by which its rows are read and replaced; None where that is only ever whole.
    ``uniques`` are sets of columns that, beside the grain, never repeat. Gold tables go to PostgreSQL unless
    ``is_published`` says that they only serve others.
    """

    name: str
    description: str
    grain: tuple[str, ...]
    columns: tuple[Column, ...]
    inputs: tuple["Table", ...] = ()
    reach: Reach = Slotwise()
    checks: tuple[Check, ...] = ()
    time: str | None = "slot"
    uniques: tuple[tuple[str, ...], ...] = ()
    is_published: bool = True

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        mentioned = (*self.grain, *(name for unique in self.uniques for name in unique), *([self.time] if self.time else []))
        if len(set(names)) < len(names) or not set(mentioned) <= set(names):
            raise ValueError(f"{self.name}: a column is declared twice, or its grain, time or uniques name none")

    @property
    def layer(self) -> str:
        return self.name.partition(".")[0]

    @property
    def short_name(self) -> str:
        return self.name.partition(".")[2]

    def column(self, name: str) -> Column:
        """Raise KeyError where the table has no such column."""
        return {column.name: column for column in self.columns}[name]
