"""How alike the lists of two places are in a slot.

    trend_equality = |T(a) ∩ T(b)| / max(|T(a)|, |T(b)|)
    jaccard        = |T(a) ∩ T(b)| / |T(a) ∪ T(b)|
    rbo            = extrapolated rank-biased overlap, p = 0.9, for lists of unequal length:
                     Webber, Moffat & Zobel 2010, equation 32

0: nothing shared. 1: the same topics (rbo: in the same order). A row exists exactly where both places of
a pair that is kept were captured.
"""

import ibis
import ibis.expr.types as ir

from twilytics import columns
from twilytics.bronze import pairs
from twilytics.gold import captures, places, trends
from twilytics.relations import overlap, total
from twilytics.schema import Audit, Check, Table

PERSISTENCE = 0.9
#: Longer lists do not pass silver (sources answer at most some 50 topics).
DEEPEST = 1000

TABLE = Table(
    name="gold.trend_equality",
    description=__doc__,
    grain=("place_a", "place_b", "slot"),
    columns=(
        columns.PLACE_A,
        columns.PLACE_B,
        columns.SLOT,
        columns.N_SHARED,
        columns.share("trend_equality", "Shared topics by the longer list."),
        columns.share("jaccard", "Shared topics by all topics of both lists."),
        columns.share("rbo", "Rank-biased overlap: shared topics count the more, the higher both lists have them."),
    ),
    inputs=(trends.TABLE, captures.TABLE, pairs.TABLE),
    checks=(
        columns.PAIR_IN_ORDER,
        Check(
            "jaccard_at_most_equality",
            "jaccard <= trend_equality",
            "A union is never smaller than the longer list.",
            breaks={"jaccard": 0.9, "trend_equality": 0.5},
        ),
    ),
    audits=(
        places.known("gold_trend_equality", "place_a", "place_b"),
        Audit(
            "both_captured",
            "both places have to be captured in the slot",
            """
            SELECT DISTINCT slot, place, 'not captured' AS observed
            FROM (SELECT slot, unnest([place_a, place_b]) AS place FROM gold_trend_equality) ANTI JOIN gold_captures USING (slot, place)
            """,
            "Two lists are compared, or there is nothing to compare.",
            beside=(captures.TABLE,),
        ),
        Audit(
            "two_lists",
            "no two places may have the same list, rank by rank",
            """
            SELECT slot, place_a, place_b, n_shared || ' topics' AS observed FROM gold_trend_equality
            WHERE n_shared >= 10 AND trend_equality = 1 AND rbo > 0.999999
            """,
            "A source that does not know a place may answer with the list of a larger one.",
            severity="warn",
        ),
    ),
)


def depths() -> ir.Table:
    """For each depth n from 0: ``power`` = p^n, ``powers`` = Σ p^d and ``shares`` = Σ p^d/d, over 1 <= d <= n."""
    depth = ibis.range(0, DEEPEST + 1).unnest().name("depth").as_table()
    depth = depth.select(depth=depth.depth.cast("int64"), power=ibis.literal(PERSISTENCE).pow(depth.depth.cast("float64")))
    up_to_here = ibis.cumulative_window(order_by="depth")
    return depth.mutate(
        powers=ibis.ifelse(depth.depth > 0, depth.power, 0.0).sum().over(up_to_here),
        shares=ibis.ifelse(depth.depth > 0, depth.power / depth.depth.nullif(0), 0.0).sum().over(up_to_here),
    )


def transform(trends: ir.Table, captures: ir.Table, kept: ir.Table) -> ir.Table:
    at_shorter = depths().select(n_shorter="depth", powers_shorter="powers", shares_shorter="shares")
    at_longer = depths().select(n_longer="depth", power_longer="power", powers_longer="powers", shares_longer="shares")
    above = depths().select(above="depth", shares_above="shares")

    pairs = (
        kept.join(captures.select("slot", place_a="place", n_a="n_topics"), "place_a")
        .join(captures.select("slot", place_b="place", n_b="n_topics"), ["place_b", "slot"])
        .mutate(
            n_shorter=lambda t: ibis.least(t.n_a, t.n_b),
            n_longer=lambda t: ibis.greatest(t.n_a, t.n_b),
            n_both=lambda t: t.n_a + t.n_b,
        )
        .join(at_shorter, "n_shorter")
        .join(at_longer, "n_longer")
    )

    # Both lists agree on a shared topic from the depth of its later rank on. Unnested, each topic meets the kept pairs' lists only;
    # of a join, DuckDB would compare all pairs first and drop most of it.
    shared = (
        trends.select("slot", "topic", place_a="place", rank_a="rank")
        .join(kept.group_by("place_a").agg(places_b=kept.place_b.collect()), "place_a")
        .mutate(place_b=lambda t: t.places_b.unnest())
        .join(trends.select("slot", "topic", place_b="place", rank_b="rank"), ["place_b", "slot", "topic"])
        .mutate(above=lambda t: ibis.greatest(t.rank_a, t.rank_b) - 1)
        .join(above, "above")
    )
    agreed = (
        shared.join(pairs.select("place_a", "place_b", "slot", "n_shorter"), ["place_a", "place_b", "slot"])
        .group_by("place_a", "place_b", "slot")
        .agg(
            n_shared=lambda t: t.count(),
            n_shared_shorter=lambda t: (t.above < t.n_shorter).sum(),
            shares_above=lambda t: total(t.shares_above),
        )
    )
    compared = (
        pairs.left_join(agreed, ["place_a", "place_b", "slot"])
        .drop("place_a_right", "place_b_right", "slot_right")
        .mutate(
            n_shared=lambda t: t.n_shared.fill_null(0),
            n_shared_shorter=lambda t: t.n_shared_shorter.fill_null(0),
            shares_above=lambda t: t.shares_above.fill_null(0.0),
        )
    )
    # Equation 32, its two sums and its last term, with X_d = the shared topics whose later rank is at most d.
    down_to_longer = compared.n_shared * compared.shares_longer - compared.shares_above
    beyond_shorter = compared.n_shared_shorter * (
        (compared.powers_longer - compared.powers_shorter) / compared.n_shorter - (compared.shares_longer - compared.shares_shorter)
    )
    tail = (compared.n_shared - compared.n_shared_shorter) / compared.n_longer + compared.n_shared_shorter / compared.n_shorter
    rbo = (1 - PERSISTENCE) / PERSISTENCE * (down_to_longer + beyond_shorter) + tail * compared.power_longer
    return compared.select(
        "place_a",
        "place_b",
        "slot",
        "n_shared",
        trend_equality=overlap(compared.n_shared, compared.n_longer, compared.n_shorter),
        jaccard=compared.n_shared / (compared.n_both - compared.n_shared),
        # Rounding must not push equal lists above 1.
        rbo=ibis.least(ibis.greatest(rbo, 0.0), 1.0),
    )
