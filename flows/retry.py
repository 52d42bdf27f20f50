"""A cycle that also tries again what was set aside: what passes now goes its normal way. No watermark moves."""

from datetime import UTC, datetime

from prefect import flow

from flows import opened, plain, report, stage
from twilytics.retrying import Retried


@flow(name="retry", description=__doc__, persist_result=False)
@stage.stoppable
def retry(
    reason: str | None = None,
    source: str | None = None,
    place: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    answer: str | None = None,
) -> Retried:
    """Try again what all that is given here chooses; all that was set aside, where nothing is.

    Args:
        reason: Only what was set aside for this reason, as `twilytics quarantine list` names it.
        source: Only answers of this source.
        place: Only answers about this place.
        since: Only what was captured from then on, UTC where it has no zone.
        until: Only what was captured before then, UTC where it has no zone.
        answer: Only the answer of this ID, as `twilytics quarantine show` has it.
    """
    with opened.observatory() as observatory, report.told(observatory) as tell:
        chosen = {"reason": reason, "source": source, "place": place, "since": _zoned(since), "until": _zoned(until), "answer": answer}
        retried = plain.retry(observatory, stage.call, opened.progress(), **chosen)
        tell(retried.cycle)
        return retried


def _zoned(instant: datetime | None) -> datetime | None:
    return instant if instant is None or instant.tzinfo else instant.replace(tzinfo=UTC)
