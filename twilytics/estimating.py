"""What a refinement comes to before it starts: rows, memory and time, by engine; and how much of it is done at once."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import psutil

from twilytics import pairs
from twilytics.bronze import pairs as bronze_pairs
from twilytics.engines import cluster
from twilytics.engines.duckdb import DuckDBEngine
from twilytics.gold import captures
from twilytics.gold.trendsetter import LAGS
from twilytics.lake import Lake
from twilytics.observatory import Observatory
from twilytics.silver import entries
from twilytics.slots import floor

_log = logging.getLogger(__name__)

#: Of nothing that came before, on two cores, refined, checked and published: 104,000 answers of 12 places, 167 rows each, took
#: 4 minutes with duckdb and 15 with spark on one machine, and twice as long on another; these lie between.
ROWS_A_SECOND = {"duckdb": 40_000.0, "spark": 11_000.0}
#: Peak memory of duckdb beyond what the process holds, by row. Measured over chunks of 2,000 to 4,000 simulated answers, step by
#: step: entries 0.7 kB, of which as much again stays while gold is made; trend_equality 5.2 to 6.4 kB, its lists ranked side by
#: side; trendsetter 1.0 to 1.2 kB. The last two run at the same time. All together it was 0.75 of that sum for 60 places, 0.93 for 150.
BYTES_A_ROW = {entries.TABLE.name: 1_700, "gold.trend_equality": 6_400, "gold.trendsetter": 1_200}
MARGIN = 1.25
#: What the first steps load and compile: 1,200 answers of 12 places took 341 MB in a fresh process, of which their rows explain 245.
FIRST_BYTES = 128 << 20
#: Half is left to whatever else runs here: the store, the database, the checks.
SHARE_OF_MEMORY = 0.5
#: Spark spills to disk what its driver cannot hold (`twilytics.engines.session`): it never takes more.
SPARK_BYTES = 4 << 30
#: How long others wait for the lake while a slice is made. Each has a fixed cost, of which Spark has more.
SLICE_SECONDS = {"duckdb": 30.0, "spark": 120.0}
#: Entries of a list before the lake has some to be counted.
LISTED = 50
#: Fewer answers are nearly as long about as these, where steps have a cost of their own.
LEAST_ANSWERS = 500
LONG_HOURS = 6.0
ADVICE = (
    "A cluster would serve better: TWILYTICS_ENGINE=spark with TWILYTICS_SPARK_MASTER=spark://…; "
    "or fewer pairs: TWILYTICS_PAIRS=same-country"
)
#: Slots before a chunk whose rows are made anew with it.
BACK_SLOTS = max(LAGS)


@dataclass(frozen=True)
class Load:
    """What is to be refined: answers in slots, of lists that hold so many entries, and pairs of places whose lists are compared."""

    n_answers: int
    n_slots: int
    n_pairs: int
    n_listed: float = LISTED

    @property
    def a_slot(self) -> float:
        """Answers of one slot."""
        return self.n_answers / max(self.n_slots, 1)

    def of_slots(self, n_slots: int) -> "Load":
        """Such a load of so many slots."""
        return replace(self, n_answers=round(n_slots * self.a_slot), n_slots=n_slots)

    @property
    def n_rows(self) -> dict[str, int]:
        """The rows by table that it comes to, at most: each place captured in each slot. Of small tables nothing is said."""
        shown = round(self.n_answers * self.n_listed)
        return {
            entries.TABLE.name: shown,
            "gold.trends": shown,
            "gold.change_rate": self.n_answers,
            "gold.trend_equality": self.n_slots * self.n_pairs,
            "gold.trendsetter": self.n_slots * self.n_pairs * 2 * len(LAGS),
        }


@dataclass(frozen=True)
class Estimate:
    """``seconds`` go by the last large refinement here, or are a rough guess where ``is_guess``. ``memory_bytes``: what the engine
    takes at most beside what the process holds, going by chunks; ``slot_bytes``: what it would take for a single slot."""

    engine: str
    seconds: float
    is_guess: bool
    memory_bytes: int
    slot_bytes: int


def estimates(observatory: Observatory, load: Load) -> tuple[Estimate, ...]:
    """What the load comes to here, with each engine; the one that TWILYTICS_ENGINE names comes first."""
    chosen, pace, available = observatory.settings.engine, observatory.ledger.pace, psutil.virtual_memory().available
    found = [estimate(load, engine, pace.get(engine), available) for engine in ROWS_A_SECOND]
    return tuple(sorted(found, key=lambda one: one.engine != chosen))


def of_a_slot(load: Load) -> tuple[Estimate, ...]:
    """What a load of one slot comes to on any machine, with each engine."""
    return tuple(estimate(load, engine, None, bytes_at_once(load)) for engine in ROWS_A_SECOND)


def estimate(load: Load, engine: str, pace: float | None, available: int) -> Estimate:
    """What the load comes to with an engine of this ``pace`` (answers a second), where so many bytes of memory are ``available``."""
    seconds = load.n_answers / pace if pace else sum(load.n_rows.values()) / ROWS_A_SECOND[engine]
    if engine == "spark":
        return Estimate(engine, seconds, pace is None, SPARK_BYTES, SPARK_BYTES)
    chunk = load.of_slots(min(load.n_slots, _slots_at_once(load, DuckDBEngine.chunk_answers, available)))
    return Estimate(engine, seconds, pace is None, bytes_at_once(chunk), bytes_at_once(load.of_slots(1)))


def guessed_pace(load: Load, engine: str) -> float:
    """Answers a second where nothing was measured yet."""
    return ROWS_A_SECOND[engine] * load.n_answers / max(sum(load.n_rows.values()), 1)


def bytes_at_once(load: Load) -> int:
    """The memory that duckdb takes at most for a load that it refines at once. Of trendsetter, the slots before are made anew, too."""
    n_rows = load.n_rows | {"gold.trendsetter": load.of_slots(load.n_slots + BACK_SLOTS).n_rows["gold.trendsetter"]}
    return FIRST_BYTES + round(MARGIN * sum(each * n_rows[name] for name, each in BYTES_A_ROW.items()))


def _slots_at_once(load: Load, best: int, available: int) -> int:
    """How many slots of such a load are refined at once: about ``best`` answers, or as many as half of the memory suffices for."""
    wanted = max(round(best / max(load.a_slot, 1e-9)), 1)
    one, ten = (bytes_at_once(load.of_slots(n)) for n in (1, 10))
    room = available * SHARE_OF_MEMORY
    return wanted if bytes_at_once(load.of_slots(wanted)) <= room else max(1 + int((room - one) * 9 / max(ten - one, 1)), 1)


def answers_a_chunk(observatory: Observatory, captured: Sequence[datetime]) -> int:
    """How many answers of these times of capture to refine at once: as many as the engine likes best, fewer where memory is short."""
    best, found = observatory.engine.chunk_answers, load(observatory, captured)
    if observatory.settings.engine == "spark" or len(captured) == 0:
        return best
    return max(min(best, round(found.a_slot * _slots_at_once(found, best, psutil.virtual_memory().available))), 1)


def answers_a_slice(observatory: Observatory, captured: Sequence[datetime]) -> int:
    """How many answers of these times of capture are refined, checked and published while others wait."""
    engine = observatory.settings.engine
    pace = observatory.ledger.pace.get(engine) or guessed_pace(load(observatory, captured), engine)
    return max(round(pace * SLICE_SECONDS[engine]), LEAST_ANSWERS)


def load(observatory: Observatory, captured: Sequence[datetime]) -> Load:
    """Answers of these times of capture, with the pairs that the lake keeps."""
    slots = {floor(instant, observatory.settings.interval) for instant in captured}
    return Load(len(captured), len(slots), observatory.lake.n_rows(bronze_pairs.TABLE), _listed(observatory.lake))


def planned(observatory: Observatory, n_answers: int, n_slots: int) -> Load:
    """So many answers in so many slots, with the pairs that TWILYTICS_PAIRS keeps now."""
    n_pairs = len(pairs.chosen(observatory.settings.pairs, observatory.ledger.places))
    return Load(n_answers, n_slots, n_pairs, _listed(observatory.lake))


def _listed(lake: Lake) -> float:
    n_captured = lake.n_rows(captures.TABLE)
    return lake.n_rows(entries.TABLE) / n_captured if n_captured else float(LISTED)


def warn(observatory: Observatory, captured: Sequence[datetime]) -> None:
    """Say, once before it begins, where a cluster would serve the refinement of these answers better than this machine."""
    settings = observatory.settings
    if len(captured) == 0 or (settings.engine == "spark" and not cluster.is_local(settings.spark_master)):
        return
    found, available = load(observatory, captured), psutil.virtual_memory().available
    here, *_ = estimates(observatory, found)
    problems = []
    if here.seconds > LONG_HOURS * 3600:
        problems.append(f"{found.n_answers:,} answers take this machine about {here.seconds / 3600:,.0f} hours with {here.engine}")
    if here.engine == "duckdb" and here.slot_bytes > available:
        problems.append(f"one slot with its {found.n_pairs:,} pairs takes up to {gib(here.slot_bytes)}, and {gib(available)} are free")
    if problems:
        _log.warning("%s; it goes on. %s", ", and ".join(problems), ADVICE)


def gib(n_bytes: int) -> str:
    return f"{n_bytes / (1 << 30):,.1f} GiB"
