"""Bronze → silver → gold: the slots that were captured anew, and those that they reach."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pyarrow as pa

from twilytics import build, pairs, places
from twilytics.bronze import answers, catalogue, tweets
from twilytics.bronze import pairs as bronze_pairs
from twilytics.build import build_gold, build_silver, build_summaries, versions_to_follow
from twilytics.engines import Made
from twilytics.gold import captures
from twilytics.gold import places as gold_places
from twilytics.lake import Lake
from twilytics.observatory import Observatory
from twilytics.refine import chunks, is_slotwise, near
from twilytics.render import arrow
from twilytics.slots import DAY, EVER, Runs, Slots, floor, merged
from twilytics.tables import of_layer

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Refined:
    """The runs of slots that were refined, the rows written by table, neighbours included, the places that are new and that
    the catalogue lacks, and how many answers the runs hold."""

    runs: tuple[Slots, ...] = ()
    rows: dict[str, int] = field(default_factory=dict)
    unknown_places: tuple[str, ...] = ()
    n_answers: int = 0


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
        newest_batch = max(fresh.column("batch").to_pylist())
        runs = (Slots(slot, slot + interval) for slot in _slots(fresh, interval))
        observatory.save(observatory.ledger.touched(runs).noted(newest_batch, captured))
    about = observatory.lake.read_above(tweets.TABLE, "batch", known.refined_tweets, ["batch", "captured_at"])
    if about.num_rows:
        runs = (Slots(slot, slot + interval) for slot in _slots(about, interval))
        observatory.save(observatory.ledger.touched(runs).noted_tweets(max(about.column("batch").to_pylist())))


def _slots(rows: pa.Table, interval: timedelta) -> set[datetime]:
    return {floor(captured_at, interval) for captured_at in rows.column("captured_at").to_pylist()}


def keep_pairs(observatory: Observatory, captured: set[str]) -> None:
    """Have in the lake the pairs of these places that TWILYTICS_PAIRS keeps.

    Where other pairs of places that were captured before are kept than until now (another setting, another catalogue),
    all slots are put on the list of what is to be refined: new pairs get their history, rows of the others go.
    """
    lake, state = observatory.lake, observatory.ledger
    wanted = pairs.chosen(observatory.settings.pairs, captured)
    told = lake.read(bronze_pairs.TABLE)
    kept = set(zip(told["place_a"].to_pylist(), told["place_b"].to_pylist(), strict=True))
    if wanted == kept:
        return
    come, gone = ([pair for pair in some if set(pair) <= set(state.places)] for some in (wanted - kept, kept - wanted))
    if come or gone:
        changed = f"{len(come):,} more and {len(gone):,} no longer"
        _refine_all_again(observatory, f"{pairs.NAME}, or the catalogue, keeps other pairs of places than before, {changed}")
    rows = [{"place_a": a, "place_b": b} for a, b in sorted(wanted)]
    lake.replace(bronze_pairs.TABLE, pa.Table.from_pylist(rows, schema=arrow.schema(bronze_pairs.TABLE)), None)


def note_new_tables(observatory: Observatory) -> None:
    """Where this version of the program has a table that the lake lacks, give it its history."""
    lake = observatory.lake
    tables = [table for layer in ("silver", "gold") for table in of_layer(layer) if is_slotwise(table)]
    missing = [table.name for table in tables if lake.version(table) is None]
    if missing and lake.version(captures.TABLE) is not None:
        _refine_all_again(observatory, f"the lake does not have {', '.join(missing)} yet")


def _refine_all_again(observatory: Observatory, why: str) -> None:
    """Put all captured slots on the list of what is to be refined."""
    interval = observatory.settings.interval
    slots = sorted(observatory.lake.read(captures.TABLE, columns=["slot"]).column("slot").unique().to_pylist())
    if slots:
        span = Slots(slots[0], slots[-1] + interval)
        _log.warning(f"{why}: all {len(slots):,} captured slots, {span}, are refined and published again")
        observatory.save(observatory.ledger.touched(merged(Slots(slot, slot + interval) for slot in slots)))


def refine(observatory: Observatory, *, progress: Callable[[int, int], None] = lambda _done, _total: None) -> Refined:
    """Bring silver and gold up to what bronze has. Only under the lake's lock.

    Goes by chunks and notes each when it is done, so that after an interruption only the rest is left.
    ``progress`` is called with the answers done and the answers in all.
    """
    lake, interval = observatory.lake, observatory.settings.interval
    note_new_tables(observatory)
    note_new_answers(observatory)
    runs = near(observatory.ledger.to_refine, interval)
    write_catalogue(observatory)
    if not runs and not observatory.ledger.are_summaries_due:
        return Refined()
    captured = captured_in(lake, runs)
    rows: Counter[str] = Counter()
    done = 0
    for chunk in chunks(runs, captured, observatory.engine.chunk_answers, interval):
        made = [*build_silver(observatory.engine, chunk, interval), *build_gold(observatory.engine, chunk, interval)]
        observatory.save(observatory.ledger.refined(chunk, runs_of(made)))
        rows.update(rows_of(made))
        done += sum(chunk.since <= instant < chunk.until for instant in captured)
        progress(done, len(captured))
    known = {*_places(lake), *places.catalogue()}
    rows.update(rows_of(summarise(observatory)))
    return Refined(runs, dict(rows), tuple(sorted({*_places(lake)} - known)), len(captured))


def captured_in(lake: Lake, runs: Sequence[Slots]) -> list[datetime]:
    """When each answer of these runs was captured, those about topics too."""
    found = (lake.read(table, runs, columns=["captured_at"]) for table in (answers.TABLE, tweets.TABLE))
    return [instant for rows in found for instant in rows.column("captured_at").to_pylist()]


def summarise(observatory: Observatory) -> list[Made]:
    """Make the tables that come once all slots are done. Only under the lake's lock."""
    lake, state = observatory.lake, observatory.ledger
    newest = lake.newest(captures.TABLE, "slot")
    made: list[Made] = []
    if newest is not None:
        is_day_summed = state.summed_until == floor(newest, DAY)
        made = build_summaries(
            observatory.engine,
            newest,
            observatory.settings.interval,
            state.followed,
            settled_until=state.settled_until,
            is_day_summed=is_day_summed,
        )
    observatory.save(state.summarised(newest, versions_to_follow(lake), runs_of(made)))
    return made


def settle(observatory: Observatory) -> list[Made]:
    """Sum up what lies further back than yesterday, for the tables that follow others key by key. Only under the lake's lock."""
    lake = observatory.lake
    newest = lake.newest(captures.TABLE, "slot")
    until = None if newest is None else floor(newest, DAY) - DAY
    if until is None or until == observatory.ledger.settled_until:
        return []
    # What is killed in between leaves sums that nobody takes for those up to one midnight or the other.
    observatory.save(observatory.ledger.settled(None))
    made = build.settle(observatory.engine, until)
    observatory.save(observatory.ledger.settled(until))
    return made


def runs_of(made: Iterable[Made]) -> dict[str, Runs]:
    """By table name the runs of rows that were made."""
    return {one.table.name: one.runs if one.runs is not None else (EVER,) for one in made}


def rows_of(made: Iterable[Made]) -> dict[str, int]:
    """The rows that were made, by table name."""
    return {one.table.name: one.n_rows for one in made}


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
        observatory.save(observatory.ledger.summaries_due())
        lake.replace(catalogue.TABLE, rows, None)
