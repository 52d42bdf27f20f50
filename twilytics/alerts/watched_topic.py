"""A topic that somebody watches came into a place's list, had its best rank there, or went. Each is told once."""

from twilytics.alerts.alert import Alert

#: What is older is no news. No interval is longer than half of it, so that no cycle comes too late for an event.
HOURS = 48
#: Characters of a title: subjects are keys, and PostgreSQL keeps no key of more than 2,700 bytes.
SHOWN = 200

#: Only what came after the topic was put on the list, so that neither a backfill nor an archive tells of years ago.
#: A peak is the run's best rank so far, and better than all before, that the next capture did not better: else a topic on its way up
#: would be told hourly. Ranks are read of these hours only, and of a whole run only where there may be a peak.
QUERY = f"""
WITH runs AS (
    SELECT left(watched.title, {SHOWN}) AS title, place, watched.topic, started_at, last_seen_at, n_slots, best_rank,
        greatest(added_at, now() - interval '{HOURS} hours') AS since,
        (SELECT min(slot) FROM gold.captures WHERE captures.place = episodes.place AND slot > last_seen_at) AS gone_at
    FROM gold.episodes JOIN gold.watched USING (topic)
    WHERE last_seen_at > now() - interval '{2 * HOURS} hours'
), ranks AS (
    SELECT runs.*, slot, rank, lead(rank) OVER (PARTITION BY runs.place, runs.topic, started_at ORDER BY slot) AS next_rank
    FROM runs JOIN gold.trends ON trends.place = runs.place AND trends.topic = runs.topic AND slot BETWEEN started_at AND last_seen_at
    WHERE slot > now() - interval '{HOURS} hours'
), peaks AS (
    SELECT ranks.*, (
        SELECT min(past.rank) FROM gold.trends past
        WHERE past.place = ranks.place AND past.topic = ranks.topic AND past.slot >= ranks.started_at AND past.slot < ranks.slot
    ) AS best_before
    FROM ranks
    WHERE rank = best_rank AND slot > started_at AND slot >= since AND (next_rank >= rank OR next_rank IS NULL AND gone_at IS NOT NULL)
), events AS (
    SELECT title, place, slot, 'enters' AS event, rank, 'rank ' || rank AS says FROM ranks WHERE slot = started_at AND slot >= since
    UNION ALL
    SELECT title, place, slot, 'peaks in', rank, 'rank ' || rank || ', ' || best_before || ' was the best before' FROM peaks
    WHERE rank < best_before
    UNION ALL
    SELECT title, place, gone_at, 'leaves', best_rank, 'after ' || n_slots || ' captures, its best rank was ' || best_rank FROM runs
    WHERE gone_at >= since
)
SELECT title || ' ' || event || ' ' || place || ', ' || to_char(slot AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC' AS subject,
    rank::double precision AS value, says
FROM events
"""  # noqa: S608 - numbers of this module

ALERT = Alert(
    key="watched_topic",
    title="A watched topic comes, peaks or goes",
    severity="info",
    query=QUERY,
    value_is="its rank; when it goes, its best",
    todo="Nothing has to be done. `twilytics watch list` tells what is watched, `twilytics watch remove NAME` ends it.",
)
