"""What was set aside, for people to look at: how much of it, why, and the answers as they came."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from twilytics.bronze import answers
from twilytics.lake import Lake
from twilytics.silver import quarantine
from twilytics.slots import Slots
from twilytics.sources import reasons

INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Reason:
    """So many rows (``scope``: answers, entries or single values) were set aside for this reason, the newest captured then."""

    scope: str
    reason: str
    says: str
    n: int
    newest: datetime


@dataclass(frozen=True)
class Aside:
    """One row that was set aside, with the whole answer it stood in, byte for byte."""

    answer: str
    position: int
    source: str
    place: str
    captured_at: datetime
    scope: str
    reason: str
    detail: str | None
    payload: bytes


def listed(lake: Lake, runs: Sequence[Slots] | None = None) -> list[Reason]:
    """The reasons, the most frequent first; only of what was captured in the runs of slots, where given."""
    rows = lake.read(quarantine.TABLE, runs, columns=["scope", "reason", "captured_at"])
    counted = rows.group_by(["scope", "reason"]).aggregate([("reason", "count"), ("captured_at", "max")]).to_pylist()
    found = [Reason(row["scope"], row["reason"], says(row["reason"]), row["reason_count"], row["captured_at_max"]) for row in counted]
    return sorted(found, key=lambda reason: (-reason.n, reason.scope, reason.reason))


def says(reason: str) -> str:
    """The sentence for a reason's code."""
    return {**reasons.ENVELOPE, **reasons.ANSWER, **reasons.ENTRY, **reasons.VALUE}.get(reason, reason)


def shown(lake: Lake, *, reason: str | None = None, answer: str | None = None, limit: int | None = None) -> list[Aside]:
    """What was set aside for this reason, or of the answers whose identity begins so; all where None. Newest first, at most ``limit``."""
    rows = lake.read(quarantine.TABLE)
    if reason is not None:
        rows = rows.filter(pc.equal(rows["reason"], reason))
    if answer is not None:
        rows = rows.filter(pc.starts_with(rows["answer"], answer))
    order = [("captured_at", "descending", "at_end"), ("answer", "ascending", "at_end"), ("position", "ascending", "at_end")]
    rows = rows.take(pc.sort_indices(rows, sort_keys=order)[:limit])
    payloads = _payloads(lake, rows)
    names = ("answer", "position", "source", "place", "captured_at", "scope", "reason", "detail")
    return [Aside(**{name: row[name] for name in names}, payload=payloads[row["answer"]]) for row in rows.to_pylist()]


def _payloads(lake: Lake, rows: pa.Table) -> dict[str, bytes]:
    wanted: Collection[str] = set(rows["answer"].to_pylist())
    runs = tuple(Slots(instant, instant + INSTANT) for instant in sorted(set(rows["captured_at"].to_pylist())))
    if len(runs) > 1000:
        runs = (Slots(runs[0].since, runs[-1].until),)
    held = lake.read(answers.TABLE, runs, columns=["answer", "payload"])
    return {row["answer"]: row["payload"] for row in held.to_pylist() if row["answer"] in wanted}
