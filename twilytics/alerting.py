"""The alerts looked at, as the reader, and told by the channels of TWILYTICS_ALERTS: what is new, and what is over.

What is known stays silent, however long it lasts: there is no reminder. Grafana and `twilytics status` show how it stands.
"""

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from twilytics import alerts, channels, failed_cycle, known, postgres
from twilytics.errors import ServiceError, TwilyticsError
from twilytics.known import Told
from twilytics.observatory import Observatory
from twilytics.stopping import Stopped

T = TypeVar("T")

_log = logging.getLogger(__name__)


def after(observatory: Observatory, call: Callable[..., Any], work: Callable[[], T]) -> T:
    """Do the work of a cycle, and tell then, as the stage ``alert``: where the work failed, it matters most.

    What cannot be told fails no cycle, and hides no failure. Without TWILYTICS_ALERTS there is no such stage.
    """
    if observatory.settings.alerts is None:
        return work()
    try:
        result = work()
    except Stopped:
        raise
    except Exception:
        try:
            call("alert", tell, observatory, False)
        except Exception as error:  # whatever it is, what failed before is the news
            _log.warning("nobody was told how it stands: %s", error)
        raise
    call("alert", tell, observatory, True)
    return result


def tell(observatory: Observatory, is_done: bool) -> Told | None:
    """Tell what is new, and what is over; with ``is_done``, also that a cycle ended well. None, and a warning, where that fails."""
    try:
        found, judged = looked_at(observatory)
        judged |= {failed_cycle.KEY} if is_done else set()
        with failed_cycle.carried_over(observatory.settings.home, observatory.dsn):
            return known.settle(observatory.dsn, channels.opened(observatory.settings.alerts), found, judged)
    except TwilyticsError as error:
        _log.warning("nobody was told how it stands, the next cycle does: %s", error)
        return None


def looked_at(observatory: Observatory) -> tuple[dict[tuple[str, str], str], set[str]]:
    """By alert and subject what is the matter now, and the alerts that could be judged.

    Raise :class:`ServiceError` where PostgreSQL does not answer.
    """
    reader = postgres.reader_dsn(observatory.dsn, observatory.settings.home)
    found: dict[tuple[str, str], str] = {}
    judged = set()
    for alert, query in alerts.ASKED:
        try:
            _, rows = postgres.query(reader, query)
        except ServiceError:
            raise
        except TwilyticsError as error:
            _log.warning("the alert %s could not be judged: %s", alert.key, error)
            continue
        judged.add(alert.key)
        found |= {(alert.key, subject): says for subject, _, says in rows}
    return found, judged
