"""What came of a batch that ended: what it did or what kept it from that, and what it took."""

from dataclasses import dataclass, replace
from typing import Any

from twilytics.dataproc import cost
from twilytics.dataproc.controller import State
from twilytics.dataproc.outcome import Failure
from twilytics.dataproc.run import BatchRun
from twilytics.dataproc.target import Target
from twilytics.dataproc.what import LONGEST
from twilytics.errors import ServiceError, TwilyticsError
from twilytics.refinement import Refined

KEPT = "what it has done is kept, and the next run goes on from there"


@dataclass(frozen=True)
class Came:
    """Either ``refined`` or ``error`` is None."""

    run: BatchRun
    refined: Refined | None = None
    error: TwilyticsError | None = None


def of(batch: Any, told: Refined | Failure | None, lines: tuple[str, ...], target: Target) -> Came:
    """``told`` is what its program wrote, ``lines`` are the last of its log."""
    run = _run(batch, told.lines if isinstance(told, Failure) else lines, target)
    if batch.state == State.SUCCEEDED and isinstance(told, Refined):
        return Came(run, replace(told, batch=run))
    if isinstance(told, Failure):
        return Came(run, error=told.error(run.batch, run.url))
    return Came(run, error=_why(batch, run))


def _why(batch: Any, run: BatchRun) -> TwilyticsError:
    """Trying again at once only helps where nobody decided that it ends."""
    says = f" ({batch.state_message.strip()})" if batch.state_message.strip() else ""
    last = f"; the last that it wrote: {run.output[-1]}" if run.output else ""
    if batch.state == State.SUCCEEDED:
        return ServiceError(f"the batch {run.batch} succeeded, but has not told what it did{last}: look at {run.url}")
    if batch.state == State.FAILED:
        return ServiceError(f"the batch {run.batch} failed{says}{last}: look at {run.url}; {KEPT}")
    if run.seconds >= LONGEST.total_seconds():
        return TwilyticsError(f"the batch {run.batch} was ended after {LONGEST}, which is all it is given{says}; {KEPT} ({run.url})")
    return TwilyticsError(f"the batch {run.batch} was cancelled by somebody else{says}: look at {run.url}; {KEPT}")


def _run(batch: Any, output: tuple[str, ...], target: Target) -> BatchRun:
    batch_id = batch.name.rpartition("/")[2]
    seconds = (batch.state_time - batch.create_time).total_seconds()
    run = BatchRun(batch_id, target.url(batch_id), batch.state.name, seconds, output=output)
    used, prices = cost.usage(batch), cost.prices()
    if used is None:
        return run
    dcu_hours, shuffle_gb_hours = used
    usd = prices.of_usage(dcu_hours, shuffle_gb_hours)
    return replace(run, dcu_hours=dcu_hours, shuffle_gb_hours=shuffle_gb_hours, usd=usd, prices_of=str(prices))
