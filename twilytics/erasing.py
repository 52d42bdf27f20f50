"""Erasure: what was named goes from the spool, MongoDB, every table of the lake and PostgreSQL, and is kept out from then on.

First the keyed hashes of what goes are on disk. Whatever ends the work after that, `twilytics maintain` ends it; only what
cannot be read has to be searched by its plain name, and so by the same `twilytics forget`, `comply`, given again.
Last, what was made anew is published as in any cycle: a check may stop that, and stops no erasure.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from twilytics import failed_cycle, landing, maintenance, results, stopping
from twilytics.build import versions_to_follow
from twilytics.cycle import Progress, no_progress
from twilytics.engines import Made
from twilytics.errors import GateError
from twilytics.gate import check, publish_checked
from twilytics.gold import captures
from twilytics.named import Named
from twilytics.observatory import Observatory
from twilytics.refinement import refine, runs_of
from twilytics.render import arrow
from twilytics.report import usual_path
from twilytics.rewriting import TABLES, Found, Rewritten, rewrite, rewrite_store, search
from twilytics.silver import tweets
from twilytics.slots import Runs, Slots, floor
from twilytics.snapshot import snapshot
from twilytics.tables import definitions, of_layer
from twilytics.unpublishing import unpublish
from twilytics.vacuum import forget_versions

T = TypeVar("T")
LEFT = "what was named is kept out from now on, but it is not gone everywhere: give the same command again"
UNPUBLISHED = "what was named is gone everywhere; the next `twilytics run` publishes the numbers that were computed anew"
STOPPED = (
    "what was named is gone from every part, PostgreSQL too; what was computed anew without it is not published, as checks stop that, and "
    "waits for the cause to be mended"
)
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Forgotten:
    """What was rewritten in bronze, and the runs of slots that were made anew. ``damaged``: parts of the spool that could not be
    searched, for people to look into. Of ``n_named`` names and IDs ``n_known`` were in what is kept here, spool or bronze or store;
    ``n_authors`` of those that were given as posts' are authors' here. ``is_report_gone``: the report in HOME was removed."""

    rewritten: Rewritten
    runs: Runs
    n_slots: int
    n_files_removed: int
    damaged: tuple[str, ...]
    n_named: int = 0
    n_known: int = 0
    n_authors: int = 0
    is_report_gone: bool = False


def forget(observatory: Observatory, named: Named, *, progress: Progress = no_progress) -> Forgotten:
    """Erase what was named. Again is harmless, and ends what an earlier time was stopped in.

    Raise :class:`twilytics.errors.ServiceError` where a part does not answer, :class:`twilytics.errors.SettingError` where the list of
    what was erased has another key; and :class:`twilytics.errors.GateError` where a check stops the publication of what was computed
    anew: what was named is gone all the same.
    """
    with observatory.lake.locked():
        observatory.tombstones.met.clear()
        observatory.tombstones.add(named.tombstones)
        return _erase(observatory, named, progress)


def finish(observatory: Observatory, *, progress: Progress = no_progress) -> Forgotten | None:
    """End an erasure that was stopped, but for what cannot be read. None where there is none. Raise as :func:`forget` does."""
    if not observatory.tombstones.is_pending():
        return None
    with observatory.lake.locked():
        done = _erase(observatory, None, progress)
    _log.warning(
        "an erasure that had been interrupted was brought to its end, but for lines and answers that cannot be read: "
        "give the same `twilytics forget` or `comply` once more, and they are searched too"
    )
    return done


def _erase(observatory: Observatory, named: Named | None, progress: Progress) -> Forgotten:
    lake, register = observatory.lake, observatory.tombstones
    _stage("land", progress, lambda: landing.land(observatory.spool, observatory.store))
    _stage("snapshot", progress, lambda: snapshot(observatory.spool, observatory.store, lake))
    found = _stage("search", progress, lambda: [search(lake, table, register, named) for table in TABLES])
    _note(observatory, found)
    rewritten = _stage("rewrite", progress, lambda: _rewritten(observatory, found, progress))
    rewritten += _stage("store", progress, lambda: rewrite_store(lake, observatory.store, register, named))
    refined = _stage("refine", progress, lambda: refine(observatory, progress=lambda done, total: progress("refine", done, total)))
    failed = _stage("roll-ups", progress, lambda: _sum_up(observatory))
    _stage("quality", progress, lambda: results.blank(lake))
    n_files = _stage("older versions", progress, lambda: _forget_versions(observatory))
    is_report_gone = _stage("home", progress, lambda: _clean_home(observatory.settings.home))
    if lake.identity() is not None:
        _stage("postgresql", progress, lambda: _unpublish(observatory, progress))
    register.done(datetime.now(UTC))
    if lake.identity() is not None:
        _publish(observatory, failed, progress)
    interval = observatory.settings.interval
    n_slots = sum((run.until - run.since) // interval for run in refined.runs)
    damaged = tuple(str(path) for path in observatory.spool.damaged())
    return Forgotten(rewritten, refined.runs, n_slots, n_files, damaged, *_known(observatory, named), is_report_gone)


def _stage(name: str, progress: Progress, work: Callable[[], T], left: str = LEFT) -> T:
    if stopping.requested.is_set():
        raise stopping.Stopped(f"stopped before {name}: {left}")
    progress(name, 0, 0)
    return work()


def _publish(observatory: Observatory, failed: GateError | None, progress: Progress) -> None:
    """Publish what was computed anew. Raise :class:`GateError` where a check ``failed`` already, or stops it now."""
    try:
        if failed is not None:
            raise failed
        checked = _stage("check", progress, lambda: check(observatory), UNPUBLISHED)
        _stage("publish", progress, lambda: publish_checked(observatory, checked), UNPUBLISHED)
    except GateError as error:
        raise GateError(f"{STOPPED}: {error}", f"{STOPPED}: {error.in_full}") from None


def _note(observatory: Observatory, found: list[Found]) -> None:
    """What will have to follow, noted before anything is rewritten: the slots, and the batches that new answers are told apart by."""
    unreadable = [("answer", identity) for one in found for identity in one.unreadable]
    if unreadable:
        observatory.tombstones.add(unreadable)
    interval, state = observatory.settings.interval, observatory.ledger
    slots = {floor(time, interval) for one in found for time in one.times}
    state = state.touched(Slots(slot, slot + interval) for slot in slots)
    # Where the newest batch goes as a whole, the next one has its number.
    of_answers, of_tweets = (one.newest_batch for one in found)
    state = replace(state, refined_batch=min(state.refined_batch, of_answers))
    observatory.save(replace(state, refined_tweets=min(state.refined_tweets, of_tweets)))


def _rewritten(observatory: Observatory, found: list[Found], progress: Progress) -> Rewritten:
    done = Rewritten()
    for one in found:
        total, n_answers = len(one.times), 0
        for part in rewrite(observatory.lake, observatory.store, one, observatory.tombstones):
            done += part
            n_answers += part.n_rewritten + part.n_dropped
            progress(f"rewrite: {one.table.name}", n_answers, total)
    return done


def _sum_up(observatory: Observatory) -> GateError | None:
    """The sums of what lies far in the past, and what no slot is left for: tables that nothing would make anew.

    Return what a check of the sums says, which are made all the same.
    """
    lake, failed = observatory.lake, None
    try:
        maintenance.sum_up(observatory)
    except GateError as error:
        failed = error
    if lake.newest(captures.TABLE, "slot") is None:
        left = [table for table in of_layer("gold") if table.identifying("topic") and lake.n_rows(table)]
        for table in left:
            lake.replace(table, arrow.schema(table).empty_table(), None)
        made = runs_of(Made(table, None, 0) for table in left)
        observatory.save(observatory.ledger.summarised(None, versions_to_follow(lake), made))
    return failed


def _clean_home(home: Path) -> bool:
    """Remove what HOME has that shows names beside the parts: whether there was a report."""
    failed_cycle.forget(home)
    report = usual_path(home)
    is_there = report.exists()
    report.unlink(missing_ok=True)
    return is_there


def _unpublish(observatory: Observatory, progress: Progress) -> None:
    erased = observatory.tombstones.tombstones()
    if erased is not None:
        unpublish(observatory.dsn, observatory.lake, partial(erased.holds, "topic"), progress=progress)


def _known(observatory: Observatory, named: Named | None) -> tuple[int, int, int]:
    """How much was named, how much of it was known here, and how many IDs of posts are authors' here instead."""
    if named is None:
        return 0, 0, 0
    register, told = observatory.tombstones, set(named.tombstones)
    authors = set(observatory.lake.read(tweets.TABLE, columns=["author"])["author"].unique().to_pylist()) if named.tweets else set()
    others = {("tweet", ID) for ID in named.tweets if register.digest(tweets.AUTHOR, ID) in authors}
    return len(told), sum(register.is_met(*one) for one in told - others), len(others)


def _forget_versions(observatory: Observatory) -> int:
    lake, state = observatory.lake, observatory.ledger
    is_followed = state.followed == versions_to_follow(lake)
    n_files = sum(forget_versions(lake, definition.table).n_files for definition in definitions().values())
    if is_followed:
        # No row changed: what follows these tables need not be made anew.
        observatory.save(replace(state, followed=versions_to_follow(lake)))
    return n_files
