"""What is to be refined: put on the ledger's lists, and taken from them, at once or slice by slice."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

import pyarrow as pa

from twilytics import estimating, pairs, places
from twilytics.bronze import answers, tweets
from twilytics.bronze import pairs as bronze_pairs
from twilytics.gold import captures
from twilytics.lake import Lake
from twilytics.observatory import Observatory
from twilytics.refine import at_once, chunks, is_slotwise, near
from twilytics.render import arrow
from twilytics.slots import Runs, Slots, floor, merged, overlap, without
from twilytics.tables import of_layer

_log = logging.getLogger(__name__)

#: What is refined at once: ``all`` that is known; all of it where that is ``short``; or what is ``new``, where that is short.
Extent = Literal["all", "short", "new"]


def note(observatory: Observatory) -> None:
    """Put on the list whatever bronze, the settings or this version of the program have anew."""
    note_new_tables(observatory)
    note_new_answers(observatory)


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
        observatory.save(replace(observatory.ledger, is_history_partial=True))
        _refine_all_again(observatory, f"the lake does not have {', '.join(missing)} yet")


def _refine_all_again(observatory: Observatory, why: str) -> None:
    """Put all captured slots on the list of what is to be refined."""
    interval = observatory.settings.interval
    slots = sorted(observatory.lake.read(captures.TABLE, columns=["slot"]).column("slot").unique().to_pylist())
    if slots:
        span = Slots(slots[0], slots[-1] + interval)
        _log.warning(f"{why}: all {len(slots):,} captured slots, {span}, are refined and published again")
        observatory.save(observatory.ledger.touched(merged(Slots(slot, slot + interval) for slot in slots)))


def taken(observatory: Observatory, extent: Extent) -> Runs:
    """The runs that are refined at once now. Of what is new, the rest is put off, to come slice by slice."""
    lake, state, interval = observatory.lake, observatory.ledger, observatory.settings.interval
    runs = near(state.to_refine if extent == "new" else (*state.to_refine, *state.to_backfill), interval)
    captured = captured_in(lake, runs)
    estimating.warn(observatory, captured)
    most = estimating.answers_a_slice(observatory, captured)
    if extent == "all" or len(captured) <= most:
        return runs
    newest: datetime | None = lake.newest(captures.TABLE, "slot")
    now = at_once(near(state.to_refine, interval), captured, most, newest + interval if newest else None)
    later = without(state.to_refine, *now)
    if later:
        observatory.save(state.put_off(later))
    return now


def slices(observatory: Observatory) -> list[Slots]:
    """What is put off, cut into pieces that each keep other work waiting for some seconds: what a check stopped comes first, then
    the oldest, since what lasts from slot to slot is then made once.
    """
    state, interval = observatory.ledger, observatory.settings.interval
    runs = near(state.to_backfill, interval)
    captured = captured_in(observatory.lake, runs)
    pieces = chunks(runs, captured, estimating.answers_a_slice(observatory, captured), interval)
    stopped = state.backfilled.get(captures.TABLE.name, ())
    return sorted(pieces, key=lambda piece: (not overlap(stopped, piece), piece))


def captured_in(lake: Lake, runs: Sequence[Slots]) -> list[datetime]:
    """When each answer of these runs was captured, those about topics too."""
    found = (lake.read(table, runs, columns=["captured_at"]) for table in (answers.TABLE, tweets.TABLE))
    return [instant for rows in found for instant in rows.column("captured_at").to_pylist()]
