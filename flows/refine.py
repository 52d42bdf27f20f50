"""Bronze → silver → gold."""

from prefect import flow

from flows import opened, plain, stage


@flow(name="refine", description=__doc__, persist_result=False)
@stage.stoppable
def refine() -> None:
    with opened.observatory() as observatory:
        plain.refine(observatory, stage.call)
