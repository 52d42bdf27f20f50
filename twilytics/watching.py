"""The topics that somebody watches: `ops.watch`. What happens to them is told by the alert `watched_topic`."""

import difflib
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg2

from twilytics import known, postgres, roles
from twilytics.alerts import watched_topic
from twilytics.errors import ServiceError, TwilyticsError
from twilytics.sources.values import topic_of

NEAREST = 3
FLAWS = {
    "topic_empty": "nothing is left of it but white space and #",
    "name_too_long": "no trend has so long a name",
    "name_has_nul": "it holds NUL, which no name can",
    "name_not_unicode": "it is no text in Unicode",
}


@dataclass(frozen=True)
class Watched:
    """A topic, by its key, with the name that it was given as."""

    topic: str
    title: str
    added_at: datetime


def add(dsn: str, names: Iterable[str]) -> list[Watched]:
    """Watch these topics from now on; one that is watched already stays as it is. Return those that are new.

    Raise :class:`TwilyticsError` where a name is none: nothing is added then.
    """
    named = {key(name): " ".join(name.split()) for name in names}
    with known.transaction(dsn) as cursor:
        now, added = datetime.now(UTC), []
        for topic, title in named.items():
            cursor.execute(
                "INSERT INTO ops.watch (topic, title, added_at) VALUES (%s, %s, %s) ON CONFLICT (topic) DO NOTHING", (topic, title, now)
            )
            if cursor.rowcount:
                added.append(Watched(topic, title, now))
    return added


def listed(dsn: str) -> list[Watched]:
    """What is watched, the newest first."""
    with known.transaction(dsn) as cursor:
        cursor.execute("SELECT topic, title, added_at FROM ops.watch ORDER BY added_at DESC, topic")
        return [Watched(*row) for row in cursor.fetchall()]


def remove(dsn: str, names: Iterable[str]) -> list[str]:
    """Watch these topics no more; return their keys. Raise :class:`TwilyticsError` where one is not watched: nothing is removed then."""
    topics = {key(name): name for name in names}
    with known.transaction(dsn) as cursor:
        cursor.execute("SELECT topic, title FROM ops.watch")
        watched = dict(cursor.fetchall())
        for topic, name in topics.items():
            if topic not in watched:
                raise TwilyticsError(_not_watched(name, topic, watched))
        cursor.execute("DELETE FROM ops.watch WHERE topic = ANY(%s)", (list(topics),))
    return list(topics)


def forget(dsn: str, is_erased: Callable[[str], bool]) -> None:
    """Take out what was erased, by the topic's key, and what was told of it; of all else that was told no words stay."""
    with known.transaction(dsn) as cursor:
        cursor.execute("SELECT topic, title FROM ops.watch")
        for topic, title in cursor.fetchall():
            if is_erased(topic):
                cursor.execute("DELETE FROM ops.watch WHERE topic = %s", (topic,))
                about = f"{title[: watched_topic.SHOWN]} "
                cursor.execute("DELETE FROM ops.alerts WHERE alert = %s AND starts_with(subject, %s)", (watched_topic.ALERT.key, about))
        cursor.execute("UPDATE ops.alerts SET says = 'not kept, as something was erased'")
    # What was taken out lies in the tables' files until they are written anew, and in what the planner knows of them.
    try:
        with closing(postgres.connect(dsn)) as connection, connection.cursor() as cursor:
            connection.autocommit = True
            if not {"watch", "alerts"} <= roles.maintainable(cursor, roles.UNSEEN):
                raise ServiceError(
                    "the user of TWILYTICS_POSTGRES_DSN may not maintain ops.watch and ops.alerts, and what was erased may still lie in "
                    "their files: run `twilytics migrate` as the database's owner, or give the same command again as the owner"
                )
            cursor.execute("VACUUM (FULL, ANALYZE) ops.watch, ops.alerts")
    except psycopg2.Error as error:
        raise ServiceError(
            f"PostgreSQL did not let go of what was erased ({postgres.first_line(error)}): give the same command again"
        ) from None


def key(name: str) -> str:
    """The topic's key. Raise :class:`TwilyticsError` where the name has none."""
    topic, flaw = topic_of(name)
    if topic is None:
        raise TwilyticsError(f"{name[:60]!r} names no topic: {FLAWS[flaw or 'topic_empty']}. Give the name as the trends show it")
    return topic


def _not_watched(name: str, topic: str, watched: dict[str, str]) -> str:
    if not watched:
        return f"{name!r} is not watched, as nothing is. `twilytics watch add NAME` begins it"
    nearest = difflib.get_close_matches(topic, watched, NEAREST, cutoff=0)
    return f"{name!r} is not watched. Nearest: {', '.join(watched[near] for near in nearest)}. All: twilytics watch list"
