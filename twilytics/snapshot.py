"""MongoDB → bronze: what was landed and bronze does not have yet, whenever it was captured; then the spool lets go."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import pyarrow as pa

from twilytics.answers import Answer
from twilytics.bronze import answers
from twilytics.lake import Lake
from twilytics.mongo import AnswerStore
from twilytics.render import arrow
from twilytics.slots import Slots
from twilytics.spool import Spool

#: What is held in memory at once, and about what a bronze file holds before compression.
BATCH_BYTES = 64 << 20


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
        done += append(lake, waiting)
        store.mark([answer.id for answer in waiting])
    for segment in spool.segments():
        done += Snapshot(n_new=append(lake, spool.read(segment)).n_new)
        spool.release(segment)
    return done


def append(lake: Lake, waiting: Sequence[Answer]) -> Snapshot:
    """Append the answers that bronze does not have, as one numbered batch, durably."""
    unique = {answer.id: answer for answer in waiting}
    known = _known(lake, list(unique.values()))
    fresh = {identity: answer for identity, answer in unique.items() if identity not in known}
    if fresh:
        batch = (lake.newest(answers.TABLE, "batch") or 0) + 1
        lake.append(answers.TABLE, rows(fresh, batch))
    return Snapshot(len(fresh), len(waiting) - len(fresh))


def _known(lake: Lake, waiting: Sequence[Answer]) -> set[str]:
    if not waiting:
        return set()
    times = [answer.captured_at for answer in waiting]
    # A faulty answer's time is that of one of its landings: it may stand anywhere.
    anywhere = any(answer.fault for answer in waiting)
    runs = None if anywhere else (Slots(min(times), max(times) + timedelta(microseconds=1)),)
    return set(lake.read(answers.TABLE, runs, columns=["answer"]).column("answer").to_pylist())


def rows(fresh: dict[str, Answer], batch: int) -> pa.Table:
    """The answers, by identity, as rows of `bronze.answers`, in the order of their capture."""
    ordered = sorted(fresh.items(), key=lambda item: (item[1].captured_at, item[0]))
    found = {
        "answer": [identity for identity, _ in ordered],
        "batch": [batch] * len(ordered),
        **{
            name: [getattr(answer, name) for _, answer in ordered]
            for name in ("source", "place_id", "captured_at", "landed_at", "payload", "fault", "detail")
        },
    }
    schema = arrow.schema(answers.TABLE)
    return pa.table({name: found[name] for name in schema.names}, schema=schema)
