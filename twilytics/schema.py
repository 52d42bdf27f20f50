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
#: What can be erased and is found by a value: of ``anything``, the value may quote whatever a stranger wrote.
Erasable = Literal["topic", "tweet", "author", "anything"]
Unit = Literal["percentunit", "hours", "minutes", "seconds", "short", "degree", "bytes", "usd"]


@dataclass(frozen=True)
class Column:
    """One column: ``minimum`` and ``maximum`` are inclusive; ``timestamp`` is UTC, in microseconds.

    Values from ``warns_from`` on, or below ``warns_below``, are right, and yet to be looked at: dashboards colour them.
    What its values identify can be erased: it is taken out of the table then, and is told nowhere that erasure does not reach.
    """

    name: str
    type: Type
    description: str
    nullable: bool = False
    minimum: float | None = None
    maximum: float | None = None
    unit: Unit | None = None
    severity: Severity = "fail"
    warns_from: float | None = None
    warns_below: float | None = None
    identifies: Erasable | None = None


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
class Audit:
    """A rule over several tables, or over what a table had before: an SQL query for what breaks it.

    The query sees the table, and those ``beside`` it, as views named ``layer_table``: the rows of the slots that are checked, and
    of ``back_slots`` and ``back_days`` before them; the step from slot to slot is ``getvariable('step')``. It gives a row for
    each thing that breaks the rule: the table's time column where it has one, what else names the thing, and last ``observed``.
    ``says`` is a phrase such as "every list has to have its topics".
    """

    name: str
    says: str
    query: str
    why: str
    beside: tuple["Table", ...] = ()
    back_slots: int = 0
    back_days: int = 0
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
class Running:
    """Rows tell of runs over slots, of any length, that end where captures lie more than ``apart`` slots apart.

    A row belongs to the UTC day in which its run was last seen. What was captured in a slot changes the runs that come
    within ``apart`` slots of it. They are computed from the midnight before on, to the end of the day in which the last of
    them ended. The table named ``carry`` (an input, or the table itself) has by its time, a ``day``, the runs that were
    open at that midnight, with ``started_at`` and ``last_seen_at``.
    """

    apart: int
    carry: str


@dataclass(frozen=True)
class Keyed:
    """A row follows from all rows of the inputs that have its ``key``, and is made anew when one of those in ``of`` changed.

    Another input that is :class:`Settled` stands for the rows of ``of`` before its midnight.
    """

    key: str
    of: str

    def followed(self, table: "Table") -> "Table":
        """The input that ``of`` names. Raise StopIteration where the table lacks it."""
        return next(made_of for made_of in table.inputs if made_of.name == self.of)


@dataclass(frozen=True)
class Settled:
    """The whole table sums up the rows that its input has before a midnight, which maintenance moves on now and then.

    What changes before that midnight makes the table void until the next maintenance.
    """


@dataclass(frozen=True)
class Trailing:
    """The whole table is relative to the newest slot: rows summarise windows of so many ``hours`` before it.

    Inputs are read as far back as the longest window, those named in ``from_the_first`` from their first slot on.
    With ``of_whole_days`` only days are looked at that lie in a window wholly and before the newest slot's: the table is
    made anew when the day turns, or when an earlier day changed.
    """

    hours: tuple[int, ...]
    from_the_first: tuple[str, ...] = ()
    of_whole_days: bool = False


@dataclass(frozen=True)
class Whole:
    """The whole table is made anew from the whole of its inputs. For small tables only."""


Reach = Slotwise | Daily | Running | Keyed | Settled | Trailing | Whole


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
    inputs: tuple["Table", ...] = field(default=(), repr=False)
    reach: Reach = Slotwise()
    checks: tuple[Check, ...] = ()
    audits: tuple[Audit, ...] = field(default=(), repr=False)
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

    @property
    def looks_at(self) -> tuple["Table", ...]:
        """What its transform is given: the inputs, and last the table itself where it goes on from its own rows."""
        goes_on = isinstance(self.reach, Running) and self.reach.carry == self.name
        return (*self.inputs, self) if goes_on else self.inputs

    @property
    def names(self) -> tuple[str, ...]:
        """Of its columns."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """Raise KeyError where the table has no such column."""
        return {column.name: column for column in self.columns}[name]

    def identifying(self, *kinds: Erasable) -> tuple[str, ...]:
        """Names of the columns whose values identify something of these kinds."""
        return tuple(column.name for column in self.columns if column.identifies in kinds)
