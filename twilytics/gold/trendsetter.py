"""How much of the follower's list of a later slot the leader had before.

    trendsetter   = |T(leader, t) ∩ T(follower, t+lag)| / max(|T(leader, t)|, |T(follower, t+lag)|)
    arrival_share = |N ∩ T(leader, t)| / |N|   with N = T(follower, t+lag) ∖ T(follower, t+lag-1)

The overlap also counts what the follower already had; the share of its arrivals does not. A row exists exactly where
both places of a pair that is kept were captured; arrivals are NULL when the follower's slot before was not.
"""

from dataclasses import replace

import ibis
import ibis.expr.types as ir

from twilytics import columns
from twilytics.bronze import pairs
from twilytics.gold import change_rate, places, trends
from twilytics.relations import later, overlap
from twilytics.schema import Check, Column, Slotwise, Table

LAGS = range(1, 7)

TABLE = Table(
    name="gold.trendsetter",
    description=__doc__,
    grain=("leader", "follower", "slot", "lag"),
    columns=(
        replace(columns.PLACE, name="leader", description="The place whose list is taken at `slot`."),
        replace(columns.PLACE, name="follower", description="The place whose list is taken `lag` slots later."),
        columns.SLOT,
        Column("lag", "bigint", "Slots between the two lists.", minimum=min(LAGS), maximum=max(LAGS), unit="short"),
        columns.share("trendsetter", "Shared topics by the longer list."),
        columns.count("n_arrivals", "Topics that the follower did not have in the slot before.", nullable=True),
        columns.share("arrival_share", "Share of the arrivals that the leader had; NULL when nothing arrived.", nullable=True),
    ),
    inputs=(trends.TABLE, change_rate.TABLE, pairs.TABLE),
    reach=Slotwise(back=max(LAGS)),
    checks=(
        Check(
            "no_place_leads_itself",
            "leader <> follower",
            "A place compared with itself measures its change rate.",
            breaks={"leader": "berlin", "follower": "berlin"},
        ),
        Check(
            "share_of_arrivals",
            "(arrival_share IS NULL) = (n_arrivals IS NULL OR n_arrivals = 0)",
            "There is a share exactly where something arrived.",
            breaks={"n_arrivals": 2, "arrival_share": None},
        ),
    ),
    audits=(places.known("gold_trendsetter", "leader", "follower"),),
)


def transform(trends: ir.Table, change_rate: ir.Table, kept: ir.Table) -> ir.Table:
    directed = kept.select(leader="place_a", follower="place_b").union(kept.select(leader="place_b", follower="place_a"))
    lags = ibis.array(list(LAGS)).unnest().name("lag").as_table()
    lags = lags.select(lag=lags.lag.cast("int64"))

    # Steps between slots are columns of their own: engines plan a join on a computed slot far slower.
    leading = change_rate.select(leader="place", slot="slot", n_leader="n_topics")
    following = change_rate.select("slot", follower="place", n_follower="n_topics", n_arrivals="n_new").cross_join(lags)
    following = following.mutate(slot=later(following.slot, -following.lag))
    # Unnested, each topic meets the kept pairs' lists only; of a join, DuckDB would compare all pairs first and drop most of it.
    followers = directed.group_by("leader").agg(followers=directed.follower.collect())
    pairs = directed.join(leading, "leader").join(following, ["follower", "slot"])

    yesterday = trends.select("place", "topic", slot=later(trends.slot), was_there=True)
    listed = trends.left_join(yesterday, ["place", "slot", "topic"]).select(
        "slot", "topic", follower="place", is_arrival=lambda t: t.was_there.isnull()
    )
    had = trends.select("slot", "topic", leader="place")
    has = listed.cross_join(lags)
    has = has.mutate(slot=later(has.slot, -has.lag))
    shared = (
        had.join(followers, "leader")
        .mutate(follower=lambda t: t.followers.unnest())
        .join(has, ["follower", "slot", "topic"])
        .group_by("leader", "follower", "slot", "lag")
        .agg(n_shared=lambda t: t.count(), n_led=lambda t: t.is_arrival.sum())
    )
    keys = ["leader", "follower", "slot", "lag"]
    compared = (
        pairs.left_join(shared, keys)
        .drop(*(f"{key}_right" for key in keys))
        .mutate(n_shared=lambda t: t.n_shared.fill_null(0), n_led=lambda t: t.n_led.fill_null(0))
    )
    return compared.select(
        *keys,
        trendsetter=overlap(compared.n_shared, compared.n_leader, compared.n_follower),
        n_arrivals=compared.n_arrivals,
        arrival_share=compared.n_led / compared.n_arrivals.nullif(0),
    )
