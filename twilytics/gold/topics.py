"""The life of a topic over all its episodes in all places.

    focus   = max over places of share(place)
    entropy = −Σ over places of share(place) · log2 share(place), in bits

with share(place) = the place's part of the topic's n_slots (Kamath, Caverlee, Lee & Cheng 2013). A topic of one place has
focus 1 and entropy 0. Which place was first is not known where several were, or where its episode may have begun earlier.
"""

from dataclasses import replace

import ibis
import ibis.expr.types as ir

from twilytics import columns
from twilytics.gold import episodes, open_runs, topic_places
from twilytics.gold.topic_places import parts, summed
from twilytics.relations import total
from twilytics.schema import Check, Column, Keyed, Table

TABLE = Table(
    name="gold.topics",
    description=__doc__,
    grain=("topic",),
    columns=(
        columns.TOPIC,
        replace(columns.TITLE, description="The trend's name as shown last; by several places at once: by the first of them by key."),
        Column("first_seen_at", "timestamp", "The earliest slot in which a place had it."),
        replace(columns.PLACE, name="first_place", description="The place that had it then; NULL where that is not known.", nullable=True),
        replace(open_runs.LAST_SEEN_AT, description="The last slot in which a place had it."),
        columns.count("n_places", "Places that had it.", minimum=1),
        columns.count("n_episodes", "Episodes in all places.", minimum=1),
        columns.count("n_slots", "Captures that had it, of all places.", minimum=1),
        columns.BEST_RANK,
        columns.MAX_VOLUME,
        columns.share("focus", "The largest share of its captures that one place has."),
        Column("entropy", "double", "How evenly its captures are spread over places, in bits.", minimum=0, unit="short"),
    ),
    inputs=(episodes.TABLE, topic_places.TABLE),
    reach=Keyed("topic", of=episodes.TABLE.name),
    time="last_seen_at",
    checks=(
        Check(
            "each_counted",
            "n_places <= n_episodes AND n_episodes <= n_slots",
            "A place that had it had an episode of it, and an episode a capture.",
            breaks={"n_places": 3, "n_episodes": 2, "n_slots": 2},
        ),
        Check(
            "one_place_has_all",
            "(n_places = 1) = (focus = 1 AND entropy = 0)",
            "What only one place had is spread over one.",
            breaks={"n_places": 1, "focus": 0.5, "entropy": 1.0},
        ),
    ),
)


def transform(episodes: ir.Table, topic_places: ir.Table) -> ir.Table:
    in_place = summed(ibis.union(topic_places, parts(episodes)))
    of_topic = ibis.window(group_by="topic")
    shared = in_place.mutate(
        first_seen_at=in_place.started_at.min().over(of_topic),
        newest=in_place.last_seen_at.max().over(of_topic),
        share=in_place.n_slots / in_place.n_slots.sum().over(of_topic),
    )
    is_first = shared.started_at == shared.first_seen_at
    told = shared.group_by("topic").agg(
        title=shared.title.argmin(ibis.ifelse(shared.last_seen_at == shared.newest, shared.place, ibis.null("string"))),
        first_seen_at=shared.started_at.min(),
        one_place=ibis.ifelse(is_first & ~shared.censored_start, shared.place, ibis.null("string")).min(),
        n_first=is_first.sum(),
        last_seen_at=shared.last_seen_at.max(),
        n_places=shared.count(),
        n_episodes=shared.n_episodes.sum(),
        n_slots=shared.n_slots.sum(),
        best_rank=shared.best_rank.min(),
        max_volume=shared.max_volume.max(),
        focus=shared.share.max(),
        entropy=total(shared.share * (1 / shared.share).log2()),
    )
    return told.mutate(first_place=ibis.ifelse(told.n_first == 1, told.one_place, ibis.null("string"))).select(
        *(column.name for column in TABLE.columns)
    )
