"""What is the matter now: a row an alert and the thing that it is about, from when it was found until it is over.

What has a row is known, and told once; when it is over, the all-clear is told and the row goes.
"""

from twilytics.schema import Column, Table, Whole

TABLE = Table(
    name="ops.alerts",
    description=__doc__,
    grain=("alert", "subject"),
    columns=(
        Column("alert", "string", "The alert's name, as it is declared."),
        Column("subject", "string", "What it is about, such as a place; empty where the alert is about all."),
        Column("says", "string", "What is wrong and what to do, as it was told."),
        Column("since", "timestamp", "When it was found first."),
        Column("told_at", "timestamp", "When it was told; NULL where nobody could be told yet.", nullable=True),
    ),
    reach=Whole(),
    time=None,
)
