"""How the observatory itself is doing: how long its stages take, what it costs, how large it gets."""

from twilytics.gold import batches, captures, measurements
from twilytics.panels.panel import Dashboard, Panel, Term
from twilytics.panels.shared import FRESHNESS
from twilytics.schema import Column, Unit

NOT_IN_LAKE = "PostgreSQL alone has it"


def _measured(key: str, title: str, reads: str, like: str, column: str, unit: Unit) -> Panel:
    """Measurements as lines: those whose names end so."""
    asked = f"""
    SELECT measured_at AS time, left(measure, length(measure) - {len(like)}) AS metric, value AS {column}
    FROM gold.measurements WHERE $__timeFilter(measured_at) AND right(measure, {len(like)}) = '{like}'
    ORDER BY 1, 2
    """  # noqa: S608  (of what follows)
    return Panel(
        key,
        title,
        "lines",
        reads,
        asked,
        (Term(measurements.TABLE, measurements.TABLE.names),),
        own=(Column(column, "double", reads, minimum=0, unit=unit),),
    )


SECONDS = _measured("stage-seconds", "Duration of the stages", "Seconds that each stage of a cycle took.", "_seconds", "seconds", "seconds")
MONEY = _measured("spending", "Cost against the budget", "US dollars spent this month, beside the month's budget.", "_usd", "usd", "usd")
BYTES = _measured(
    "sizes", "Size of lake and database", "Bytes of the lake's live files, and of the database on disk.", "_bytes", "bytes", "bytes"
)
FILES = _measured("files", "Files of the lake", "Live files of all tables: maintenance joins them.", "_files", "files", "short")
SPOOL = _measured("spool", "Waiting in the spool", "Answers that are not landed in the store yet.", "_answers", "answers", "short")
PUBLISHED = Panel(
    "publications",
    "Publications",
    "table",
    "The newest publications of the shown time: which slots, and how many rows they hold now.",
    """
    SELECT batch, published_at, n_rows, slots FROM gold.batches WHERE $__timeFilter(published_at) ORDER BY batch DESC LIMIT 100
    """,
    (Term(batches.TABLE, batches.TABLE.names),),
    not_in_report=NOT_IN_LAKE,
)
DELAY = Panel(
    "publication-delay",
    "From the newest slot to the reader",
    "lines",
    "Minutes from the start of the newest slot that was captured by then to the publication.",
    """
    SELECT batches.published_at AS time,
        CAST(extract(epoch FROM batches.published_at - (
            SELECT max(captures.slot) FROM gold.captures WHERE captures.slot <= batches.published_at
        )) / 60 AS double precision) AS delay_minutes
    FROM gold.batches WHERE $__timeFilter(batches.published_at) ORDER BY 1
    """,
    (Term(batches.TABLE, ("published_at",)), Term(captures.TABLE, ("slot",))),
    own=(Column("delay_minutes", "double", "Minutes from slot to publication.", nullable=True, minimum=0, unit="minutes"),),
    not_in_report=NOT_IN_LAKE,
)
DASHBOARD = Dashboard(
    "operations", "Operations", __doc__, (FRESHNESS, SECONDS, DELAY, MONEY, BYTES, FILES, SPOOL, PUBLISHED), since="now-7d"
)
