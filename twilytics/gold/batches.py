"""What was published, and when: a row a publication, written last, in the transaction that it tells of.

Its rows come from no transform: `twilytics.publication` writes them, and the lake has no such table. The same batch
published again has its row replaced.
"""

from twilytics import columns
from twilytics.schema import Column, Table

TABLE = Table(
    name="gold.batches",
    description=__doc__,
    grain=("batch",),
    columns=(
        Column("batch", "bigint", "Number of the publication; a later one has a higher.", minimum=0, unit="short"),
        Column("published_at", "timestamp", "When it was published."),
        Column(
            "slots", "string", "The slots that were captured, or refined, anew: ISO 8601 intervals, ends left out; `all` for everything."
        ),
        columns.count("n_rows", "Rows that the replaced slots hold now, in all tables together."),
        Column("lake_versions", "string", "The lake's identity and the version of each of its published tables: a JSON object."),
    ),
    time="published_at",
)
