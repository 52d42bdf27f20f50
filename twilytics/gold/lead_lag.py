"""Which of two places topics reach first, and whether that may be chance.

p_value: exact two-sided sign test of `a_first` against `b_first`, NULL when both are 0. q_value: the p_values of all pairs
of a window that have one, adjusted so that deciding by it keeps the share of false findings (Benjamini & Hochberg 1995).
What is compared is told in `gold.leads`. A pair of which one place contains the other is no finding: `is_nested`.
"""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from twilytics import columns
from twilytics.gold import leads, places
from twilytics.render import arrow
from twilytics.schema import Check, Table, Whole

#: Above this share of false findings among the findings nobody should call one.
FALSE_FINDINGS = 0.05
#: What is said of a pair where chance would do as well.
NO_DIFFERENCE = "no difference can be told"

TABLE = Table(
    name="gold.lead_lag",
    description=__doc__,
    grain=leads.TABLE.grain,
    columns=(
        *(column for column in leads.TABLE.columns if column.name != "is_nested"),
        columns.share(
            "p_value", "Chance of so uneven a count, or a more uneven one, if either place were as likely to be first.", nullable=True
        ),
        replace(
            columns.share("q_value", "The p_value, adjusted for the number of pairs that were tested.", nullable=True),
            warns_from=FALSE_FINDINGS,
        ),
        leads.TABLE.column("is_nested"),
    ),
    inputs=(leads.TABLE,),
    reach=Whole(),
    time=None,
    checks=(
        *leads.TABLE.checks,
        Check(
            "tested_together",
            "(p_value IS NULL) = (a_first + b_first = 0) AND (q_value IS NULL) = (p_value IS NULL) AND coalesce(q_value >= p_value, true)",
            "Each pair that has a first is tested, and being adjusted makes no chance smaller.",
            breaks={"n_shared": 3, "a_first": 3, "b_first": 0, "ties": 0, "p_value": 0.25, "q_value": 0.1},
        ),
    ),
    audits=(places.known("gold_lead_lag", "place_a", "place_b", time=None),),
)


def transform(leads: pa.Table) -> pa.Table:
    from scipy.stats import binom, false_discovery_control

    a_first, b_first = (leads[name].to_numpy() for name in ("a_first", "b_first"))
    n = a_first + b_first
    # As even chances are symmetric, the exact test counts the shorter tail twice; scipy's own takes one pair at a time.
    p = np.where(n > 0, np.minimum(2 * binom.cdf(np.minimum(a_first, b_first), n, 0.5), 1.0), np.nan)
    q = np.full(len(p), np.nan)
    windows = leads["window_days"].to_numpy()
    for window in np.unique(windows):
        tested = (windows == window) & ~np.isnan(p)
        if tested.any():
            q[tested] = false_discovery_control(p[tested])
    told = leads.append_column("p_value", pa.array(p, from_pandas=True)).append_column("q_value", pa.array(q, from_pandas=True))
    return told.select(arrow.schema(TABLE).names).take(pc.sort_indices(told, [(name, "ascending") for name in TABLE.grain]))
