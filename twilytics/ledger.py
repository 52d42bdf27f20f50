"""What of the lake is still to be done: one small file beside the tables, always written after what it tells of.

It is the watermark of refinement and publication. Losing its newest state only means doing again what was done.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from twilytics.errors import SettingError
from twilytics.slots import DAY, Runs, Slots, floor, merged, minutes, without
from twilytics.storage import Storage

NAME = "_ledger.json"


@dataclass(frozen=True)
class Ledger:
    """``refined_batch``: the newest bronze batch of answers whose slots were put on the list, ``refined_tweets`` that of answers
    about topics. ``to_refine``: runs of slots that were captured anew, and come with the next cycle; ``to_backfill``: those that
    come after it, slice by slice. ``is_history_partial``: until all that is done, a table of this version lacks slots that
    others have. ``to_publish``: by name of each table the runs of rows that were made again since ``published_batch``, the newest
    batch that PostgreSQL is known to have; ``backfilled``: those that slices made, which stop nothing else where a check stops
    them. ``places``: the keys of the places that the answers up to ``refined_batch`` are of. ``are_summaries_due``: slots, or the
    catalogue, changed since the tables were made that come once all slots are done. Of the inputs of those tables, ``followed``
    has the versions that they were made of, and ``summed_until`` is the midnight before which whole days were summed,
    ``settled_until`` the one up to which maintenance summed up what is followed (None: not at all, or not any more). ``pace``:
    answers that each engine last brought from bronze to PostgreSQL in a second."""

    interval_minutes: int
    refined_batch: int = 0
    refined_tweets: int = 0
    to_refine: Runs = ()
    to_backfill: Runs = ()
    is_history_partial: bool = False
    to_publish: Mapping[str, Runs] = field(default_factory=dict)
    backfilled: Mapping[str, Runs] = field(default_factory=dict)
    published_batch: int = 0
    places: tuple[str, ...] = ()
    are_summaries_due: bool = False
    followed: Mapping[str, int] = field(default_factory=dict)
    summed_until: datetime | None = None
    settled_until: datetime | None = None
    pace: Mapping[str, float] = field(default_factory=dict)

    def touched(self, runs: Iterable[Slots]) -> "Ledger":
        return replace(self, to_refine=merged([*self.to_refine, *runs]))

    def put_off(self, runs: Sequence[Slots]) -> "Ledger":
        """These slots are none of the next cycle's: they come slice by slice."""
        return replace(self, to_refine=without(self.to_refine, *runs), to_backfill=merged([*self.to_backfill, *runs]))

    def all_at_once(self) -> "Ledger":
        """Nothing is put off any more."""
        return replace(self.touched(self.to_backfill), to_backfill=())

    def refining(self) -> Runs:
        """The slots that are not refined yet, whenever they come."""
        return merged([*self.to_refine, *self.to_backfill])

    def publishing(self, table: str) -> Runs:
        """The runs of a table's rows that PostgreSQL does not have yet."""
        return merged([*self.to_publish.get(table, ()), *self.backfilled.get(table, ())])

    def noted(self, upto_batch: int, places: Iterable[str]) -> "Ledger":
        return replace(self, refined_batch=upto_batch, places=tuple(sorted({*self.places, *places})))

    def noted_tweets(self, upto_batch: int) -> "Ledger":
        return replace(self, refined_tweets=upto_batch)

    def changed(self, run: Slots, made: Mapping[str, Runs], *, is_slice: bool = False) -> "Ledger":
        """Rows that the slots of the run reach were made again: what looks at them, and PostgreSQL, is to have them too."""
        is_older = self.summed_until is not None and floor(run.since, DAY) < self.summed_until
        return replace(
            self,
            to_publish=self.to_publish if is_slice else _added(self.to_publish, made),
            backfilled=_added(self.backfilled, made) if is_slice else self.backfilled,
            summed_until=None if is_older else self.summed_until,
            settled_until=None if self._is_settled(made) else self.settled_until,
            are_summaries_due=True,
        )

    def _is_settled(self, made: Mapping[str, Runs]) -> bool:
        """Whether rows that followers have summed up are among those that were made again."""
        runs = (run for name in self.followed for run in made.get(name, ()))
        return self.settled_until is not None and any(run.since < self.settled_until for run in runs)

    def settled(self, until: datetime | None) -> "Ledger":
        return replace(self, settled_until=until)

    def refined(self, run: Slots, made: Mapping[str, Runs], *, is_slice: bool = False) -> "Ledger":
        now, later = without(self.to_refine, run), without(self.to_backfill, run)
        return replace(
            self.changed(run, made, is_slice=is_slice),
            to_refine=now,
            to_backfill=later,
            is_history_partial=self.is_history_partial and bool(now or later),
        )

    def summaries_due(self) -> "Ledger":
        return replace(self, are_summaries_due=True)

    def summarised(self, newest: datetime | None, versions: Mapping[str, int], made: Mapping[str, Runs]) -> "Ledger":
        """All tables follow from the lake as it is: from these ``versions`` of their inputs."""
        return replace(
            self,
            to_publish=_added(self.to_publish, made),
            are_summaries_due=False,
            followed=versions,
            summed_until=floor(newest, DAY) if newest else None,
        )

    def published(self, done: Mapping[str, Sequence[Slots]], batch: int) -> "Ledger":
        left, later = _less(self.to_publish, done), _less(self.backfilled, done)
        return replace(self, to_publish=left, backfilled=later, published_batch=batch)

    def differing(self, runs: Mapping[str, Runs]) -> "Ledger":
        """PostgreSQL does not hold these rows, by name of their table, as the lake does."""
        return replace(self, to_publish=_added(self.to_publish, runs))

    def paced(self, engine: str, answers_a_second: float) -> "Ledger":
        return replace(self, pace={**self.pace, engine: answers_a_second})


