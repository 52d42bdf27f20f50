"""A good Polars script: lazy frames on the streaming engine, places and topics as categories, slots as numbers."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
from polars import col

from benchmarks.peers import script
from benchmarks.peers.postgres import Copied
from benchmarks.peers.tables import TARGETS

P = 0.9
LISTS, PAIRS, LED = ["place", "nth"], ["place_a", "place_b", "nth"], ["leader", "follower", "nth"]


def longer(n_a: str, n_b: str) -> pl.Expr:
    """`max_horizontal` would take the other where one is NULL."""
    return pl.when(col(n_a) >= col(n_b)).then(n_a).when(col(n_a) < col(n_b)).then(n_b)


def change_rate(arrived: pl.LazyFrame, captured: pl.LazyFrame) -> pl.LazyFrame:
    new = arrived.group_by(LISTS).agg(n_new=col("is_new").sum().cast(pl.Int64))
    before = captured.select("place", nth=col("nth") + 1, n_before="n_topics")
    n_kept = col("n_topics") - col("n_new")
    changed = captured.join(new, on=LISTS).join(before, on=LISTS, how="left")
    return changed.select(
        *LISTS,
        "n_topics",
        n_new=pl.when(col("n_before").is_not_null()).then("n_new"),
        n_gone=col("n_before") - n_kept,
        change_rate=1 - n_kept / longer("n_topics", "n_before"),
    )


def depths(suffix: str) -> pl.LazyFrame:
    """Sums of p^d/d and p^d, d = 1..n, that equation 32 of rank-biased overlap is made of."""
    powers = pl.LazyFrame({"n": range(1001)}).with_columns(power=pl.lit(P).pow(col("n")))
    shares = pl.when(col("n") > 0).then(col("power") / col("n")).otherwise(0.0).cum_sum()
    return powers.with_columns(powers=col("power").cum_sum(), shares=shares).select(pl.all().name.suffix(suffix))


def trend_equality(listed: pl.LazyFrame, captured: pl.LazyFrame) -> pl.LazyFrame:
    is_pair = col("place") < col("place_b")
    sizes = captured.join(captured, on="nth", suffix="_b").filter(is_pair)
    n_s, n_l = pl.min_horizontal("n_topics", "n_topics_b"), pl.max_horizontal("n_topics", "n_topics_b")
    pairs = sizes.select("place_b", "nth", place_a="place", n_s=n_s, n_l=n_l)
    both = listed.join(listed, on=["nth", "topic"], suffix="_b").filter(is_pair)
    agreed = both.select("place_b", "nth", place_a="place", n_above=pl.max_horizontal("rank", "rank_b") - 1)
    shared = agreed.join(depths("_above"), on="n_above").join(pairs, on=PAIRS).group_by(PAIRS)
    counts = shared.agg(
        x_l=pl.len().cast(pl.Int64), x_s=(col("n_above") < col("n_s")).sum().cast(pl.Int64), shares_above=col("shares_above").sum()
    )
    compared = pairs.join(counts, on=PAIRS, how="left").join(depths("_s"), on="n_s").join(depths("_l"), on="n_l")
    s, l, x_s, x_l = col("n_s"), col("n_l"), col("x_s"), col("x_l")  # noqa: E741  (the paper's letters)
    down_to_l = x_l * col("shares_l") - col("shares_above")
    beyond_s = x_s * ((col("powers_l") - col("powers_s")) / s - (col("shares_l") - col("shares_s")))
    return compared.with_columns(col("x_l", "x_s", "shares_above").fill_null(0)).select(
        *PAIRS,
        n_shared=x_l,
        trend_equality=x_l / l,
        jaccard=x_l / (s + l - x_l),
        rbo=(1 - P) / P * (down_to_l + beyond_s) + ((x_l - x_s) / l + x_s / s) * col("power_l"),
    )


def trendsetter(listed: pl.LazyFrame, arrived: pl.LazyFrame, changed: pl.LazyFrame, lag: int) -> pl.LazyFrame:
    is_pair = col("leader") != col("follower")
    had = listed.select("nth", "topic", leader="place")
    has = arrived.select("topic", "is_new", nth=col("nth") - lag, follower="place")
    shared = had.join(has, on=["nth", "topic"]).filter(is_pair).group_by(LED).agg(n_shared=pl.len(), n_led=col("is_new").sum())
    earlier = changed.select("nth", leader="place", n_leader="n_topics")
    later = changed.select(nth=col("nth") - lag, follower="place", n_follower="n_topics", n_arrivals="n_new")
    compared = earlier.join(later, on="nth").filter(is_pair).join(shared, on=LED, how="left")
    return compared.select(
        *LED,
        "n_arrivals",
        lag=lag,
        trendsetter=col("n_shared").fill_null(0) / longer("n_leader", "n_follower"),
        arrival_share=pl.when(col("n_arrivals") > 0).then(col("n_led").fill_null(0) / col("n_arrivals")),
    )


def episodes(listed: pl.LazyFrame, captured: pl.LazyFrame, interval: int) -> pl.LazyFrame:
    """``turn`` counts captures, and skips a number where no episode goes on: more than 3 slots apart, or in another place."""
    is_first = col("nth").diff().over("place").gt(3).fill_null(True)
    turns = captured.sort(LISTS).with_columns(is_first=is_first)
    turns = turns.with_columns(is_last=col("is_first").shift(-1).fill_null(True), turn=pl.int_range(pl.len()) + col("is_first").cum_sum())
    seen = listed.join(turns, on=LISTS).sort("topic", "turn")
    begins = (col("topic") != col("topic").shift()) | (col("turn").diff() != 1)
    runs = seen.with_columns(run=begins.fill_null(True).cum_sum()).group_by("run")
    return runs.agg(
        col("place", "topic").first(),
        started_at=col("nth").min(),
        title=col("title").get(col("nth").arg_max()),
        last_seen_at=col("nth").max(),
        n_slots=pl.len(),
        duration_hours=(col("nth").max() - col("nth").min() + 1) * (interval / 60),
        best_rank=col("rank").min(),
        max_volume=col("volume").max(),
        censored_start=col("is_first").any(),
        censored_end=col("is_last").any(),
    )


def compute(trends: Path, captures: Path, interval: int) -> Iterator[script.Piece]:
    places = pl.scan_parquet(captures).select(col("place").unique().sort()).collect()["place"]
    by_place = {"place": col("place").cast(pl.Enum(places)), "nth": (col("slot").dt.epoch("s") // (60 * interval)).cast(pl.Int32)}
    categories = col("topic", "title").cast(pl.Categorical)

    def made(frame: pl.LazyFrame) -> pl.LazyFrame:
        """Computed now, and read by several."""
        return frame.collect(engine="streaming").lazy()

    def piece(table: str, frame: pl.LazyFrame) -> script.Piece:
        instant = pl.from_epoch(
            pl.selectors.by_name("nth", "started_at", "last_seen_at", require_all=False).cast(pl.Int64) * (60 * interval)
        )
        told = frame.with_columns(instant.cast(pl.Datetime("us", "UTC"))).rename({"nth": "slot"}, strict=False)
        return table, told.collect(engine="streaming").select(*TARGETS[table].columns).to_arrow()

    captured = made(pl.scan_parquet(captures).with_columns(**by_place).drop("slot"))
    listed = made(pl.scan_parquet(trends).with_columns(categories, col("rank").cast(pl.Int64), **by_place).drop("slot"))
    before = listed.select("place", "topic", nth=col("nth") + 1, is_new=False)
    arrived = made(listed.join(before, on=[*LISTS, "topic"], how="left").select(*LISTS, "topic", col("is_new").fill_null(True)))
    changed = made(change_rate(arrived, captured))
    yield piece("change_rate", changed)
    yield piece("trend_equality", trend_equality(listed, captured))
    yield piece("episodes", episodes(listed, captured, interval))
    for lag in range(1, 7):
        yield piece("trendsetter", trendsetter(listed, arrived, changed, lag))


if __name__ == "__main__":
    script.main("polars_script", __doc__, compute, Copied)
