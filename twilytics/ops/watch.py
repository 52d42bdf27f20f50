"""Topics whose arrival in a place is told: a row a topic that somebody watches, until it is taken off the list.

Edited by `twilytics watch`. Readers see it as `gold.watched`.
"""

from twilytics import columns
from twilytics.schema import Column, Table, Whole

TABLE = Table(
    name="ops.watch",
    description=__doc__,
    grain=("topic",),
    columns=(
        columns.TOPIC,
        Column("title", "string", "The topic as it was written when it was put on the list.", identifies="topic"),
        Column("added_at", "timestamp", "When it was put on the list."),
    ),
    reach=Whole(),
    time=None,
)

#: What readers see of it: with the rights of its owner, for they have none on the table.
VIEW = """
CREATE VIEW gold.watched AS SELECT topic, title, added_at FROM ops.watch;
COMMENT ON VIEW gold.watched IS 'Topics whose arrival in a place is told, and since when.';
"""
