"""Bronze and the store without what was erased: looked through in bounded memory, and rewritten hour by hour where something is found."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from twilytics import dropping
from twilytics.answers import Answer
from twilytics.bronze import answers, tweets
from twilytics.lake import Lake
from twilytics.mongo import AnswerStore
from twilytics.named import Named
from twilytics.redaction import n_erased
from twilytics.render import arrow
from twilytics.schema import Table
from twilytics.slots import Slots, floor
from twilytics.snapshot import answer_of
from twilytics.tombstones import Register

TABLES = (answers.TABLE, tweets.TABLE)
HOUR = timedelta(hours=1)
#: What is rewritten at once: about so many bytes of answers, of so many hours, as each makes the condition longer.
AT_ONCE_BYTES = 64 << 20
AT_ONCE_HOURS = 48


@dataclass(frozen=True)
class Rewritten:
    """``n_erased`` entries, posts and people were taken out of ``n_rewritten`` answers; ``n_dropped`` answers went as a whole."""

    n_rewritten: int = 0
    n_dropped: int = 0
    n_erased: int = 0

    def __add__(self, other: "Rewritten") -> "Rewritten":
        return Rewritten(
            self.n_rewritten + other.n_rewritten,
            self.n_dropped + other.n_dropped,
            self.n_erased + other.n_erased,
        )


@dataclass
class Found:
    """Where a table has something to erase: the times of the answers, bytes by hour. ``unreadable``: identities of answers that only the
    plain name was found in. ``newest_batch`` is that of the answers that stay."""

    table: Table
    times: set[datetime] = field(default_factory=set)
    n_bytes: dict[datetime, int] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)
    newest_batch: int = 0

    def runs(self) -> Iterator[tuple[Slots, ...]]:
        """The hours to rewrite, as many as may be rewritten at once."""
        packed: list[Slots] = []
        n_bytes = 0
        for hour in sorted({floor(time, HOUR) for time in self.times}):
            if packed and (len(packed) == AT_ONCE_HOURS or n_bytes + self.n_bytes[hour] > AT_ONCE_BYTES):
                yield tuple(packed)
                packed, n_bytes = [], 0
            packed.append(Slots(hour, hour + HOUR))
            n_bytes += self.n_bytes[hour]
        if packed:
            yield tuple(packed)


def search(lake: Lake, table: Table, register: Register, named: Named | None) -> Found:
    """Look through all answers of the table. Without the plain names, what cannot be read is not searched."""
    found = Found(table)
    for batch in lake.batches(table):
        rows = batch.to_pylist()
        told = [answer_of(row) for row in rows]
        for row, answer, kept in zip(rows, told, register.admitted(told), strict=True):
            hour = floor(answer.captured_at, HOUR)
            found.n_bytes[hour] = found.n_bytes.get(hour, 0) + len(answer.payload)
            if kept is answer and named is not None and (names := named.in_unreadable(answer)):
                found.unreadable.append(answer.id)
                register.meet(names)
                kept = None
            if kept is not answer:
                found.times.add(answer.captured_at)
            if kept is not None:
                found.newest_batch = max(found.newest_batch, row["batch"])
    return found


def rewrite(lake: Lake, store: AnswerStore, found: Found, register: Register) -> Iterator[Rewritten]:
    """Take out what is on the list, in the store before bronze, so that what was begun is found again. Only under the lake's lock."""
    for runs in found.runs():
        rows = lake.read(found.table, runs).to_pylist()
        told = [answer_of(row) for row in rows]
        # By identity: two answers may have differed in nothing but what was erased.
        kept: dict[str, Mapping[str, Any]] = {}
        renamed: dict[str, str | None] = {}
        done = Rewritten()
        for row, answer, rest in zip(rows, told, register.admitted(told), strict=True):
            if rest is not answer:
                store.replace(row["answer"], rest)
                renamed[row["answer"]] = rest.id if rest is not None else None
                done += _of(answer, rest)
            if rest is not None:
                kept[row["answer"] if rest is answer else rest.id] = {**row, "payload": rest.payload}
        dropping.follow(lake, renamed, runs)
        lake.replace(found.table, _rows(found.table, kept), runs)
        yield done


def rewrite_store(lake: Lake, store: AnswerStore, register: Register, named: Named | None) -> Rewritten:
    """Take out what is on the list of those answers that the store alone has: of a lake that was lost, say, or begun anew."""
    done = Rewritten()
    known = {identity for table in TABLES for identity in lake.read(table, columns=["answer"])["answer"].to_pylist()}
    for answer in store.beyond(known):
        (kept,) = register.admitted([answer])
        if kept is answer and named is not None and (names := named.in_unreadable(answer)):
            register.meet(names)
            register.add([("answer", answer.id)])
            kept = None
        if kept is not answer:
            store.replace(answer.id, kept)
            done += _of(answer, kept)
    return done


def _of(answer: Answer, kept: Answer | None) -> Rewritten:
    return Rewritten(n_dropped=1) if kept is None else Rewritten(1, 0, n_erased(kept) - n_erased(answer))


def _rows(table: Table, kept: Mapping[str, Mapping[str, Any]]) -> pa.Table:
    rows: Iterable[Mapping[str, Any]] = ({**row, "answer": identity} for identity, row in kept.items())
    ordered = sorted(rows, key=lambda row: (row["captured_at"], row["answer"]))
    return pa.Table.from_pylist(ordered, schema=arrow.schema(table))
