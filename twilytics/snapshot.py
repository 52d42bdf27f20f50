"""MongoDB → bronze: what was landed and bronze does not have yet, whenever it was captured; then the spool lets go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any

import pyarrow as pa

from twilytics.answers import Answer
from twilytics.bronze import answers, tweets
from twilytics.lake import Lake
from twilytics.mongo import AnswerStore
from twilytics.render import arrow
from twilytics.schema import Table
from twilytics.slots import Slots
from twilytics.spool import Spool

#: What is held in memory at once, and about what a bronze file holds before compression.
BATCH_BYTES = 64 << 20
#: What a bronze row has of its answer; a title only where that is about a topic.
PARTS = tuple(field.name for field in fields(Answer))


@dataclass(frozen=True)
class Snapshot:
    """``n_new`` answers came to bronze; ``n_known`` were there already."""

    n_new: int = 0
    n_known: int = 0

    def __add__(self, other: "Snapshot") -> "Snapshot":
        return Snapshot(self.n_new + other.n_new, self.n_known + other.n_known)


def snapshot(spool: Spool, store: AnswerStore, lake: Lake) -> Snapshot:
    """Append what is waiting, then release the spool's segments, each only when bronze has all of it on disk.

    The store may have lost its last second in a crash, so what a segment holds is compared with bronze itself.
    Only under the lake's lock.
    """
    done = Snapshot()
    while waiting := store.unsnapshotted(BATCH_BYTES):
        # Something may have been erased between the spool and here.
        admitted = spool.admitted(waiting)
        for answer, kept in zip(waiting, admitted, strict=True):
            if kept is not answer:
                store.replace(answer.id, kept)
        done += append(lake, [kept for kept in admitted if kept is not None])
        store.mark([answer.id for answer in waiting])
    for segment in spool.segments():
        done += Snapshot(n_new=append(lake, spool.read(segment)).n_new)
        spool.release(segment)
    return done


def offer_lost(store: AnswerStore, lake: Lake) -> int:
    """Have the store offer again what bronze does not have any more, as after the lake came back from a backup; return how many
    answers that are. The next snapshot appends them. Only under the lake's lock."""
    kept = (lake.read(table, columns=["answer"]).column("answer").to_pylist() for table in (answers.TABLE, tweets.TABLE))
    return store.offer({identity for identities in kept for identity in identities})


def table_of(answer: Answer) -> Table:
    """The bronze table that keeps it."""
    return answers.TABLE if answer.title is None else tweets.TABLE


def append(lake: Lake, waiting: Sequence[Answer]) -> Snapshot:
    """Append the answers that bronze does not have, as one numbered batch a table, durably."""
    unique = {answer.id: answer for answer in waiting}
    n_new = 0
    for table in dict.fromkeys(map(table_of, unique.values())):
        of_table = {identity: answer for identity, answer in unique.items() if table_of(answer) is table}
        known = _known(lake, table, list(of_table.values()))
        fresh = {identity: answer for identity, answer in of_table.items() if identity not in known}
        n_new += len(fresh)
        if fresh:
            lake.append(table, rows(table, fresh, (lake.newest(table, "batch") or 0) + 1))
    return Snapshot(n_new, len(waiting) - n_new)


def _known(lake: Lake, table: Table, waiting: Sequence[Answer]) -> set[str]:
    times = [answer.captured_at for answer in waiting]
    # A faulty answer's time is that of one of its landings: it may stand anywhere.
    anywhere = any(answer.fault for answer in waiting)
    runs = None if anywhere else (Slots(min(times), max(times) + timedelta(microseconds=1)),)
    return set(lake.read(table, runs, columns=["answer"]).column("answer").to_pylist())


def rows(table: Table, fresh: Mapping[str, Answer], batch: int) -> pa.Table:
    """The answers, by identity, as rows of their bronze table, in the order of their capture."""
    ordered = sorted(fresh.items(), key=lambda item: (item[1].captured_at, item[0]))
    found = {
        "answer": [identity for identity, _ in ordered],
        "batch": [batch] * len(ordered),
        **{name: [getattr(answer, name) for _, answer in ordered] for name in PARTS},
    }
    schema = arrow.schema(table)
    return pa.table({name: found[name] for name in schema.names}, schema=schema)


def answer_of(row: Mapping[str, Any]) -> Answer:
    """The answer of a row of bronze."""
    return Answer(**{name: row[name] for name in PARTS if name in row})
