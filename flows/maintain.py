"""Join the lake's small files, remove what no version within the retention needs, vacuum PostgreSQL. Changes no result."""

from prefect import flow

from flows import opened, plain, stage
from twilytics.maintenance import Maintained


@flow(name="maintain", description=__doc__, persist_result=False)
@stage.stoppable
def maintain() -> Maintained:
    with opened.observatory() as observatory:
        return plain.maintain(observatory, stage.call, opened.progress())
