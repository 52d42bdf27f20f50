"""The page beside an exported table: what it is, what each column means, what is missing, and how to cite it."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from twilytics.gold import batches, captures, coverage
from twilytics.render import postgres as render
from twilytics.render.words import cell, limits, unit
from twilytics.schema import Table
from twilytics.simulated import LABEL
from twilytics.sources.simulated import NAME as SIMULATED
from twilytics.visible import visible

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812

    from twilytics.exporting import Chosen, Exported


def page(cursor: "Cursor", table: Table, written: "Exported", chosen: "Chosen") -> str:
    """In Markdown. ``cursor`` is of the transaction that the rows were read in."""
    cursor.execute(f"SELECT batch, published_at FROM {render.name(batches.TABLE)} ORDER BY batch DESC LIMIT 1")  # noqa: S608  (declared)
    batch, published_at = cursor.fetchone() or (0, None)
    cursor.execute(f"SELECT DISTINCT source FROM {render.name(captures.TABLE)} ORDER BY 1")  # noqa: S608
    sources = [source for (source,) in cursor.fetchall()]
    when = f"{published_at:%Y-%m-%d %H:%M} UTC" if published_at else "never"
    held = [
        f"slots from {chosen.since:%Y-%m-%d %H:%M} UTC" if chosen.since else "",
        f"slots before {chosen.until:%Y-%m-%d %H:%M} UTC" if chosen.until else "",
        f"the places {', '.join(chosen.places)}" if chosen.places else "",
    ]
    digest = written.sha256
    parts = [
        f"# {table.name}",
        *([f"**{LABEL}**"] if SIMULATED in sources else []),
        table.description.strip(),
        f"- `{written.path.name}` has {written.n_rows:,} rows and the SHA-256 `{digest}`; a copy with others is not whole.",
        f"- It holds {', '.join(filter(None, held)) or 'all that was published'}, of batch {batch}, published {when}.",
        f"Cite as: Twilytics, {table.name}, batch {batch} of {when}, from lists of {', '.join(sources) or 'none'}, SHA-256 {digest[:16]}.",
        "## Columns",
        _drawn(("column", "type", "unit", "NULL", "range", "description"), (_column(table, name) for name in table.names)),
        "## Coverage",
        "What became of the slots that were to be captured, by place. A slot that nobody meant to capture is not counted.",
        _drawn(("place", "captured", "failed", "skipped", "first slot", "last slot"), _coverage(cursor, chosen)),
    ]
    return "\n\n".join(parts) + "\n"


def _column(table: Table, name: str) -> Sequence[str]:
    column = table.column(name)
    return f"`{name}`", column.type, unit(column), "yes" if column.nullable else "no", limits(column), cell(column.description)


def _coverage(cursor: "Cursor", chosen: "Chosen") -> Iterable[Sequence[str]]:
    where, values = chosen.condition(coverage.TABLE)
    cursor.execute(
        "SELECT place, count(*) FILTER (WHERE state IN ('captured', 'late')), count(*) FILTER (WHERE state = 'failed'),"  # noqa: S608
        f" count(*) FILTER (WHERE state = 'skipped'), min(slot), max(slot) FROM {render.name(coverage.TABLE)} WHERE {where}"
        " GROUP BY place ORDER BY place",
        values,
    )
    for place, *counts, first, last in cursor.fetchall():
        yield f"`{cell(visible(place))}`", *(f"{n:,}" for n in counts), f"{first:%Y-%m-%d %H:%M}", f"{last:%Y-%m-%d %H:%M}"


def _drawn(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))
