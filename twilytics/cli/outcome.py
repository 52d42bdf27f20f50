"""What a cycle did, told."""

from collections.abc import Iterable
from dataclasses import asdict

from twilytics import aside, estimating, simulated
from twilytics.backfilling import Plan
from twilytics.capturing import Asked
from twilytics.cli import tell
from twilytics.cycle import CycleReport
from twilytics.estimating import Estimate
from twilytics.landing import Landed
from twilytics.maintenance import Maintained
from twilytics.observatory import Observatory
from twilytics.retrying import Retried
from twilytics.visible import visible

WHERE_ASIDE = "twilytics quarantine show"


def faults(landed: Landed) -> None:
    """Say on stderr which lines of the archives could not be read, and that nothing of them is lost."""
    for fault, n in sorted(landed.faults.items(), key=lambda item: (-item[1], item[0])):
        tell.note(
            f"{n:,} of {landed.n_answers:,} lines could not be read; they are kept: {aside.says(fault)} See: {WHERE_ASIDE} --reason {fault}"
        )


def asked(found: Asked) -> None:
    """Tell what came of the slot that was asked for, and what is missing of it."""
    before = f", {found.n_known:,} had been captured before" if found.n_known else ""
    tell.line(f"captured   {found.n_captured:,} of {len(found.outcomes):,} places for {found.slot:%Y-%m-%d %H:%M} UTC{before}")
    for outcome in found.missing:
        tell.line(f"missing    {outcome.place}: {outcome.state}, {outcome.reason}: {visible(outcome.detail or '')}")
    for about in found.about:
        tell.line(f"asked      {about.source} about {len(about.outcomes):,} topics, {len(about.missing):,} of them in vain")
        for outcome in about.missing:
            tell.line(f"missing    {visible(outcome.place)}: {outcome.state}, {outcome.reason}: {visible(outcome.detail or '')}")


def told(observatory: Observatory, report: CycleReport, landed: Landed | None = None, *, as_json: bool) -> None:
    """Tell what a cycle did, and what of it was set aside."""
    set_aside = aside.listed(observatory.lake, report.refined.runs)
    if as_json:
        told = {**asdict(report), "set_aside": [asdict(reason) for reason in set_aside]}
        tell.json({"landed": asdict(landed), **told} if landed is not None else told)
        return
    if report.asked is not None:
        asked(report.asked)
    if landed is not None:
        tell.line(f"landed     {landed.n_answers:,} answers, {landed.n_new:,} of them new")
    elif report.n_landed:
        tell.line(f"landed     {report.n_landed:,} answers that waited in the spool")
    tell.line(f"snapshot   {report.snapshot.n_new:,} new answers in bronze")
    tell.line(f"refined    {'; '.join(map(str, report.refined.runs)) or 'nothing, all was done'}")
    for reason in set_aside:
        tell.line(f"set aside  {reason.n:,} {reason.scope} rows: {reason.says} See: {WHERE_ASIDE} --reason {reason.reason}")
    for place in report.refined.unknown_places:
        tell.note(f"warning: the catalogue lacks the place {place}: it becomes a place of that name")
    if label := simulated.label(observatory.lake):
        tell.note(label)
    for failure in report.checked.warnings:
        tell.line(f"{failure.severity:<10} {failure}")
    if report.published is None:
        tell.line("published  nothing, PostgreSQL has everything")
        return
    tell.line(f"checked    no rule stops it, {len(report.checked.warnings)} warnings")
    for difference in report.published.mended:
        tell.note(f"warning: PostgreSQL held other rows than the lake, and was mended: {difference}")
    tell.line(f"published  batch {report.published.batch}")
    tell.table(
        ["table", "rows in these slots", "new or changed"],
        [[name, n, report.published.n_written.get(name, 0)] for name, n in report.published.n_rows.items()],
    )


def retried(observatory: Observatory, found: Retried, *, as_json: bool) -> None:
    """Tell what a retry did, and what became of the rows that were tried again."""
    if as_json:
        tell.json(asdict(found))
        return
    told(observatory, found.cycle, as_json=False)
    tell.line(f"passed     {found.n_passed:,} of {found.n_tried:,} rows that were tried again")
    for reason in found.remaining:
        tell.line(f"remaining  {reason.n:,} {reason.scope} rows: {reason.says} See: {WHERE_ASIDE} --reason {reason.reason}")
    if found.n_others:
        tell.line(f"others     {found.n_others:,} rows of the same answers are set aside now that were not before")


def maintained(done: Maintained, *, as_json: bool) -> None:
    """Tell what maintenance did."""
    if as_json:
        tell.json(asdict(done))
        return
    if done.n_offered:
        tell.note(f"warning: bronze had lost {done.n_offered:,} answers that the store has; the next `twilytics run` brings them back")
    if not done.after:
        tell.line("nothing to maintain: the lake is empty")
        return
    rows = [
        [name, was.n_files, now.n_files, was.n_files_on_disk, now.n_files_on_disk, was.n_bytes_on_disk, now.n_bytes_on_disk, now.version]
        for name, now in done.after.items()
        for was in [done.before[name]]
    ]
    tell.table(["table", "files", "now", "with old versions", "now", "bytes", "now", "version"], rows)
    tell.line(f"removed    {sum(gone.n_files for gone in done.removed.values()):,} files that no version in the retention needs")
    for difference in done.differing:
        tell.note(f"warning: PostgreSQL holds other rows than the lake; the next `twilytics run` publishes them again: {difference}")
    tell.line(f"vacuumed   {len(done.vacuumed)} tables of PostgreSQL")


def planned(plan: Plan) -> None:
    """Tell what a backfill would do, and what it takes with each engine."""
    tell.line(f"{plan.n_slots:,} slots with {plan.n_answers:,} answers")
    for slots in plan.runs:
        tell.line(f"  {slots}")
    tell.table(["table", "rows, at most"], [[name, n] for name, n in plan.n_rows.items()])
    taken(plan.estimates)


def taken(estimates: Iterable[Estimate]) -> None:
    """Tell what a refinement takes with each engine."""
    guess = {True: "a rough guess", False: "as the last large one here"}
    rows = [[one.engine, f"{one.seconds:,.0f} s", guess[one.is_guess], estimating.gib(one.memory_bytes)] for one in estimates]
    tell.table(["engine", "about", "", "memory, at most"], rows)
