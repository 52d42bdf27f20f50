"""Bronze → silver → gold: the slots that were captured anew, and those that they reach."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import pyarrow as pa

from twilytics import build, estimating, noting, places
from twilytics.bronze import catalogue
from twilytics.build import build_gold, build_silver, build_summaries, versions_to_follow
from twilytics.dataproc.run import BatchRun
from twilytics.engines import Made
from twilytics.gold import captures
from twilytics.gold import places as gold_places
from twilytics.lake import Lake
from twilytics.noting import captured_in
from twilytics.observatory import Observatory
from twilytics.refine import chunks, of_all
from twilytics.render import arrow
from twilytics.slots import DAY, EVER, Runs, Slots, floor, merged, overlap
from twilytics.tables import named

Progress = Callable[[int, int], None]


def told_nobody(_done: int, _total: int) -> None:
    pass


@dataclass(frozen=True)
class Refined:
    """The runs of slots that were refined, the rows written by table, neighbours included, the places that are new and that
    the catalogue lacks, how many answers the runs hold, and the batch that did it, None where this process did."""

    runs: tuple[Slots, ...] = ()
    rows: dict[str, int] = field(default_factory=dict)
    unknown_places: tuple[str, ...] = ()
    n_answers: int = 0
    batch: BatchRun | None = None

    def __add__(self, later: "Refined") -> "Refined":
        """What was done one after the other; of batches, the last one is told of."""
        return Refined(
            merged([*self.runs, *later.runs]),
            added_rows(self.rows, later.rows),
            tuple(sorted({*self.unknown_places, *later.unknown_places})),
            self.n_answers + later.n_answers,
            later.batch or self.batch,
        )


def refine(observatory: Observatory, *, extent: noting.Extent = "all", progress: Progress = told_nobody) -> Refined:
    """Bring silver and gold up to what bronze has, as far as ``extent`` says. Only under the lake's lock.

    Goes by chunks and notes each when it is done, so that after an interruption only the rest is left.
    ``progress`` is called with the answers done and the answers in all.
    """
    noting.note(observatory)
    runs = noting.taken(observatory, extent)
    write_catalogue(observatory)
    refined = _made(observatory, runs, progress)
    summed = summarised_if_due(observatory)
    return replace(summed, runs=runs, rows={**refined.rows, **summed.rows}, n_answers=refined.n_answers)


def refine_slice(observatory: Observatory, piece: Slots, *, progress: Progress = told_nobody) -> Refined:
    """Make the rows that a piece of what was put off reaches, without the tables that come once all is done: but for the places,
    these stay as they are.

    Only under the lake's lock. Nothing is done where somebody else did the piece meanwhile.
    """
    if not overlap(observatory.ledger.to_backfill, piece):
        return Refined()
    refined = _made(observatory, (piece,), progress, is_slice=True)
    known = set(_places(observatory.lake))
    if set(observatory.ledger.places) <= known:
        return refined
    # Rules of the slots' rows look up their places.
    newest = observatory.lake.newest(captures.TABLE, "slot")
    made = [observatory.engine.run(*of_all([gold_places.TABLE], newest, observatory.settings.interval))]
    observatory.save(observatory.ledger.changed(piece, runs_of(made), is_slice=True))
    unknown = {*_places(observatory.lake)} - known - places.catalogue().keys()
    return replace(refined, rows=refined.rows | rows_of(made), unknown_places=tuple(sorted(unknown)))


def _made(observatory: Observatory, runs: Runs, progress: Progress, *, is_slice: bool = False) -> Refined:
    """Make the rows of silver and gold that the slots of these runs reach."""
    interval, engine = observatory.settings.interval, observatory.engine
    captured = captured_in(observatory.lake, runs)
    rows: Counter[str] = Counter()
    done = 0
    for chunk in chunks(runs, captured, estimating.answers_a_chunk(observatory, captured), interval):
        made = [*build_silver(engine, chunk, interval), *build_gold(engine, chunk, interval)]
        observatory.save(observatory.ledger.refined(chunk, runs_of(made), is_slice=is_slice))
        rows.update(rows_of(made))
        done += sum(chunk.since <= instant < chunk.until for instant in captured)
        progress(done, len(captured))
    return Refined(runs, dict(rows), (), len(captured))


def summarised_if_due(observatory: Observatory) -> Refined:
    """Make the tables that come once all slots are done, where one changed. Only under the lake's lock.

    They wait as long as a table that they are made of lacks slots that others have.
    """
    lake, state = observatory.lake, observatory.ledger
    if not state.are_summaries_due or (state.is_history_partial and state.to_backfill):
        return Refined()
    known = {*_places(lake), *places.catalogue()}
    rows = rows_of(summarise(observatory))
    return Refined(rows=rows, unknown_places=tuple(sorted({*_places(lake)} - known)))


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


def added_rows(one: Mapping[str, int], later: Mapping[str, int]) -> dict[str, int]:
    """By table the rows that were written one after the other; of a table that is only ever whole, those of the last time."""
    return {**one, **{name: n + (one.get(name, 0) if named(name).time else 0) for name, n in later.items()}}


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
