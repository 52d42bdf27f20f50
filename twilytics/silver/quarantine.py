"""What was set aside, and why: entries that cannot be read, answers without a readable topic, volumes that are none.

The answer itself stays in bronze, byte for byte.
"""

from dataclasses import replace

import ibis.expr.types as ir

from twilytics.schema import Table
from twilytics.silver import entries

TABLE = Table(
    name="silver.quarantine",
    description=__doc__,
    grain=("answer", "position"),
    columns=tuple(
        replace(entries.TABLE.column(name), nullable=name == "detail")
        for name in ("answer", "position", "source", "place", "slot", "captured_at", "scope", "reason", "detail")
    ),
    inputs=(entries.TABLE,),
)


def transform(entries: ir.Table) -> ir.Table:
    # A call without an answer has nothing that could be set aside: `gold.coverage` tells of it.
    return entries.filter(entries.reason.notnull() & (entries.scope != "call")).select(*(column.name for column in TABLE.columns))
