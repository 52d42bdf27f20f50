"""What was there longest, and what went furthest."""

from markupsafe import Markup

from twilytics.gold import top_topics, topics
from twilytics.panels.panel import Term
from twilytics.report import words
from twilytics.report.facts import Facts
from twilytics.report.names import inline, name
from twilytics.report.panel import Group, Listing, Panel

WINDOW_HOURS = 168
MOST = 5
MOST_FURTHEST = 10
OF_PLACES = "SELECT * FROM gold_top_topics WHERE window_hours = ? AND position <= ? ORDER BY place, position"
FURTHEST = """
SELECT title, n_places, n_slots, n_episodes, best_rank, first_place, first_seen_at FROM gold_topics
WHERE last_seen_at > ? ORDER BY n_places DESC, n_slots DESC, topic LIMIT ?
"""
TERMS = (
    Term(top_topics.TABLE, ("window_hours", "position", "topic", "title", "frequency", "best_rank", "max_volume")),
    Term(topics.TABLE, topics.TABLE.names),
)
#: The panels of the dashboards that it draws.
SHOWS = ("top-topics", "topic-distribution")


def panel(facts: Facts) -> Panel:
    found = [row for row in facts.rows(OF_PLACES, WINDOW_HOURS, MOST) if row["place"] in facts.labels]
    furthest = facts.rows(FURTHEST, facts.since(WINDOW_HOURS // 24), MOST_FURTHEST)
    if not found:
        return Panel("top-topics", "Top topics", "No topic trended in the last week.", (), TERMS)
    top = min(found, key=lambda row: (-row["frequency"], row["best_rank"], row["topic"], row["place"]))
    says = Markup("“{}” was there longest last week: for {} in {}").format(
        inline(top["title"]), words.plural(top["frequency"], "slot"), inline(facts.name(top["place"]))
    )
    if furthest and facts.n_places > 1:
        says += Markup("; “{}” went furthest, to {}").format(inline(furthest[0]["title"]), words.plural(furthest[0]["n_places"], "place"))
    by_place = [
        Listing(
            name(facts.name(place)),
            ("", "topic", "slots"),
            [(str(row["position"]), name(row["title"]), words.count(row["frequency"])) for row in found if row["place"] == place],
            numbers=(0, 2),
        )
        for place in facts.labels
        if any(row["place"] == place for row in found)
    ]
    rows = [
        (
            name(row["title"]),
            *(words.count(row[column]) for column in ("n_places", "n_slots", "n_episodes", "best_rank")),
            name(facts.name(row["first_place"])) if row["first_place"] else words.UNKNOWN,
            words.instant(row["first_seen_at"]),
        )
        for row in furthest
    ]
    heads = ("topic", "places", "captures", "episodes", "best rank", "first place", "first seen")
    caption = "Topics of the last week that went furthest, over their whole life"
    table = Listing(caption, heads, rows, numbers=(1, 2, 3, 4), is_folded=True)
    return Panel("top-topics", "Top topics", says + ".", (Group(by_place), table), TERMS, is_wide=True)