def _added(known: Mapping[str, Runs], made: Mapping[str, Runs]) -> dict[str, Runs]:
    return {**known, **{name: merged([*known.get(name, ()), *runs]) for name, runs in made.items()}}


def _less(known: Mapping[str, Runs], done: Mapping[str, Sequence[Slots]]) -> dict[str, Runs]:
    left = {name: without(runs, *done.get(name, ())) for name, runs in known.items()}
    return {name: runs for name, runs in left.items() if runs}


def load(storage: Storage, interval: timedelta) -> Ledger:
    """Raise :class:`SettingError` where the lake was refined at another interval: its slots would not fit."""
    asked = minutes(interval)
    content = storage.read(NAME)
    if content is None:
        return Ledger(asked)
    told = json.loads(content)
    if told["interval_minutes"] != asked:
        raise SettingError(
            f"the lake {storage.root} was refined with TWILYTICS_INTERVAL_MINUTES={told['interval_minutes']}, not {asked}: "
            "set it so, or choose another TWILYTICS_HOME"
        )
    told["places"] = tuple(told["places"])
    for key in ("to_refine", "to_backfill"):
        told[key] = _runs(told.get(key, ()))
    if isinstance(told["to_publish"], list):
        # Of a version before runs were told by table, whose lake lacks tables of this one: all is refined and published anew.
        told["to_publish"] = {}
    for key in ("to_publish", "backfilled"):
        told[key] = {name: _runs(runs) for name, runs in told.get(key, {}).items()}
    for key in ("summed_until", "settled_until"):
        told[key] = datetime.fromisoformat(told[key]) if told.get(key) else None
    return Ledger(**told)


def _runs(told: Iterable[Mapping[str, str]]) -> Runs:
    return tuple(Slots(**{end: datetime.fromisoformat(instant) for end, instant in run.items()}) for run in told)


def save(ledger: Ledger, storage: Storage) -> None:
    storage.write(NAME, json.dumps(asdict(ledger), indent=1, default=_plain).encode())


def _plain(value: Any) -> Any:
    return value.isoformat()
