import pyarrow as pa
import pytest

from tests import valid
from tests.lakes import HOUR, NOON, Ask, InMemory, put, run
from twilytics import publication
from twilytics.gold import change_summary, episodes, places, top_topics, trends, trendsetter
from twilytics.lake import Lake
from twilytics.render import arrow


@pytest.mark.parametrize("known", [False, True], ids=["copied straight", "copied beside and exchanged"])
def test_strangers_text_and_odd_numbers_arrive_unchanged(lake: Lake, postgres_dsn: str, ask: Ask, known: bool) -> None:
    titles = [
        "", " ", "NULL", "\\N", "\\.", "a\n\\.\nb", "\r\n", "\t", "a,b", '"', '""', "'; DROP TABLE gold.trends; --", "\\", "$1 %s {}",
        "#東京", "\u202eright", "👩‍👩‍👧", "e\u0301", "\U000e0067", "x" * 10_000, "\x1b[31m", "\ufeff",
    ]  # fmt: skip
    given = [valid.row(trends.TABLE) | {"rank": n + 1, "topic": f"t{n}", "title": t} for n, t in enumerate(titles)]
    given[0]["volume"], given[1]["volume"], given[2]["volume"] = 2**63 - 1, 0, None
    if known:
        publication.publish(postgres_dsn, InMemory(trends.TABLE, given[:1]), 1)
    done = publication.publish(postgres_dsn, InMemory(trends.TABLE, given), 2)
    assert done.n_written["gold.trends"] == len(given) - known
    assert ask("SELECT title FROM gold.trends ORDER BY rank") == [(title,) for title in titles]
    assert ask("SELECT volume FROM gold.trends WHERE rank <= 3 ORDER BY rank") == [(2**63 - 1,), (0,), (None,)]


def test_a_nul_that_postgresql_cannot_hold_is_shown_as_replaced(postgres_dsn: str, ask: Ask) -> None:
    given = [valid.row(trends.TABLE) | {"title": "a\0b"}]
    publication.publish(postgres_dsn, InMemory(trends.TABLE, given), 1)
    assert ask("SELECT title FROM gold.trends") == [("a\N{REPLACEMENT CHARACTER}b",)]


def test_an_empty_text_is_no_null(postgres_dsn: str, ask: Ask) -> None:
    given = [valid.row(places.TABLE) | {"place": "a", "parent": ""}, valid.row(places.TABLE) | {"place": "b", "parent": None}]
    publication.publish(postgres_dsn, InMemory(places.TABLE, given), 1)
    assert ask("SELECT parent FROM gold.places ORDER BY place") == [("",), (None,)]


def test_only_the_changed_slots_are_replaced_and_rows_that_stay_are_not_touched(lake: Lake, postgres_dsn: str, ask: Ask) -> None:
    before = """
        place  | slot             | rank | topic | title | volume
        berlin | 2020-07-18 11:00 | 1    | old   | Old   | 1
        berlin | 2020-07-18 12:00 | 1    | stays | Stays | NULL
        berlin | 2020-07-18 12:00 | 2    | moves | Moves | 5
        berlin | 2020-07-18 12:00 | 3    | goes  | Goes  | 5
        berlin | 2020-07-19 13:00 | 1    | later | Later | 1
    """
    put(lake, trends.TABLE, before)
    publication.publish(postgres_dsn, lake, 1)
    rows_before = dict(ask("SELECT topic, ctid::text FROM gold.trends"))
    after = """
        place  | slot             | rank | topic | title | volume
        berlin | 2020-07-18 12:00 | 1    | stays | Stays | NULL
        berlin | 2020-07-18 12:00 | 2    | moves | Moves | NULL
    """
    put(lake, trends.TABLE, after, run())
    # What the lake has meanwhile on days that are not said to have changed is left alone.
    put(lake, trends.TABLE, "place | slot | rank | topic | title\nberlin | 2020-07-19 13:00 | 1 | unsaid | Unsaid", run(NOON + 25 * HOUR))
    done = publication.publish(postgres_dsn, lake, 2, {"gold.trends": [run()]})
    assert ask("SELECT topic, volume FROM gold.trends ORDER BY slot, rank") == [("old", 1), ("stays", None), ("moves", None), ("later", 1)]
    rows_after = dict(ask("SELECT topic, ctid::text FROM gold.trends"))
    assert {topic for topic, place in rows_after.items() if rows_before[topic] != place} == {"moves"}
    assert (done.n_rows["gold.trends"], done.n_written["gold.trends"]) == (2, 1)


