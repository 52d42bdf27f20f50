"""Land, snapshot, refine, check, publish: whatever is unfinished, from the watermarks on."""

from prefect import flow

from flows import opened, plain, report, stage
from twilytics.cycle import CycleReport


@flow(name="cycle", description=__doc__, persist_result=False)
@stage.stoppable
def cycle() -> CycleReport:
    with opened.observatory() as observatory, report.told(observatory) as tell:
        return tell(plain.cycle(observatory, stage.call, opened.progress()))
