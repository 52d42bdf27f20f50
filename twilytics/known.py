"""What people were told of already: `ops.alerts`, compared with how it stands now, and told by one message.

A row goes when its all-clear was told. Nothing is noted as told that no channel took, so that the next time tells it.
"""

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg2

from twilytics import alerts, migrating, postgres
from twilytics.alerts import message
from twilytics.alerts.message import Matter
from twilytics.channels import Channel
from twilytics.errors import ServiceError

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812

#: Whoever else tells meanwhile, as a cycle of another process, would tell the same: the key of PostgreSQL's advisory lock ("tell").
LOCK = 0x74656C6C
PATIENCE = "60s"
#: By alert and subject how it stands.
Found = Mapping[tuple[str, str], str]
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Told:
    """How many things were new and how many over; ``is_taken``: whether a channel took the message, or there was none to send."""

    n_new: int = 0
    n_over: int = 0
    is_taken: bool = True


def settle(dsn: str, channels: Sequence[Channel], found: Found, judged: Collection[str]) -> Told:
    """Tell what is new in ``found``, and what is over: of the ``judged`` alerts, by key. What else is known stays known.

    Raise :class:`ServiceError` where PostgreSQL does not answer.
    """
    with transaction(dsn) as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        for (alert, subject), says in found.items():
            cursor.execute(
                "INSERT INTO ops.alerts (alert, subject, says, since) VALUES (%s, %s, %s, clock_timestamp())"
                " ON CONFLICT (alert, subject) DO UPDATE SET says = excluded.says",
                (alert, subject, says),
            )
        cursor.execute("SELECT alert, subject, says, since, told_at IS NOT NULL FROM ops.alerts ORDER BY since, alert, subject")
        rows = [(Matter(*row[:4]), bool(row[4])) for row in cursor.fetchall()]
        gone = [(one, is_told) for one, is_told in rows if _is_gone(one, found, judged)]
        # What is over before anybody could be told of it is told as over, an event as the event that it was.
        over = [one for one, _ in gone if _over(one)]
        news = [one for one, is_told in rows if not is_told and one not in over and one.alert in alerts.BY_KEY]
        if (news or over) and not sent(channels, news, over):
            return Told(len(news), len(over), is_taken=False)
        cursor.execute("UPDATE ops.alerts SET told_at = clock_timestamp() WHERE told_at IS NULL")
        for one, _ in gone:
            cursor.execute("DELETE FROM ops.alerts WHERE alert = %s AND subject = %s", (one.alert, one.subject))
    return Told(len(news), len(over))


def sent(channels: Sequence[Channel], news: Sequence[Matter], over: Sequence[Matter]) -> bool:
    """Whether a channel took the message. One that did not is warned of; it is not told again what the others were told."""
    title, body = message.title(news, over), message.body(news, over)
    taken = [channel.takes(title, body) for channel in channels]
    for channel, is_taken in zip(channels, taken, strict=True):
        if not is_taken:
            next_time = "its message was taken by another one" if any(taken) else "it is told again after the next cycle"
            _log.warning("TWILYTICS_ALERTS: %s did not take a message: is its URL right? %s", channel.name, next_time)
    return any(taken)


def _is_gone(one: Matter, found: Found, judged: Collection[str]) -> bool:
    return (one.alert, one.subject) not in found and (one.alert in judged or one.alert not in alerts.BY_KEY)


def _over(one: Matter) -> bool:
    return one.alert in alerts.BY_KEY and alerts.BY_KEY[one.alert].over is not None


@contextmanager
def transaction(dsn: str) -> Iterator["Cursor"]:
    """Change schema `ops`, which is made where it is missing. Raise :class:`ServiceError` where PostgreSQL does not do it."""
    migrating.ensure(dsn)
    with closing(postgres.connect(dsn)) as connection:
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'; SET LOCAL timezone = 'UTC'")
                yield cursor
        except psycopg2.Error as error:
            told = postgres.first_line(error)
            raise ServiceError(f"PostgreSQL did not keep what is watched or known ({told}): nothing was changed") from None
