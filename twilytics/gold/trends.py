"""The ranked topics of a place in a slot: T(p, t), the snapshot.

Promoted entries are left out; a topic listed twice keeps its best position; ranks count 1..n without gaps after that.
The volume is the source's own; where it told none, the posts of `topic_volume`.
"""

from dataclasses import replace

import ibis
import ibis.expr.types as ir

from twilytics import columns
from twilytics.gold import topic_volume
from twilytics.schema import Audit, Check, Table
from twilytics.silver import entries, snapshots

#: UTF-8 that somebody took for Latin-1 or Windows-1252: a lead byte as a letter, and as many bytes behind it as it announces.
LEFT_BYTES = "[\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]"
DOUBLE_ENCODED = f"[\u00c2-\u00df]{LEFT_BYTES}|[\u00e0-\u00ef]{LEFT_BYTES}{{2}}|[\u00f0-\u00f4]{LEFT_BYTES}{{3}}"

VOLUME = replace(columns.VOLUME, description="Posts about the topic, told with the list or counted beside it; NULL where neither was.")

TABLE = Table(
    name="gold.trends",
    description=__doc__,
    grain=("place", "slot", "rank"),
    columns=(columns.PLACE, columns.SLOT, columns.RANK, columns.TOPIC, columns.TITLE, VOLUME),
    inputs=(entries.TABLE, snapshots.TABLE, topic_volume.TABLE),
    uniques=(("place", "slot", "topic"),),
    checks=(
        Check(
            "decoded_once",
            f"NOT regexp_matches(title, '{DOUBLE_ENCODED}')",
            "A name that was encoded twice is another topic than the same name elsewhere.",
            breaks={"title": "MSDhoni\u00f0\u009d\u0093\u00b5"},
            severity="warn",
        ),
    ),
    audits=(
        Audit(
            "ranks_without_gaps",
            "the ranks of a list have to count from 1 without gaps",
            """
            SELECT slot, place, 'from ' || min(rank) || ' to ' || max(rank) || ', ' || count(*) || ' ranks' AS observed
            FROM gold_trends GROUP BY slot, place HAVING min(rank) <> 1 OR max(rank) <> count(*)
            """,
            "Every metric that looks at ranks takes them for positions.",
        ),
        Audit(
            "volumes_of_one_unit",
            "the volumes of a list have to be of the size of the list before",
            """
            WITH followed AS (
                SELECT a.slot, a.place, a.volume / b.volume AS ratio
                FROM gold_trends a JOIN gold_trends b ON a.place = b.place AND a.topic = b.topic AND b.slot = a.slot - getvariable('step')
                WHERE a.volume > 0 AND b.volume > 0
            )
            SELECT slot, place, 'times ' || round(median(ratio), 4) AS observed FROM followed
            GROUP BY slot, place HAVING count(*) >= 3 AND (median(ratio) > 50 OR median(ratio) < 0.02)
            """,
            "Counts in thousands, or in another unit, make every largest volume wrong. In half a year of real lists, eight hours apart, "
            "these medians lay from 0.4 to 25.",
            back_slots=1,
            severity="warn",
        ),
        Audit(
            "list_moves",
            "a list has to change within six captures",
            """
            WITH lists AS (
                SELECT slot, place, md5(string_agg(title || ' ' || coalesce(volume, -1), chr(10) ORDER BY rank)) AS list
                FROM gold_trends GROUP BY slot, place
            ), compared AS (
                SELECT slot, place, list, lag(list) OVER in_order IS NOT DISTINCT FROM list AS is_same FROM lists
                WINDOW in_order AS (PARTITION BY place ORDER BY slot)
            ), counted AS (
                SELECT slot, place, count(*) FILTER (WHERE is_same) OVER last_five AS n_same FROM compared
                WINDOW last_five AS (PARTITION BY place ORDER BY slot ROWS 4 PRECEDING)
            )
            SELECT slot, place, 'the same list for six captures' AS observed FROM counted WHERE n_same = 5
            """,
            "A cache that nobody renews answers the same for hours; its change rates of 0 are no calm.",
            back_slots=12,
            severity="warn",
        ),
    ),
)


def transform(entries: ir.Table, snapshots: ir.Table, topic_volume: ir.Table) -> ir.Table:
    listed = entries.filter(entries.topic.notnull() & ~entries.is_promoted).semi_join(snapshots, "answer")
    by_position = ibis.window(group_by=["place", "slot", "topic"], order_by="position")
    once = listed.mutate(nth=ibis.row_number().over(by_position)).filter(lambda t: t.nth == 0)
    ranked = once.mutate(rank=(ibis.row_number().over(group_by=["place", "slot"], order_by="position") + 1).cast("int64"))
    counted = topic_volume.select("place", "slot", "topic", "n_tweets")
    known = ranked.left_join(counted, ["place", "slot", "topic"]).mutate(volume=lambda t: ibis.coalesce(t.volume, t.n_tweets))
    return known.select(*(column.name for column in TABLE.columns))
