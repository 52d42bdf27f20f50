"""Ask, land, snapshot, refine, check, publish: the current slot, and whatever is unfinished, from the watermarks on.

Where the source wants a token that is not set, nothing is asked, and the cycle only catches up. What takes long is put off, and
left to a run of `backfill`.
"""

from prefect import flow

from flows import backfills, opened, plain, report, stage
from twilytics import capturing
from twilytics.cycle import CycleReport


@flow(name="cycle", description=__doc__, persist_result=False)
@stage.stoppable
def cycle(is_asking: bool = True, is_whole: bool = False) -> CycleReport:
    """Run one cycle.

    Args:
        is_asking: Ask the source for the current slot first; off, the cycle only catches up.
        is_whole: Also do what was put off, however long that takes; off, a run of backfill does it, and the next cycle can begin.
    """
    with opened.observatory() as observatory, report.told(observatory) as tell:
        is_asking = is_asking and capturing.can_ask(observatory.settings)
        done = plain.cycle(observatory, stage.call, opened.progress(), is_asking=is_asking, is_whole=is_whole)
        # What a check stopped would be stopped again.
        if observatory.ledger.to_backfill and not done.checked.stopped and not backfills.asked_for():
            done = plain.backfill(observatory, stage.call, opened.progress())
        return tell(done)
