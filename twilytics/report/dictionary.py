"""The declarations of the tables as the page shows them: definition, columns with where their values come from, rules."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from markupsafe import Markup, escape

from twilytics import reconciled
from twilytics.render import expectations
from twilytics.render.words import first_sentence, limits, unit
from twilytics.report import lineage
from twilytics.report.panel import Cell
from twilytics.schema import Audit, Severity, Table
from twilytics.tables import definitions, named

BACKTICKS = re.compile(r"`+([^`]+)`+")


@dataclass(frozen=True)
class Rule:
    """A rule of a table, of its rows or over several tables: what it demands, how grave it is, and why it is there."""

    name: str
    says: str
    severity: Severity
    why: str | None


@dataclass(frozen=True)
class Entry:
    """A table with the addresses of its entry, its inputs and its users."""

    table: Table
    key: str
    first: Markup
    description: Markup
    inputs: Sequence[tuple[str, str]]
    users: Sequence[tuple[str, str]]
    columns: Sequence[Sequence[Cell]]
    rules: Sequence[Rule]
    has_sources: bool


@cache
def rules(table_name: str) -> Mapping[str, Rule]:
    """By name, in the order of the declaration; none of what is no table of this version."""
    if table_name not in definitions():
        return {}
    table = named(table_name)
    declared: Sequence[expectations.Rule | Audit] = (*expectations.rules(table), *table.audits)
    found = {rule.name: Rule(rule.name, rule.says, rule.severity, rule.why) for rule in declared}
    if reconciled.holds_for(table):
        found[reconciled.NAME] = Rule(reconciled.NAME, reconciled.SAYS, reconciled.SEVERITY, reconciled.WHY)
    return found


def entries(tables: Sequence[Table], minutes: int) -> list[Entry]:
    return [_entry(table, tables, minutes) for table in tables]


def key(table: Table) -> str:
    """The address of a table's entry."""
    return f"table-{table.name.replace('.', '-').replace('_', '-')}"


def prose(description: str) -> Markup:
    """A docstring: paragraphs, and formulas where it is indented."""
    blocks = [block for block in description.strip("\n").split("\n\n") if block.strip()]
    return Markup("").join(
        Markup("<pre>{}</pre>").format("\n".join(line.removeprefix("    ") for line in block.strip("\n").split("\n")))
        if block.lstrip("\n").startswith("    ")
        else Markup("<p>{}</p>").format(ticked(" ".join(block.split())))
        for block in blocks
    )


def ticked(text: Cell) -> Markup:
    """A line of our own in which what stands in backticks is code."""
    return text if isinstance(text, Markup) else Markup(BACKTICKS.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704  (escaped just before)


def _entry(table: Table, tables: Sequence[Table], minutes: int) -> Entry:
    sources = lineage.columns(table.name, minutes)
    rows = [
        (
            Markup("<code>{}</code>").format(column.name),
            column.type,
            unit(column),
            "yes" if column.nullable else "no",
            limits(column),
            ticked(column.description),
            *([] if sources is None else [_sources(sources[column.name])]),
        )
        for column in table.columns
    ]
    return Entry(
        table,
        key(table),
        ticked(first_sentence(table.description)),
        prose(table.description),
        [(key(other), other.name) for other in table.inputs],
        [(key(other), other.name) for other in tables if table in other.inputs],
        rows,
        list(rules(table.name).values()),
        sources is not None,
    )


def _sources(names: Sequence[str]) -> Markup:
    return Markup(", ").join(Markup("<code>{}</code>").format(name.partition(".")[2]) for name in names) or Markup("its rows")
