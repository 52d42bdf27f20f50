"""Maintenance of the published database: days summed up, rows' room freed. Readers go on."""

from contextlib import closing

import psycopg2

from tests import lakes as made
from twilytics import publication
from twilytics.database_upkeep import vacuum
from twilytics.render import rollup


def test_it_is_vacuumed_and_an_empty_one_left_alone(postgres_dsn: str, ask: made.Ask):
    assert vacuum(postgres_dsn) == ((), ())
    publication.publish(postgres_dsn, made.version(1), 1)
    publication.publish(postgres_dsn, made.version(2), 2)
    _, vacuumed = vacuum(postgres_dsn)
    assert set(vacuumed) == {table.name for table in publication.schema()}
    with closing(psycopg2.connect(postgres_dsn)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = 'gold.trends'::regclass")
        assert cursor.fetchone() == (1000.0,)
    assert ask("SELECT min(volume), count(*) FROM gold.trends") == [(2, 1000)]


def test_shares_are_kept_by_day_as_of_the_last_maintenance(postgres_dsn: str, ask: made.Ask):
    publication.publish(postgres_dsn, made.version(1), 1)
    rolled_up, _ = vacuum(postgres_dsn)
    assert set(rolled_up) == {"gold.change_rate", "gold.trend_equality", "gold.trendsetter"}
    # 50 hours from noon on: 12 of the first day, two whole days but for their end.
    assert ask("SELECT day::text, n_slots FROM gold.change_rate_by_day ORDER BY day") == [
        ("2020-07-18 00:00:00+00", 12),
        ("2020-07-19 00:00:00+00", 24),
        ("2020-07-20 00:00:00+00", 14),
    ]
    expected = "SELECT place, date_trunc('day', slot, 'UTC'), count(*), avg(change_rate) FROM gold.change_rate GROUP BY 1, 2 ORDER BY 2"
    by_day = "SELECT place, day, n_slots, change_rate FROM gold.change_rate_by_day ORDER BY day"
    assert ask(by_day) == ask(expected)

    ask_and_change = "DELETE FROM gold.change_rate WHERE slot < '2020-07-19'"
    with closing(psycopg2.connect(postgres_dsn)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(ask_and_change)
    assert ask("SELECT count(*) FROM gold.change_rate_by_day") == [(3,)]
    vacuum(postgres_dsn)
    assert ask(by_day) == ask(expected)


def test_only_tables_of_slots_with_shares_have_days():
    names = {table.name for table in publication.published_tables() if rollup.is_rolled_up(table)}
    assert names == {"gold.change_rate", "gold.trend_equality", "gold.trendsetter"}
