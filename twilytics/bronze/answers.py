"""Every answer that was ever landed, byte for byte as it came.

Nothing is judged here: what cannot be read is kept as well, and silver tells it apart.
"""

from dataclasses import replace

from twilytics import columns
from twilytics.schema import Column, Table

TABLE = Table(
    name="bronze.answers",
    description=__doc__,
    grain=("answer",),
    columns=(
        columns.ANSWER,
        columns.SOURCE,
        Column("place_id", "string", "The source's own id of the place: a WOEID, a host name, a list's key."),
        replace(
            columns.CAPTURED_AT, description="When the source was asked; the landing time where `fault` says that it could not be told."
        ),
        columns.LANDED_AT,
        Column(
            "payload",
            "binary",
            "The answer's bytes as they came; a whole line of the archive where its envelope could not be read; empty where none came.",
        ),
        Column("fault", "string", "Why the envelope could not be read, or why no answer came.", nullable=True),
        Column("detail", "string", "What exactly was wrong.", nullable=True, identifies="anything"),
        Column("batch", "bigint", "Number of the snapshot that brought the answer here.", minimum=1),
    ),
    time="captured_at",
)
