"""What passes the checks → PostgreSQL, in one transaction."""

from prefect import flow

from flows import opened, plain, stage


@flow(name="publish", description=__doc__, persist_result=False)
@stage.stoppable
def publish() -> None:
    with opened.observatory() as observatory:
        plain.publish(observatory, stage.call)
