"""How much was set aside in each place and slot, and why: the rows of `silver.quarantine`, counted.

A row that was dropped for good is not counted any more. What a source did not answer at all is in `gold.coverage`.
"""

from dataclasses import replace

import ibis.expr.types as ir

from twilytics import columns
from twilytics.schema import Audit, Check, Table
from twilytics.silver import quarantine

SCOPES = ("answer", "entry", "value")

TABLE = Table(
    name="gold.set_aside",
    description=__doc__,
    grain=("place", "slot", "scope", "reason"),
    columns=(
        columns.PLACE,
        columns.SLOT,
        replace(quarantine.TABLE.column("scope"), description="What was set aside: answer, entry or value."),
        replace(quarantine.TABLE.column("reason"), description="Why: a code that `twilytics quarantine list` has a sentence for."),
        columns.count("n_rows", "Answers, entries or volumes that were set aside.", minimum=1),
    ),
    inputs=(quarantine.TABLE,),
    checks=(Check("known_scope", f"scope IN {SCOPES}", "Readers add up by these words.", breaks={"scope": "call"}),),
    audits=(
        Audit(
            "quarantine_is_counted",
            "what is counted has to be what the quarantine holds",
            """
            WITH held AS (SELECT slot, place, count(*) AS n_held FROM silver_quarantine GROUP BY ALL),
            counted AS (SELECT slot, place, sum(n_rows) AS n_counted FROM gold_set_aside GROUP BY ALL)
            SELECT slot, place, coalesce(n_counted, 0) || ' counted, ' || coalesce(n_held, 0) || ' held' AS observed
            FROM held FULL JOIN counted USING (slot, place) WHERE n_held IS DISTINCT FROM n_counted
            """,
            "Alerts look at the counts, people at the quarantine.",
            beside=(quarantine.TABLE,),
        ),
    ),
)


def transform(quarantine: ir.Table) -> ir.Table:
    return quarantine.group_by("place", "slot", "scope", "reason").agg(n_rows=quarantine.count())
