"""The artifact of a cycle: what it did and what the checks said, as Markdown on the pages of its run; and the events of the same.

Prefect's database keeps them, and no erasure reaches it: none names a topic, a post or an author.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager

from prefect.artifacts import create_markdown_artifact
from prefect.context import FlowRunContext

from flows import assets, server
from flows.markdown import code, section
from flows.reported import PATH
from twilytics.cycle import CycleReport
from twilytics.dataproc.run import BatchRun
from twilytics.errors import GateError
from twilytics.observatory import Observatory
from twilytics.outcomes import Outcome
from twilytics.report import usual_path
from twilytics.sources.reasons import CALL, FAILURES, SKIPPED

KEY = "cycle"
FAILED = 'twilytics query "SELECT * FROM gold.quality WHERE n_failed > 0 ORDER BY run DESC"'
QUESTION = 'twilytics query "SELECT * FROM gold.batches ORDER BY batch DESC"'


@contextmanager
def told(observatory: Observatory) -> Iterator[Callable[[CycleReport], CycleReport]]:
    """Give what makes the artifact and the events of a report; where the checks stop the cycle instead, an artifact says so."""

    def tell(report: CycleReport) -> CycleReport:
        create_markdown_artifact(markdown=markdown(report) + _links(observatory), key=KEY, description=summary(report))
        assets.emit(report, observatory.settings.engine)
        return report

    try:
        yield tell
    except GateError as error:
        create_markdown_artifact(markdown=refusal(error) + _links(observatory), key=KEY, description="Stopped by the checks.")
        raise


def summary(report: CycleReport) -> str:
    """One line of plain text."""
    if report.published is None:
        return "Nothing was to be published."
    return f"Batch {report.published.batch}: {sum(report.published.n_written.values()):,} new rows."


def markdown(report: CycleReport) -> str:
    """Counts and checks. Whatever strangers may have written stands in code spans."""
    published = report.published
    counts = [
        *_asked(report),
        f"landed: {report.n_landed:,} answers",
        f"snapshot: {report.snapshot.n_new:,} new answers to bronze, {report.snapshot.n_known:,} were there",
        f"refined: {'; '.join(map(str, report.refined.runs)) or 'nothing'}",
        *_batch(report.refined.batch),
    ]
    if published is None:
        counts.append("published: nothing, PostgreSQL has everything")
    else:
        counts.append(
            f"published: batch {published.batch} at {published.published_at:%Y-%m-%d %H:%M:%S} UTC, slots {code(published.slots)}"
        )
    mended = [f"PostgreSQL held other rows than the lake, and was mended: {code(one)}" for one in (published.mended if published else ())]
    checks = mended + [code(failure.without_names) for failure in report.checked.warnings] or [
        "all rules hold" if report.checked.runs else "nothing was to be checked"
    ]
    rows = [
        f"{code(table)}: {count:,} rows in these slots, {published.n_written.get(table, 0):,} new or changed"
        for table, count in (published.n_rows if published else {}).items()
    ]
    return section("Counts", counts) + section("Checks", checks) + section("Tables", rows)


def _batch(batch: BatchRun | None) -> list[str]:
    """The batch that refined, what it took and what it wrote last; nothing where this process refined."""
    if batch is None:
        return []
    took = [f"{batch.state.lower()}, {batch.seconds / 60:,.1f} minutes"]
    if batch.dcu_hours is not None and batch.shuffle_gb_hours is not None:
        took.append(f"{batch.dcu_hours:,.2f} DCU-hours and {batch.shuffle_gb_hours:,.2f} GB-hours of shuffle")
    if batch.usd is not None:
        took.append(f"{batch.usd:,.2f} USD (prices of {batch.prices_of})")
    return [f"batch: [{batch.batch}]({batch.url}), {', '.join(took)}", *(f"it wrote: {code(line)}" for line in batch.output)]


def _asked(report: CycleReport) -> list[str]:
    """What came of the slot that the source was asked for, and what is missing of it."""
    if report.asked is None:
        return []
    missing = [f"missing: {code(f'{one.place}: {one.state}, {one.reason}: {_why(one, told_in=CALL)}')}" for one in report.asked.missing]
    found = report.asked
    about = [
        f"asked {one.source} about {len(one.outcomes):,} topics, {len(one.missing):,} of them in vain" + _whys(one.missing)
        for one in found.about
    ]
    return [f"captured: {found.n_captured:,} of {len(found.outcomes):,} places for {found.slot:%Y-%m-%d %H:%M} UTC", *missing, *about]


def _whys(missing: Iterable[Outcome]) -> str:
    """Why topics were asked about in vain, by reason: which ones is told on the terminal, as a topic can be erased."""
    whys = Counter(f"{one.reason}: {_why(one, told_in=SKIPPED)}" for one in missing)
    return "".join(f"; {n:,} of them {code(why)}" for why, n in whys.most_common(3))


def _why(one: Outcome, *, told_in: Collection[str]) -> str:
    """Its detail, for reasons ``told_in`` it; else the reason's sentence, since the detail may quote what can be erased."""
    reason = one.reason or ""
    return one.detail or "" if reason in told_in else FAILURES.get(reason, "")


def refusal(error: GateError) -> str:
    """Which rules stopped the publication, on which rows."""
    return section("Stopped by the checks", [*(code(part) for part in str(error).split("; ")), f"which rows: {code(FAILED)}"])


def _links(observatory: Observatory) -> str:
    links = [f"lake: {code(observatory.lake.root)}", f"ask it: {code(QUESTION)}"]
    written = usual_path(observatory.settings.home)
    if server.has_report(observatory.settings.home):
        links.append(f"[the report]({PATH}), as it is when you open it")
    elif written.exists():
        links.append(f"report: {code(written)}")
    else:
        links.append(f"report: {code('twilytics report')} writes it")
    context = FlowRunContext.get()
    if context is not None and context.flow_run is not None:
        links.append(f"[this run](/runs/flow-run/{context.flow_run.id}), [all runs of this flow](/flows/flow/{context.flow_run.flow_id})")
    return section("Where", links)
