"""The two files as `pandas_script` reads them: places, topics and slots as numbers."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

LAGS = range(1, 7)
#: Ordered pairs times slots that are merged at once: some 6 million rows, a few hundred MiB.
STRETCH = 400_000


class History:
    """``listed``: the trends, in order of slots. By slot and place: ``sizes`` of the lists, and of those ``before`` (0: not captured),
    and how many topics are new in them, ``n_new`` (NaN: unknown)."""

    def __init__(self, trends: Path, captures: Path, interval: int) -> None:
        captured = pd.read_parquet(captures, columns=["place", "slot", "n_topics"])
        self.step, self.first = pd.Timedelta(minutes=interval), captured["slot"].min()
        self.places = pd.Index(sorted(captured["place"].unique()))
        self.n = len(self.places)
        nth = self._nth(captured["slot"])
        self.n_slots = nth.max() + 1
        self.every_slot = pd.date_range(self.first, periods=self.n_slots, freq=self.step)
        self.sizes = np.zeros((self.n_slots + max(LAGS), self.n), dtype="int64")  # padded: a later slot is never out of it
        self.sizes[nth, self.places.get_indexer(captured["place"])] = captured["n_topics"]

        read = pd.read_parquet(trends, dtype_backend="numpy_nullable", read_dictionary=["place", "topic", "title"])
        self.topics = read["topic"].cat.categories
        numbers = {"topic": read["topic"].cat.codes, "place": read["place"].cat.set_categories(self.places).cat.codes, "rank": read["rank"]}
        listed = read.assign(nth=self._nth(read["slot"]), **{name: column.astype("int64") for name, column in numbers.items()})
        listed = listed.drop(columns="slot").sort_values("nth", ignore_index=True)
        # A topic in a slot, and a list, as one number each: a merge by one column is several times faster.
        listed["at"] = listed["nth"] * len(self.topics) + listed["topic"]
        listed["list"] = listed["nth"] * self.n + listed["place"]
        entry = listed["at"] * self.n + listed["place"]
        listed["is_new"] = ~entry.isin(entry + len(self.topics) * self.n)
        self.listed = listed
        self.before = np.vstack([np.zeros((1, self.n), dtype="int64"), self.sizes[:-1]])
        n_new = np.bincount(listed["list"][listed["is_new"]], minlength=self.sizes.size).reshape(self.sizes.shape)
        self.n_new = np.where(self.before > 0, n_new, np.nan)

    def _nth(self, slots: pd.Series) -> np.ndarray:
        return ((slots - self.first) // self.step).to_numpy("int64")

    def slots(self, nth: np.ndarray) -> pd.DatetimeIndex:
        return self.every_slot[nth]

    def named(self, places: np.ndarray) -> pd.Categorical:
        return pd.Categorical.from_codes(places, self.places)

    def stretches(self) -> Iterator[tuple[int, int]]:
        most = max(1, STRETCH // self.n**2)
        return ((since, min(since + most, self.n_slots)) for since in range(0, self.n_slots, most))

    def pairs(self, since: int, until: int, lag: int) -> tuple[np.ndarray, ...]:
        """The lists that are compared: the number of each pair, its slot, both places and the lengths of both lists."""
        is_captured, is_captured_later = self.sizes[since:until] > 0, self.sizes[since + lag : until + lag] > 0
        is_pair = ~np.eye(self.n, dtype=bool) if lag else np.tri(self.n, k=-1, dtype=bool).T
        is_compared = is_captured[:, :, None] & is_captured_later[:, None, :] & is_pair
        nth, a, b = np.nonzero(is_compared)
        return np.flatnonzero(is_compared), nth + since, a, b, self.sizes[nth + since, a], self.sizes[nth + since + lag, b]

    def shared(self, since: int, until: int, lag: int, column: str) -> pd.DataFrame:
        """A row for each topic that two lists share, with the number of their pair, and a column of both."""
        bounds = self.listed["nth"].searchsorted([since, until, since + lag, until + lag])
        had = self.listed.iloc[bounds[0] : bounds[1]][["at", "list", column]]
        has = self.listed.iloc[bounds[2] : bounds[3]][["at", "place", column]]
        both = had.merge(has.assign(at=has["at"] - lag * len(self.topics)), on="at", suffixes=("", "_b"))
        return both.assign(pair=(both["list"] - since * self.n) * self.n + both["place"])
