"""Bronze → silver → gold: the slots that were captured anew, and those that they reach."""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa

from twilytics import pairs, places
from twilytics.bronze import answers, catalogue
from twilytics.bronze import pairs as bronze_pairs
from twilytics.build import build_gold, build_silver, build_summaries
from twilytics.gold import captures
from twilytics.gold import places as gold_places
from twilytics.lake import Lake
from twilytics.observatory import Observatory
from twilytics.refine import chunks, near
from twilytics.render import arrow
from twilytics.slots import Slots, floor, merged

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Refined:
    """The runs of slots that were refined, the rows written by table, neighbours included, and the places that are
    new and that the catalogue lacks."""

    runs: tuple[Slots, ...] = ()
    rows: dict[str, int] = field(default_factory=dict)
    unknown_places: tuple[str, ...] = ()


def note_new_answers(observatory: Observatory) -> None:
    """Put the slots of all answers that came to bronze since the last time on the list of what is to be refined.

    The pairs that their places make come first: once a place is noted, its pairs are taken for refined.
    """
    known, interval = observatory.ledger, observatory.settings.interval
    fresh = observatory.lake.read_above(answers.TABLE, "batch", known.refined_batch, ["batch", "captured_at", "source", "place_id"])
    told = fresh.group_by(["source", "place_id"]).aggregate([]).to_pylist()
    captured = {*known.places, *(places.place_key(place["source"], place["place_id"]) for place in told)}
    keep_pairs(observatory, captured)
    if fresh.num_rows:
        slots = {floor(captured_at, interval) for captured_at in fresh.column("captured_at").to_pylist()}
        newest_batch = max(fresh.column("batch").to_pylist())
        runs = (Slots(slot, slot + interval) for slot in slots)
        observatory.save(observatory.ledger.touched(runs).noted(newest_batch, captured))


def keep_pairs(observatory: Observatory, captured: set[str]) -> None:
    """Have in the lake the pairs of these places that TWILYTICS_PAIRS keeps.

    Where other pairs of places that were captured before are kept than until now (another setting, another catalogue),
    all slots are put on the list of what is to be refined: new pairs get their history, rows of the others go.
    """
    lake, state, interval = observatory.lake, observatory.ledger, observatory.settings.interval
    wanted = pairs.chosen(observatory.settings.pairs, captured)
    told = lake.read(bronze_pairs.TABLE)
    kept = set(zip(told["place_a"].to_pylist(), told["place_b"].to_pylist(), strict=True))
    if wanted == kept:
        return
    come, gone = ([pair for pair in some if set(pair) <= set(state.places)] for some in (wanted - kept, kept - wanted))
    slots = sorted(lake.read(captures.TABLE, columns=["slot"]).column("slot").unique().to_pylist()) if come or gone else []
    if slots:
        span = Slots(slots[0], slots[-1] + interval)
        _log.warning(
            f"{pairs.NAME}, or the catalogue, keeps other pairs of places than before, {len(come):,} more and {len(gone):,} no longer: "
            f"all {len(slots):,} captured slots, {span}, are refined and published again"
        )
        observatory.save(state.touched(merged(Slots(slot, slot + interval) for slot in slots)))
    rows = [{"place_a": a, "place_b": b} for a, b in sorted(wanted)]
    lake.replace(bronze_pairs.TABLE, pa.Table.from_pylist(rows, schema=arrow.schema(bronze_pairs.TABLE)), None)


def refine(observatory: Observatory, *, progress: Callable[[int, int], None] = lambda _done, _total: None) -> Refined:
    """Bring silver and gold up to what bronze has. Only under the lake's lock.

    Goes by chunks and notes each when it is done, so that after an interruption only the rest is left.
    ``progress`` is called with the answers done and the answers in all.
    """
    lake, interval = observatory.lake, observatory.settings.interval
    note_new_answers(observatory)
    runs = near(observatory.ledger.to_refine, interval)
    write_catalogue(observatory)
    if not runs and not observatory.ledger.are_summaries_due:
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
    observatory.save(observatory.ledger.summarised())
    return Refined(runs, dict(rows), tuple(sorted({*_places(lake)} - known)))


def _places(lake: Lake) -> list[str]:
    found: list[str] = lake.read(gold_places.TABLE, columns=["place"]).column("place").to_pylist()
    return found


def write_catalogue(observatory: Observatory) -> None:
    """Have today's catalogue in the lake."""
    lake = observatory.lake
    known = places.catalogue().values()
    names = [column.name for column in catalogue.TABLE.columns]
    told = {name: [getattr(place, "key" if name == "place" else name) for place in known] for name in names}
    rows = pa.table(told, schema=arrow.schema(catalogue.TABLE)).sort_by("place")
    if not lake.read(catalogue.TABLE).sort_by("place").equals(rows):
        observatory.save(observatory.ledger.summarised(is_due=True))
        lake.replace(catalogue.TABLE, rows, None)
