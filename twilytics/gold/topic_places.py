"""What a topic came to in a place over all its episodes up to some day: so that `topics` need not count them all again.

The day is some days back, and moves on with maintenance.
"""

from dataclasses import replace

import ibis
import ibis.expr.types as ir

from twilytics import columns
from twilytics.gold import episodes
from twilytics.schema import Settled, Table

TABLE = Table(
    name="gold.topic_places",
    description=__doc__,
    grain=("topic", "place"),
    columns=(
        columns.TOPIC,
        columns.PLACE,
        replace(columns.TITLE, description="The trend's name as shown last in the place."),
        replace(episodes.TABLE.column("started_at"), description="When its first episode in the place began."),
        replace(episodes.TABLE.column("censored_start"), description="Whether that may have begun earlier."),
        episodes.TABLE.column("last_seen_at"),
        columns.count("n_episodes", "Its episodes in the place.", minimum=1),
        episodes.TABLE.column("n_slots"),
        columns.BEST_RANK,
        columns.MAX_VOLUME,
    ),
    inputs=(episodes.TABLE,),
    reach=Settled(),
    time=None,
    is_published=False,
)


def transform(episodes: ir.Table) -> ir.Table:
    return summed(parts(episodes))


def parts(episodes: ir.Table) -> ir.Table:
    """Episodes as sums of one episode each."""
    return episodes.mutate(n_episodes=ibis.literal(1, "int64")).select(*(column.name for column in TABLE.columns))


def summed(parts: ir.Table) -> ir.Table:
    """Sums of episodes, summed by topic and place."""
    return parts.group_by("topic", "place").agg(
        title=parts.title.argmax(parts.last_seen_at),
        started_at=parts.started_at.min(),
        censored_start=parts.censored_start.argmin(parts.started_at),
        last_seen_at=parts.last_seen_at.max(),
        n_episodes=parts.n_episodes.sum(),
        n_slots=parts.n_slots.sum(),
        best_rank=parts.best_rank.min(),
        max_volume=parts.max_volume.max(),
    )
