"""What was set aside, for people to look at: how much of it, why, and the answers as they came."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from twilytics.bronze import answers, tweets
from twilytics.errors import TwilyticsError
from twilytics.lake import Lake
from twilytics.silver import quarantine
from twilytics.slots import DAY, EVER, Slots, floor
from twilytics.sources import reasons

INSTANT = timedelta(microseconds=1)
By = Literal["source", "place", "day"]


@dataclass(frozen=True)
class Chosen:
    """The rows of which all holds that is given; ``since`` and ``until`` (not included) are times of capture, ``answer`` is how
    the identity of their answer begins."""

    reason: str | None = None
    source: str | None = None
    place: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    answer: str | None = None

    def of(self, lake: Lake) -> pa.Table:
        """These rows. Raise :class:`TwilyticsError` where there is no time between ``since`` and ``until``."""
        since, until = self.since or EVER.since, self.until or EVER.until
        if since >= until:
            raise TwilyticsError(f"--since has to be before --until: {Slots(since, until)} holds no time")
        # A slot begins before what was captured in it, in the same day.
        rows = lake.read(quarantine.TABLE, (Slots(floor(since, DAY), until),))
        condition = (pc.field("captured_at") >= since) & (pc.field("captured_at") < until)
        for name in ("reason", "source", "place"):
            value = getattr(self, name)
            if value is not None:
                condition &= pc.field(name) == value
        if self.answer is not None:
            condition &= pc.starts_with(pc.field("answer"), self.answer)
        return rows.filter(condition)


@dataclass(frozen=True)
class Reason:
    """So many rows (``scope``: answers, entries or single values) were set aside for this reason, the newest captured then."""

    scope: str
    reason: str
    says: str
    n: int
    newest: datetime


@dataclass(frozen=True)
class Group:
    """So many rows of so many answers were set aside of one source, place or day (of capture), the newest captured then."""

    value: str
    n: int
    n_answers: int
    newest: datetime


@dataclass(frozen=True)
class Aside:
    """One row that was set aside, the rule that it broke, and the whole answer it stood in, byte for byte."""

    answer: str
    position: int
    source: str
    place: str
    captured_at: datetime
    scope: str
    reason: str
    says: str
    detail: str | None
    payload: bytes


def listed(lake: Lake, runs: Sequence[Slots] | None = None) -> list[Reason]:
    """The reasons, the most frequent first; only of what was captured in the runs of slots, where given."""
    return by_reason(lake.read(quarantine.TABLE, runs, columns=["scope", "reason", "captured_at"]))


def by_reason(rows: pa.Table) -> list[Reason]:
    """The reasons of rows that were set aside, the most frequent first."""
    counted = rows.group_by(["scope", "reason"]).aggregate([("reason", "count"), ("captured_at", "max")]).to_pylist()
    found = [Reason(row["scope"], row["reason"], says(row["reason"]), row["reason_count"], row["captured_at_max"]) for row in counted]
    return sorted(found, key=lambda reason: (-reason.n, reason.scope, reason.reason))


def grouped(rows: pa.Table, by: By) -> list[Group]:
    """The rows counted: days in their order, else the most frequent first."""
    values = rows["captured_at"].cast(pa.date32()).cast(pa.string()) if by == "day" else rows[by]
    keyed = rows.select(["answer", "captured_at"]).append_column("value", values)
    counted = keyed.group_by("value").aggregate([("answer", "count"), ("answer", "count_distinct"), ("captured_at", "max")]).to_pylist()
    found = [Group(row["value"], row["answer_count"], row["answer_count_distinct"], row["captured_at_max"]) for row in counted]
    return sorted(found, key=lambda group: (0 if by == "day" else -group.n, group.value))


def says(reason: str) -> str:
    """The sentence for a reason's code."""
    return {**reasons.ENVELOPE, **reasons.ANSWER, **reasons.ENTRY, **reasons.VALUE}.get(reason, reason)


def shown(lake: Lake, chosen: Chosen, *, limit: int | None = None) -> list[Aside]:
    """The rows with their answers, newest first, at most ``limit``."""
    rows = chosen.of(lake)
    order = [("captured_at", "descending", "at_end"), ("answer", "ascending", "at_end"), ("position", "ascending", "at_end")]
    rows = rows.take(pc.sort_indices(rows, sort_keys=order)[:limit])
    payloads = _payloads(lake, rows)
    names = ("answer", "position", "source", "place", "captured_at", "scope", "reason", "detail")
    return [
        Aside(**{name: row[name] for name in names}, says=says(row["reason"]), payload=payloads[row["answer"]]) for row in rows.to_pylist()
    ]


def _payloads(lake: Lake, rows: pa.Table) -> dict[str, bytes]:
    wanted: Collection[str] = set(rows["answer"].to_pylist())
    runs = tuple(Slots(instant, instant + INSTANT) for instant in sorted(set(rows["captured_at"].to_pylist())))
    if len(runs) > 1000:
        runs = (Slots(runs[0].since, runs[-1].until),)
    held = pa.concat_tables(lake.read(table, runs, columns=["answer", "payload"]) for table in (answers.TABLE, tweets.TABLE))
    return {row["answer"]: row["payload"] for row in held.to_pylist() if row["answer"] in wanted}
