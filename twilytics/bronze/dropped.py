"""What people took out of the quarantine for good: the row of an answer, and the reason that it was set aside for.

The answer stays in bronze. Should the row fail for another reason one day, it is set aside again.
"""

from dataclasses import replace

from twilytics import columns
from twilytics.schema import Column, Table

TABLE = Table(
    name="bronze.dropped",
    description=__doc__,
    grain=("answer", "position", "reason"),
    columns=(
        columns.ANSWER,
        Column("position", "bigint", "Position in the answer as it came, from 1; 0 stands for the whole answer.", minimum=0),
        Column("reason", "string", "Why it had been set aside."),
        replace(columns.CAPTURED_AT, description="When the source was asked, as in the answer's row."),
        Column("dropped_at", "timestamp", "When it was taken out."),
    ),
    time="captured_at",
)
