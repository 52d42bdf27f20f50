"""What a panel is: a question to the published tables, how its answer is drawn, and the declarations that define it.

The question is PostgreSQL's SQL with Grafana's macros and variables (:mod:`twilytics.panels.asked`), kept so plain that
DuckDB answers it over the lake as well: that is how the report shows the same panels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from twilytics.schema import Column, Table

#: stat: one row, a field each. table: rows. lines: values over time. states: a row of colours over time. matrix: a value by
#: two names. bars: values by a name. map: a value at places. words: no question, text.
Kind = Literal["stat", "table", "lines", "states", "matrix", "bars", "map", "words"]
GRID = 24  # columns of a dashboard

TIME = Column("time", "timestamp", "When.")
METRIC = Column("metric", "string", "What is drawn.")


@dataclass(frozen=True)
class Term:
    """A table, and those of its columns, that a panel shows: their declarations are its definition."""

    table: Table
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Panel:
    """``key`` is its stable address. Columns of the answer are declared by the tables of ``terms``, or by the panel as its ``own``.

    ``reads`` says in a sentence how to read it; what its numbers mean, its terms say. ``links`` are columns that lead to the
    dashboard of a place or topic. ``not_in_report`` says why the report lacks it. ``words`` is the text of one that asks nothing.
    """

    key: str
    title: str
    kind: Kind
    reads: str
    query: str = ""
    terms: tuple[Term, ...] = ()
    own: tuple[Column, ...] = ()
    width: int = GRID // 2
    height: int = 9
    links: tuple[Literal["place", "topic"], ...] = ()
    not_in_report: str | None = None
    words: str = ""

    def column(self, name: str) -> Column:
        """The declaration of a column of the answer. Raise KeyError where nobody declares it."""
        for column in (*self.own, TIME, METRIC, *(column for term in self.terms for column in term.table.columns)):
            if column.name == name:
                return column
        raise KeyError(f"panel {self.key}: nothing declares its column {name!r}")


@dataclass(frozen=True)
class Variable:
    """What the viewer chooses. The query answers with ``__text`` and ``__value``, or with one column that is both."""

    name: str
    label: str
    query: str
    is_multi: bool = False
    follows_time: bool = False


@dataclass(frozen=True)
class Mark:
    """What is marked on everything that is drawn over time: the query answers with ``time`` and ``text``."""

    name: str
    query: str
    is_bad: bool = False


@dataclass(frozen=True)
class Dashboard:
    """``since`` is what it shows at first: ``now-24h``."""

    name: str
    title: str
    says: str
    panels: Sequence[Panel]
    variables: Sequence[Variable] = ()
    since: str = "now-7d"

    @property
    def uid(self) -> str:
        return f"twilytics-{self.name}"
