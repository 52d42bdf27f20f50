"""Judge what is not published yet; fails where a rule does not hold."""

from prefect import flow

from flows import opened, plain, stage


@flow(name="check", description=__doc__, persist_result=False)
@stage.stoppable
def check() -> None:
    with opened.observatory() as observatory:
        plain.check(observatory, stage.call)
