"""The page beside an exported table: what it is, what each column means, what is missing, and how to cite it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
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


def page(
    cursor: "Cursor",
    table: Table,
    file: str,
    n_rows: int,
    sha256: str,
    since: datetime | None,
    until: datetime | None,
    places: Sequence[str],
) -> str:
    """In Markdown. ``cursor`` is of the transaction that the rows were read in."""
    cursor.execute(f"SELECT batch, published_at FROM {render.name(batches.TABLE)} ORDER BY batch DESC LIMIT 1")  # noqa: S608  (declared)
    batch, published_at = cursor.fetchone() or (0, None)
    cursor.execute(f"SELECT DISTINCT source FROM {render.name(captures.TABLE)} ORDER BY 1")  # noqa: S608
    sources = [source for (source,) in cursor.fetchall()]
    when = f"{published_at:%Y-%m-%d %H:%M} UTC" if published_at else "never"
    chosen = [
        f"slots from {since:%Y-%m-%d %H:%M} UTC" if since else "",
        f"slots before {until:%Y-%m-%d %H:%M} UTC" if until else "",
        f"the places {', '.join(places)}" if places else "",
    ]
    parts = [
        f"# {table.name}",
        *([f"**{LABEL}**"] if SIMULATED in sources else []),
        table.description.strip(),
        f"- `{file}` has {n_rows:,} rows and the SHA-256 `{sha256}`; a copy with others is not whole.",
        f"- It holds {', '.join(filter(None, chosen)) or 'all that was published'}, of batch {batch}, published {when}.",
        f"Cite as: Twilytics, {table.name}, batch {batch} of {when}, from lists of {', '.join(sources) or 'none'}, SHA-256 {sha256[:16]}.",
        "## Columns",
        _drawn(("column", "type", "unit", "NULL", "range", "description"), (_column(table, name) for name in table.names)),
        "## Coverage",
        "What became of the slots that were to be captured, by place. A slot that nobody meant to capture is not counted.",
        _drawn(("place", "captured", "failed", "skipped", "first slot", "last slot"), _coverage(cursor, since, until, places)),
    ]
    return "\n\n".join(parts) + "\n"


def _column(table: Table, name: str) -> Sequence[str]:
    column = table.column(name)
    return f"`{name}`", column.type, unit(column), "yes" if column.nullable else "no", limits(column), cell(column.description)


def _coverage(cursor: "Cursor", since: datetime | None, until: datetime | None, places: Sequence[str]) -> Iterable[Sequence[str]]:
    cursor.execute(
        "SELECT place, count(*) FILTER (WHERE state IN ('captured', 'late')), count(*) FILTER (WHERE state = 'failed'),"  # noqa: S608
        f" count(*) FILTER (WHERE state = 'skipped'), min(slot), max(slot) FROM {render.name(coverage.TABLE)}"
        " WHERE (%(since)s IS NULL OR slot >= %(since)s) AND (%(until)s IS NULL OR slot < %(until)s)"
        " AND (%(places)s IS NULL OR place = ANY(%(places)s)) GROUP BY place ORDER BY place",
        {"since": since, "until": until, "places": list(places) or None},
    )
    for place, *counts, first, last in cursor.fetchall():
        yield f"`{cell(visible(place))}`", *(f"{n:,}" for n in counts), f"{first:%Y-%m-%d %H:%M}", f"{last:%Y-%m-%d %H:%M}"


def _drawn(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))
