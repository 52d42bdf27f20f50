"""Another try for what was set aside, after a fix of the code or the catalogue: which slots that is, and what came of it."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import timedelta

import pyarrow as pa
import pyarrow.compute as pc

from twilytics import aside, backfilling, dropping
from twilytics.answers import Answer
from twilytics.aside import Chosen, Reason
from twilytics.backfilling import Plan
from twilytics.bronze import answers
from twilytics.cycle import CycleReport
from twilytics.lake import Lake
from twilytics.noting import captured_in
from twilytics.observatory import Observatory
from twilytics.silver import quarantine
from twilytics.slots import Slots, merged
from twilytics.sources.envelope import opened
from twilytics.sources.reasons import ENVELOPE

#: Parts of lines, which no version will read as whole ones.
TORN = ("line_too_long", "archive_truncated", "archive_damaged")
LINES = tuple(reason for reason in ENVELOPE if reason not in TORN)
#: Lines that are held in memory at once.
LINES_AT_ONCE = 1_000
Key = tuple[str, int]


@dataclass(frozen=True)
class Tried:
    """``rows`` (answer and position) are tried again; ``known`` are all that were set aside of their answers."""

    rows: frozenset[Key] = frozenset()
    known: frozenset[Key] = frozenset()


@dataclass(frozen=True)
class Retried:
    """What the cycle did, and of ``n_tried`` rows how many pass now. ``remaining``: why the others do not. ``n_others`` rows of the
    same answers are set aside now that were not before."""

    cycle: CycleReport
    n_tried: int
    n_passed: int
    remaining: tuple[Reason, ...]
    n_others: int


def plan(observatory: Observatory, chosen: Chosen) -> tuple[int, Plan]:
    """How many rows would be tried again, and what the refinement of their slots comes to."""
    lake, interval = observatory.lake, observatory.settings.interval
    rows = chosen.of(lake)
    slots = rows["slot"].unique().to_pylist()
    runs = merged(Slots(slot, slot + interval) for slot in slots)
    n_answers = len(captured_in(lake, runs)) if runs else 0
    return rows.num_rows, backfilling.planned(observatory, slots, n_answers)


def ask(observatory: Observatory, chosen: Chosen) -> Tried:
    """Put the rows' slots on the list of what the next cycle refines, and land anew the lines that this version can open.

    No watermark moves, and it survives an interruption: what is not on the list by then is in quarantine still.
    """
    lake, interval = observatory.lake, observatory.settings.interval
    with lake.locked():
        rows = chosen.of(lake)
        if not rows.num_rows:
            return Tried()
        observatory.save(observatory.ledger.touched(Slots(slot, slot + interval) for slot in rows["slot"].unique().to_pylist()))
        landed = _landed_anew(observatory, rows)
        dropping.note(lake, rows.filter(pc.is_in(rows["answer"], pa.array(landed, pa.string()))))
        asked = {(landed.get(answer, answer), position) for answer, position in _keys(rows)}
        known = _keys(_of_answers(lake, asked))
    return Tried(frozenset(asked), frozenset(known) | asked)


def _landed_anew(observatory: Observatory, rows: pa.Table) -> dict[str, str]:
    """The lines of archives that could not be opened when they were landed, and can be now; by identity that of the answer in them."""
    landed: dict[str, str] = {}

    def found() -> Iterator[Answer]:
        lines = rows.filter(pc.is_in(rows["reason"], pa.array(LINES))).sort_by("captured_at").combine_chunks()
        for start in range(0, lines.num_rows, LINES_AT_ONCE):
            part = lines.slice(start, LINES_AT_ONCE)
            times = part["captured_at"].to_pylist()
            run = Slots(times[0], times[-1] + timedelta(microseconds=1))
            columns = ["answer", "payload", "landed_at", "fault"]
            held = observatory.lake.read_keys(answers.TABLE, "answer", part["answer"].combine_chunks(), columns, (run,))
            for row in held.to_pylist():
                answer = opened(row["payload"], row["landed_at"])
                # Without a fault it is no line, but the answer of a source that this version does not have.
                if row["fault"] is not None and answer.fault is None:
                    landed[row["answer"]] = answer.id
                    yield answer

    observatory.spool.write(found())
    return landed


def outcome(lake: Lake, tried: Tried, report: CycleReport) -> Retried:
    """What became of the rows, after the cycle."""
    rows = _of_answers(lake, tried.rows)
    after = {(row["answer"], row["position"]): row for row in rows.to_pylist()}
    # What stands in an answer that is set aside as a whole does not pass, wherever it stood.
    whole = {answer: row for (answer, _), row in after.items() if row["scope"] == "answer"}
    failed = [row for answer, position in tried.rows if (row := after.get((answer, position)) or whole.get(answer))]
    remaining = aside.by_reason(pa.Table.from_pylist(failed, schema=rows.schema))
    n_others = len(after.keys() - tried.known)
    return Retried(report, len(tried.rows), len(tried.rows) - len(failed), tuple(remaining), n_others)


def _of_answers(lake: Lake, keys: AbstractSet[Key]) -> pa.Table:
    identities = pa.array({answer for answer, _ in keys}, pa.string())
    return lake.read_keys(quarantine.TABLE, "answer", identities, ["answer", "position", "scope", "reason", "captured_at"])


def _keys(rows: pa.Table) -> set[Key]:
    return set(zip(rows["answer"].to_pylist(), rows["position"].to_pylist(), strict=True))
