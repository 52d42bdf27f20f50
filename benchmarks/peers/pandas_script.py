"""A good pandas script: numbers for names, merges of a stretch of slots at a time, counts by `bincount`."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from benchmarks.peers import script
from benchmarks.peers.pandas_history import LAGS, History
from benchmarks.peers.postgres import Copied

P = 0.9
#: Sums of p^d/d and p^d, d = 1..n, that equation 32 of rank-biased overlap is made of.
DEPTHS = np.arange(1, 1001)
SHARES = np.insert(np.cumsum(P**DEPTHS / DEPTHS), 0, 0.0)
POWERS = np.insert(np.cumsum(P**DEPTHS), 0, 0.0)


def counted(pairs: np.ndarray, of: pd.Series, weights: np.ndarray | None = None) -> np.ndarray:
    return np.bincount(of, weights, minlength=pairs.max(initial=0) + 1)[pairs]


def change_rate(history: History) -> pd.DataFrame:
    nth, place = np.nonzero(history.sizes)
    n_topics, n_before, n_new = (counts[nth, place] for counts in (history.sizes, history.before, history.n_new))
    n_kept = n_topics - n_new
    columns = {
        "n_topics": n_topics,
        "n_new": n_new,
        "n_gone": n_before - n_kept,
        "change_rate": 1 - n_kept / np.maximum(n_topics, n_before),
    }
    return pd.DataFrame({"place": history.named(place), "slot": history.slots(nth), **columns})


def trend_equality(history: History, since: int, until: int) -> pd.DataFrame:
    pairs, nth, a, b, n_a, n_b = history.pairs(since, until, 0)
    s, l = np.minimum(n_a, n_b), np.maximum(n_a, n_b)  # noqa: E741  (the paper's letters)
    shared = history.shared(since, until, 0, "rank")
    shorter = np.zeros((until - since) * history.n**2, dtype="int64")
    shorter[pairs] = s
    shared = shared[shorter[shared["pair"]] > 0]
    above = np.maximum(shared["rank"], shared["rank_b"]) - 1
    x_l, x_s = counted(pairs, shared["pair"]), counted(pairs, shared["pair"][above < shorter[shared["pair"]]])
    down_to_l = x_l * SHARES[l] - counted(pairs, shared["pair"], SHARES[above])
    beyond_s = x_s * ((POWERS[l] - POWERS[s]) / s - (SHARES[l] - SHARES[s]))
    rbo = (1 - P) / P * (down_to_l + beyond_s) + ((x_l - x_s) / l + x_s / s) * P**l
    columns = {"n_shared": x_l, "trend_equality": x_l / l, "jaccard": x_l / (s + l - x_l), "rbo": rbo}
    return pd.DataFrame({"place_a": history.named(a), "place_b": history.named(b), "slot": history.slots(nth), **columns})


def trendsetter(history: History, since: int, until: int, lag: int) -> pd.DataFrame:
    pairs, nth, leader, follower, n_leader, n_follower = history.pairs(since, until, lag)
    shared = history.shared(since, until, lag, "is_new")
    n_shared, n_led = counted(pairs, shared["pair"]), counted(pairs, shared["pair"][shared["is_new_b"]])
    n_arrivals = history.n_new[nth + lag, follower]
    arrival_share = n_led / np.where(n_arrivals > 0, n_arrivals, np.nan)
    columns = {"trendsetter": n_shared / np.maximum(n_leader, n_follower), "n_arrivals": n_arrivals, "arrival_share": arrival_share}
    keys = {"leader": history.named(leader), "follower": history.named(follower), "slot": history.slots(nth), "lag": lag}
    return pd.DataFrame(keys | columns)


def episodes(history: History) -> pd.DataFrame:
    """``turn`` counts captures, and skips a number where no episode goes on: more than 3 slots apart, or in another place."""
    place, nth = np.nonzero(history.sizes.T)
    captured = pd.DataFrame({"place": place, "nth": nth})
    is_first = ~captured.groupby("place")["nth"].diff().le(3)
    turns = captured.assign(is_first=is_first, is_last=is_first.shift(-1, fill_value=True), turn=np.arange(len(nth)) + is_first.cumsum())
    seen = history.listed[["place", "nth", "topic", "rank", "volume", "title"]].merge(turns, on=["place", "nth"])
    seen = seen.sort_values(["topic", "turn"], ignore_index=True)
    begins = (seen["topic"].diff() != 0) | (seen["turn"].diff() != 1)
    runs = seen.groupby(begins.cumsum().to_numpy(), sort=False)
    first, last = seen[begins].reset_index(drop=True), seen[begins.shift(-1, fill_value=True)].reset_index(drop=True)
    return pd.DataFrame(
        {
            "place": history.named(first["place"]),
            "topic": pd.Categorical.from_codes(first["topic"], history.topics),
            "started_at": history.slots(first["nth"]),
            "title": last["title"],
            "last_seen_at": history.slots(last["nth"]),
            "n_slots": last["turn"] - first["turn"] + 1,
            "duration_hours": (last["nth"] - first["nth"] + 1) * (history.step / pd.Timedelta(hours=1)),
            "best_rank": runs["rank"].min().to_numpy(),
            "max_volume": runs["volume"].max().array,
            "censored_start": first["is_first"],
            "censored_end": last["is_last"],
        }
    )


def piece(table: str, rows: pd.DataFrame) -> script.Piece:
    return table, pa.Table.from_pandas(rows, preserve_index=False)


def compute(trends: Path, captures: Path, interval: int) -> Iterator[script.Piece]:
    history = History(trends, captures, interval)
    yield piece("change_rate", change_rate(history))
    yield piece("episodes", episodes(history))
    for stretch in history.stretches():
        yield piece("trend_equality", trend_equality(history, *stretch))
        for lag in LAGS:
            yield piece("trendsetter", trendsetter(history, *stretch, lag))


if __name__ == "__main__":
    script.main("pandas_script", __doc__, compute, Copied)
