"""Ask, land, snapshot, refine, check, publish: the current slot, and whatever is unfinished, from the watermarks on.

Where the source wants a token that is not set, nothing is asked, and the cycle only catches up.
"""

from prefect import flow

from flows import opened, plain, report, stage
from twilytics import capturing
from twilytics.cycle import CycleReport


@flow(name="cycle", description=__doc__, persist_result=False)
@stage.stoppable
def cycle(is_asking: bool = True) -> CycleReport:
    with opened.observatory() as observatory, report.told(observatory) as tell:
        is_asking = is_asking and capturing.can_ask(observatory.settings)
        return tell(plain.cycle(observatory, stage.call, opened.progress(), is_asking=is_asking))
