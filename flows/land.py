"""Archives, what the source says of the current slot, and what waits in the spool → MongoDB."""

from prefect import flow

from flows import opened, plain, stage
from twilytics.landing import Landed


@flow(name="land", description=__doc__, persist_result=False)
@stage.stoppable
def land(archives: tuple[str, ...] = (), is_asking: bool = False) -> Landed:
    with opened.observatory() as observatory:
        return plain.land(observatory, stage.call, opened.progress(), archives=archives, is_asking=is_asking)
