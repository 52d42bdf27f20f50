"""What was landed → bronze."""

from prefect import flow

from flows import opened, plain, stage


@flow(name="snapshot", description=__doc__, persist_result=False)
@stage.stoppable
def snapshot() -> None:
    with opened.observatory() as observatory:
        plain.snapshot(observatory, stage.call)