def test_several_runs_are_replaced_and_what_lies_between_stays(lake: Lake, postgres_dsn: str, ask: Ask) -> None:
    drawn = ["place | slot | rank | topic", *(f"berlin | 2020-07-{day} 12:00 | 1 | v1" for day in range(18, 28))]
    put(lake, trends.TABLE, "\n".join(drawn))
    publication.publish(postgres_dsn, lake, 1)
    put(lake, trends.TABLE, "\n".join(line.replace("v1", "v2") for line in drawn))
    day = 24 * HOUR
    changed = [run(NOON + 6 * day), run(NOON + 1 * day, 25), run(NOON + 2 * day, 25), run(NOON + 50 * day)]
    done = publication.publish(postgres_dsn, lake, 2, {"gold.captures": changed, "gold.trends": changed})
    assert ask("SELECT string_agg(topic, ' ' ORDER BY slot) FROM gold.trends") == [("v1 v2 v2 v2 v1 v1 v2 v1 v1 v1",)]
    assert done.n_rows["gold.trends"] == 4
    assert done.slots == ("2020-07-19T12:00Z/2020-07-21T13:00Z, 2020-07-24T12:00Z/2020-07-24T13:00Z, 2020-09-06T12:00Z/2020-09-06T13:00Z")


def test_a_row_that_moves_between_the_replaced_runs_keeps_its_key(lake: Lake, postgres_dsn: str, ask: Ask) -> None:
    # What was split is seen last earlier than before, what goes on later.
    before = """
        place  | topic | started_at       | last_seen_at     | n_slots
        berlin | split | 2020-07-18 10:00 | 2020-07-18 15:00 | 5
        berlin | on    | 2020-07-18 10:00 | 2020-07-18 12:00 | 3
        berlin | stays | 2020-07-18 10:00 | 2020-07-18 13:00 | 4
    """
    put(lake, episodes.TABLE, before)
    publication.publish(postgres_dsn, lake, 1)
    after = """
        place  | topic | started_at       | last_seen_at     | n_slots
        berlin | split | 2020-07-18 10:00 | 2020-07-18 12:00 | 3
        berlin | split | 2020-07-18 14:00 | 2020-07-18 15:00 | 2
        berlin | on    | 2020-07-18 10:00 | 2020-07-18 15:00 | 5
        berlin | stays | 2020-07-18 10:00 | 2020-07-18 13:00 | 4
    """
    put(lake, episodes.TABLE, after)
    done = publication.publish(postgres_dsn, lake, 2, {"gold.episodes": [run(), run(NOON + 3 * HOUR)]})
    assert ask("SELECT topic, n_slots FROM gold.episodes ORDER BY 1, 2") == [("on", 5), ("split", 2), ("split", 3), ("stays", 4)]
    assert (done.n_rows["gold.episodes"], done.n_written["gold.episodes"]) == (3, 3)


def test_summaries_are_replaced_whole_and_what_is_unsaid_stays(lake: Lake, postgres_dsn: str, ask: Ask) -> None:
    put(lake, top_topics.TABLE, "place | window_hours | position | topic\nberlin | 24 | 1 | a\nberlin | 24 | 2 | b")
    put(lake, change_summary.TABLE, "place | window_hours | n_slots\nberlin | 24 | 1")
    publication.publish(postgres_dsn, lake, 1)
    put(lake, top_topics.TABLE, "place | window_hours | position | topic\nberlin | 24 | 1 | b")
    put(lake, change_summary.TABLE, "place | window_hours | n_slots\nberlin | 24 | 2")
    publication.publish(postgres_dsn, lake, 2, {"gold.top_topics": None})
    assert ask("SELECT position, topic FROM gold.top_topics") == [(1, "b")]
    assert ask("SELECT n_slots FROM gold.change_summary") == [(1,)]


def test_many_rows_pass_in_bounded_pieces(postgres_dsn: str, ask: Ask) -> None:
    one, n, kinds = valid.row(trendsetter.TABLE), 200_000, arrow.schema(trendsetter.TABLE)
    columns = {name: pa.array([value] * n, kinds.field(name).type) for name, value in one.items()}
    columns["slot"] = pa.array([NOON + i * HOUR for i in range(n)], kinds.field("slot").type)
    publication.publish(postgres_dsn, InMemory(trendsetter.TABLE, pa.table(columns)), 1)
    assert ask("SELECT count(*), count(DISTINCT slot), max(slot) FROM gold.trendsetter") == [(n, n, NOON + (n - 1) * HOUR)]
    assert ask("SELECT last_analyze IS NOT NULL FROM pg_stat_user_tables WHERE relname = 'trendsetter'") == [(True,)]
