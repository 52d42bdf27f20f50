"""Maintenance of the published database: days summed up, rows' room freed. Readers go on."""

from contextlib import closing

import psycopg2

from tests import lakes as made
from tests import valid
from twilytics import publication
from twilytics.database_upkeep import vacuum
from twilytics.gold import change_rate
from twilytics.published import published_tables, schema
from twilytics.render import rollup


def test_it_is_vacuumed_and_an_empty_one_left_alone(postgres_dsn: str, ask: made.Ask):
    assert vacuum(postgres_dsn) == ()
    publication.publish(postgres_dsn, made.version(1), 1)
    publication.publish(postgres_dsn, made.version(2), 2)
    vacuumed = vacuum(postgres_dsn)
    assert set(vacuumed) == {table.name for table in schema()}
    with closing(psycopg2.connect(postgres_dsn)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = 'gold.trends'::regclass")
        assert cursor.fetchone() == (1000.0,)
    assert ask("SELECT min(volume), count(*) FROM gold.trends") == [(2, 1000)]


def test_shares_are_kept_by_day_with_each_publication(postgres_dsn: str, ask: made.Ask):
    publication.publish(postgres_dsn, made.version(1), 1)
    # 50 hours from noon on: 12 of the first day, two whole days but for their end.
    assert ask("SELECT day::text, n_slots FROM gold.change_rate_by_day ORDER BY day") == [
        ("2020-07-18 00:00:00+00", 12),
        ("2020-07-19 00:00:00+00", 24),
        ("2020-07-20 00:00:00+00", 14),
    ]
    expected = "SELECT place, date_trunc('day', slot, 'UTC'), count(*), avg(change_rate) FROM gold.change_rate GROUP BY 1, 2 ORDER BY 2"
    by_day = "SELECT place, day, n_slots, change_rate FROM gold.change_rate_by_day ORDER BY day"
    assert ask(by_day) == ask(expected)

    # Only the days that a publication touches are summed up again.
    ask("UPDATE gold.change_rate_by_day SET n_slots = 99; SELECT 1")
    less = made.InMemory(change_rate.TABLE, [valid.row(change_rate.TABLE) | {"slot": made.NOON + 15 * made.HOUR, "change_rate": 0.25}])
    publication.publish(postgres_dsn, less, 2, {"gold.change_rate": [made.run(made.NOON + 13 * made.HOUR, 20)]})
    assert ask("SELECT n_slots, (SELECT count(*) FROM gold.change_rate) FROM gold.change_rate_by_day ORDER BY day") == [
        (99, 27),
        (1, 27),
        (99, 27),
    ]
    # Where no day is there, as after a migration, all are summed up with the next publication that touches any.
    ask("TRUNCATE gold.change_rate_by_day; SELECT 1")
    publication.publish(postgres_dsn, less, 3, {"gold.change_rate": [made.run(made.NOON + 13 * made.HOUR, 20)]})
    assert ask(by_day) == ask(expected)


def test_only_tables_of_slots_with_shares_have_days():
    names = {table.name for table in published_tables() if rollup.is_rolled_up(table)}
    assert names == {"gold.change_rate", "gold.trend_equality", "gold.trendsetter"}
