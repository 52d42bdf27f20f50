"""How long topics stay in a place's trends: the Kaplan-Meier estimate over its episodes.

    survival(d) = Π over durations t ≤ d of (1 − ended(t) / at_risk(t))

over the episodes whose begin is known; one whose end is not known was at risk as long as it was seen, and did not end
(Kaplan & Meier 1958).
"""

import ibis
import ibis.expr.types as ir

from twilytics import columns
from twilytics.gold import episodes, lifetimes
from twilytics.schema import Check, Table, Whole

TABLE = Table(
    name="gold.survival",
    description=__doc__,
    grain=("place", "duration_hours"),
    columns=(
        columns.PLACE,
        episodes.DURATION_HOURS,
        columns.count("at_risk", "Episodes that lasted so long or longer.", minimum=1),
        columns.count("ended", "Episodes that ended after just so long."),
        columns.share("survival", "Estimated share of episodes that last longer."),
    ),
    inputs=(lifetimes.TABLE,),
    reach=Whole(),
    time=None,
    checks=(Check("ended_at_risk", "ended <= at_risk", "What ended was at risk before.", breaks={"at_risk": 3, "ended": 5}),),
)


def transform(lifetimes: ir.Table) -> ir.Table:
    summed = lifetimes.group_by("place", "duration_hours").agg(
        ended=lifetimes.n_ended.sum(), n=lifetimes.n_ended.sum() + lifetimes.n_censored.sum()
    )
    from_the_longest = ibis.cumulative_window(group_by="place", order_by=ibis.desc("duration_hours"))
    at_risk = summed.mutate(at_risk=summed.n.sum().over(from_the_longest))
    from_the_shortest = ibis.cumulative_window(group_by="place", order_by="duration_hours")
    # A product as sum of logarithms; where all that were at risk ended, the logarithm of 0 is left to the case beside it.
    outlived = at_risk.mutate(log=ibis.ifelse(at_risk.ended < at_risk.at_risk, (1 - at_risk.ended / at_risk.at_risk).ln(), 0.0))
    lasting = outlived.mutate(lasting=outlived.log.sum().over(from_the_shortest).exp())
    return lasting.select(
        "place",
        "duration_hours",
        "at_risk",
        "ended",
        survival=ibis.ifelse(lasting.ended == lasting.at_risk, 0.0, ibis.least(lasting.lasting, 1.0)),
    )
