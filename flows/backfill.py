"""A cycle that also refines a range of slots again, from the answers as they were landed. No watermark moves."""

from datetime import datetime

from prefect import flow

from flows import opened, plain, report, stage
from twilytics.cycle import CycleReport


@flow(name="backfill", description=__doc__, persist_result=False)
@stage.stoppable
def backfill(since: datetime, until: datetime, only_missing: bool = False) -> CycleReport:
    """``since`` and ``until`` are UTC where they have no zone; ``until`` is not included."""
    with opened.observatory() as observatory, report.told(observatory) as tell:
        asked = {"since": since, "until": until, "only_missing": only_missing}
        return tell(plain.backfill(observatory, stage.call, opened.progress(), **asked))
