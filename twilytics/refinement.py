"""Bronze → silver → gold: the slots that were captured anew, and those that they reach."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa

from twilytics import places
from twilytics.bronze import answers, catalogue
from twilytics.build import build_gold, build_silver, build_summaries
from twilytics.gold import captures
from twilytics.gold import places as gold_places
from twilytics.lake import Lake
from twilytics.observatory import Observatory
from twilytics.refine import chunks, near
from twilytics.render import arrow
from twilytics.slots import Slots, floor


@dataclass(frozen=True)
class Refined:
    """The runs of slots that were refined, the rows written by table, neighbours included, and the places that are
    new and that the catalogue lacks."""

    runs: tuple[Slots, ...] = ()
    rows: dict[str, int] = field(default_factory=dict)
    unknown_places: tuple[str, ...] = ()


def note_new_answers(observatory: Observatory) -> None:
    """Put the slots of all answers that came to bronze since the last time on the list of what is to be refined."""
    state, interval = observatory.ledger, observatory.settings.interval
    fresh = observatory.lake.read_above(answers.TABLE, "batch", state.refined_batch, ["batch", "captured_at"])
    if fresh.num_rows:
        slots = {floor(captured_at, interval) for captured_at in fresh.column("captured_at").to_pylist()}
        newest_batch = max(fresh.column("batch").to_pylist())
        observatory.save(state.touched((Slots(slot, slot + interval) for slot in slots), newest_batch))


def refine(observatory: Observatory, *, progress: Callable[[int, int], None] = lambda _done, _total: None) -> Refined:
    """Bring silver and gold up to what bronze has. Only under the lake's lock.

    Goes by chunks and notes each when it is done, so that after an interruption only the rest is left.
    ``progress`` is called with the answers done and the answers in all.
    """
    lake, interval = observatory.lake, observatory.settings.interval
    note_new_answers(observatory)
    runs = near(observatory.ledger.to_refine, interval)
    is_new_catalogue = write_catalogue(lake)
    if not runs and not is_new_catalogue:
        return Refined()
    captured = lake.read(answers.TABLE, runs, columns=["captured_at"]).column("captured_at").to_pylist()
    rows: Counter[str] = Counter()
    done = 0
    for chunk in chunks(runs, captured, observatory.engine.chunk_answers, interval):
        rows.update(build_silver(observatory.engine, chunk, interval))
        rows.update(build_gold(observatory.engine, chunk, interval))
        observatory.save(observatory.ledger.refined(chunk))
        done += sum(chunk.since <= instant < chunk.until for instant in captured)
        progress(done, len(captured))
    known = {*_places(lake), *places.catalogue()}
    newest: datetime | None = lake.newest(captures.TABLE, "slot")
    if newest is not None:
        rows.update(build_summaries(observatory.engine, newest, interval))
    return Refined(runs, dict(rows), tuple(sorted({*_places(lake)} - known)))


def _places(lake: Lake) -> list[str]:
    found: list[str] = lake.read(gold_places.TABLE, columns=["place"]).column("place").to_pylist()
    return found


def write_catalogue(lake: Lake) -> bool:
    """Have today's catalogue in the lake; whether that changed anything."""
    known = places.catalogue().values()
    names = [column.name for column in catalogue.TABLE.columns]
    told = {name: [getattr(place, "key" if name == "place" else name) for place in known] for name in names}
    rows = pa.table(told, schema=arrow.schema(catalogue.TABLE)).sort_by("place")
    if lake.read(catalogue.TABLE).sort_by("place").equals(rows):
        return False
    lake.replace(catalogue.TABLE, rows, None)
    return True
