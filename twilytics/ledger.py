"""What of the lake is still to be done: one small file beside the tables, always written after what it tells of.

It is the watermark of refinement and publication. Losing its newest state only means doing again what was done.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from twilytics import durable
from twilytics.errors import SettingError
from twilytics.slots import Slots, merged, minutes, without


@dataclass(frozen=True)
class Ledger:
    """``refined_batch``: the newest bronze batch whose slots were put on the list. ``to_refine`` and ``to_publish``:
    runs of slots that were captured anew. ``published_batch``: the newest batch that PostgreSQL is known to have.
    ``places``: the keys of the places that the answers up to ``refined_batch`` are of. ``are_summaries_due``: slots, or the
    catalogue, changed since the tables that look at all of them were made."""

    interval_minutes: int
    refined_batch: int = 0
    to_refine: tuple[Slots, ...] = ()
    to_publish: tuple[Slots, ...] = ()
    published_batch: int = 0
    places: tuple[str, ...] = ()
    are_summaries_due: bool = False

    def touched(self, runs: Iterable[Slots]) -> "Ledger":
        return replace(self, to_refine=merged([*self.to_refine, *runs]))

    def noted(self, upto_batch: int, places: Iterable[str]) -> "Ledger":
        return replace(self, refined_batch=upto_batch, places=tuple(sorted({*self.places, *places})))

    def changed(self, run: Slots) -> "Ledger":
        """Gold was made again in the run: PostgreSQL is to have it too."""
        return replace(self, to_publish=merged([*self.to_publish, run]))

    def refined(self, run: Slots) -> "Ledger":
        return replace(self.changed(run), to_refine=without(self.to_refine, run), are_summaries_due=True)

    def summarised(self, *, is_due: bool = False) -> "Ledger":
        return replace(self, are_summaries_due=is_due)

    def published(self, runs: Sequence[Slots], batch: int) -> "Ledger":
        left = self.to_publish
        for run in runs:
            left = without(left, run)
        return replace(self, to_publish=left, published_batch=batch)


def load(lake_root: Path, interval: timedelta) -> Ledger:
    """Raise :class:`SettingError` where the lake was refined at another interval: its slots would not fit."""
    asked = minutes(interval)
    path = _path(lake_root)
    if not path.exists():
        return Ledger(asked)
    told = json.loads(path.read_bytes())
    if told["interval_minutes"] != asked:
        raise SettingError(
            f"the lake {lake_root} was refined with TWILYTICS_INTERVAL_MINUTES={told['interval_minutes']}, not {asked}: "
            "set it so, or choose another TWILYTICS_HOME"
        )
    told["places"] = tuple(told["places"])
    for key in ("to_refine", "to_publish"):
        told[key] = tuple(Slots(*(datetime.fromisoformat(end) for end in run)) for run in told[key])
    return Ledger(**told)


def save(ledger: Ledger, lake_root: Path) -> None:
    told = asdict(ledger)
    for key in ("to_refine", "to_publish"):
        told[key] = [[run["since"].isoformat(), run["until"].isoformat()] for run in told[key]]
    durable.write(_path(lake_root), json.dumps(told, indent=1).encode())


def _path(lake_root: Path) -> Path:
    return lake_root / "_ledger.json"
