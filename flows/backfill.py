"""A cycle that also refines a range of slots again, from the answers as they were landed. No watermark moves.

It goes slice by slice, so that other cycles come in between. Stopped or cancelled, the rest stays on the list for the next one.
"""

from datetime import datetime

from prefect import flow

from flows import opened, plain, report, stage
from twilytics.cycle import CycleReport


@flow(name="backfill", description=__doc__, persist_result=False)
@stage.stoppable
def backfill(since: datetime | None = None, until: datetime | None = None, only_missing: bool = False) -> CycleReport:
    """Refine these slots again, and what earlier backfills left; without slots, only the latter.

    Args:
        since: The first slot, UTC where it has no zone.
        until: The end, which is not included, UTC where it has no zone.
        only_missing: Only slots that have answers, but were never refined.
    """
    with opened.observatory() as observatory, report.told(observatory) as tell:
        done = plain.backfill(observatory, stage.call, opened.progress(), since=since, until=until, only_missing=only_missing)
        return tell(done)
