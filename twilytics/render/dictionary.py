"""The tables as data dictionary in Markdown: what each is, what its columns mean, and which rules hold for it."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from twilytics import reconciled
from twilytics.render import expectations, rollup
from twilytics.render.words import cell, first_sentence, limits, unit
from twilytics.schema import Audit, Check, Column, Daily, Keyed, Running, Settled, Severity, Slotwise, Table, Trailing

TITLE = "Data dictionary"
INTRODUCTION = """\
Every table of Twilytics, made from its declaration by `make generate`; do not edit. Gold tables have the same names
and columns in the lake (`LAKE/gold/<table>`) and in PostgreSQL (`gold.<table>`). All times are UTC; a value that
cannot be known is NULL.

The suites beside this page (`<layer>.<table>.json`) are Great Expectations suites. Before a publication each table's
suite judges the rows that are about to be published. A rule of severity *fail* stops the publication, *warn* and
*note* are only told. Every table has rules about its columns and keys, all of them *fail* unless a column says otherwise:

{reasons}

Some rules look at a boolean column that is not part of the table (`check_…`): whoever runs a suite adds these first;
the suite's `meta.tags` has the expression of each. Its `meta.audits` are queries, over several tables or over time."""
#: Of the rules that are derived, in the order of their reasons.
KINDS = (
    "The columns are these, in this order",
    "No value is NULL or NaN where the column does not allow it",
    "Values lie in the column's range",
    "Shares lie from 0 to 1",
    "Degrees are some of the Earth's",
    "No share or measure is -0",
    "Doubles are finite",
    "Keys never repeat",
)
LAYERS = {
    "bronze": "Bronze: what came in, as it came",
    "silver": "Silver: read, judged, and what was set aside",
    "gold": "Gold: what is published",
}
SEVERITIES: dict[Severity, str] = {"fail": "stops the publication", "warn": "is told as a warning", "note": "is noted"}
RECONCILED = f"- `{reconciled.NAME}`: {reconciled.SAYS}. {reconciled.WHY} Where it does not hold, it {SEVERITIES[reconciled.SEVERITY]}."


def text(tables: Iterable[Table]) -> str:
    """The page. The tables come in their layers' order, each after its inputs."""
    known = list(tables)
    reasons = "\n".join(f"- *{kind}.* {why}" for kind, why in zip(KINDS, expectations.REASONS, strict=True))
    parts = [f"# {TITLE}", INTRODUCTION.format(reasons=reasons), "\n".join(_contents(known))]
    for layer, members in groupby(known, key=lambda table: table.layer):
        parts += [f"## {LAYERS[layer]}", *(_section(table, known) for table in members)]
    return "\n\n".join(parts) + "\n"


def _contents(tables: Sequence[Table]) -> list[str]:
    return [f"- [`{table.name}`](#{_anchor(table)}): {first_sentence(table.description)}" for table in tables]


def _section(table: Table, known: Sequence[Table]) -> str:
    used_by = [other.name for other in known if table in other.inputs]
    facts = [
        f"- **A row is** one {', '.join(f'`{key}`' for key in table.grain)}" + "".join(f"; {_unique(unique)}" for unique in table.uniques),
        f"- **Made from** {_links(other.name for other in table.inputs) or 'what comes from outside'}",
        *([f"- **Used by** {_links(used_by)}"] if used_by else []),
        f"- **When something is captured**, {reach(table)}",
        *(
            [f"- **By day** in PostgreSQL as `{rollup.by_day(table).name}`, for windows of weeks and months"]
            if rollup.is_rolled_up(table)
            else []
        ),
        *([] if table.is_published or table.layer != "gold" else ["- Only serves other tables; not published in PostgreSQL"]),
    ]
    head = ["| column | type | unit | NULL | range | description |", "|---|---|---|---|---|---|"]
    columns = "\n".join(head + [_row(column) for column in table.columns])
    checks = "\n".join(_check(check) for check in table.checks)
    audits = "\n".join([*(_audit(audit, table) for audit in table.audits), *([RECONCILED] if reconciled.holds_for(table) else [])])
    parts = [f"### {table.name}", table.description.strip(), "\n".join(facts), columns]
    if checks:
        parts.append(f"Checks beside keys, NULLs and ranges:\n\n{checks}")
    if audits:
        parts.append(f"Rules beside other tables, or over time:\n\n{audits}")
    return "\n\n".join(parts)


def reach(table: Table) -> str:
    """Which rows are made anew when something is captured, in words."""
    match table.reach:
        case _ if not table.inputs:
            return "rows are added" if table.time else "the whole table is written anew"
        case Slotwise(back, on):
            sides = [_slots(back, "before"), _slots(on, "after")]
            return " and ".join(["the rows of its slot", *(side for side in sides if side)]) + " are made anew"
        case Daily():
            return "the rows of its UTC day are made anew"
        case Running(apart):
            return f"the runs that come within {apart} slots of it are made anew, with the days in which they were seen"
        case Keyed(key, of):
            return f"the rows are made anew whose `{key}` has other rows in {_links([of])} than before"
        case Settled():
            return "nothing: maintenance makes the whole table anew"
        case Trailing(hours, of_whole_days=True):
            return f"nothing, until the day turns: the whole table tells of the whole days in windows of {_hours(hours)} hours"
        case Trailing(hours):
            return f"the whole table is made anew: windows of {_hours(hours)} hours that end with the newest slot"
        case _:
            return "the whole table is made anew"


def _hours(lengths: Iterable[int]) -> str:
    return ", ".join(f"{length:,}" for length in lengths)


def _slots(number: int, side: str) -> str:
    return "" if not number else f"of the slot {side} it" if number == 1 else f"of the {number} slots {side} it"


def _row(column: Column) -> str:
    cells = [f"`{column.name}`", column.type, unit(column), "yes" if column.nullable else "no", limits(column), cell(column.description)]
    return f"| {' | '.join(cells)} |"


def _check(check: Check) -> str:
    return f"- `{check.name}`: `{check.expression}`. {check.why} Where it does not hold, it {SEVERITIES[check.severity]}."


def _audit(audit: Audit, table: Table) -> str:
    beside = _links(one.name for one in audit.beside if one is not table)
    days = f"{audit.back_days} days back" if audit.back_days else ""
    slots = f"{audit.back_slots} {'slot' if audit.back_slots == 1 else 'slots'} back" if audit.back_slots else ""
    looks = ", ".join(part for part in (beside, slots, days) if part)
    where = f" It looks at {looks}." if looks else ""
    return f"- `{audit.name}`: {audit.says}.{where} {audit.why} Where it does not hold, it {SEVERITIES[audit.severity]}."


def _unique(columns: Sequence[str]) -> str:
    return f"{', '.join(f'`{column}`' for column in columns)} {'are' if len(columns) > 1 else 'is'} unique as well"


def _links(names: Iterable[str]) -> str:
    return ", ".join(f"[`{name}`](#{name.replace('.', '')})" for name in names)


def _anchor(table: Table) -> str:
    return table.name.replace(".", "")
