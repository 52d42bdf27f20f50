from contextlib import closing
from dataclasses import replace

import psycopg2
import pytest

from twilytics.gold import batches, places, trends
from twilytics.published import schema
from twilytics.render import postgres
from twilytics.schema import Column, Table, Whole

NASTY = Table(
    name="gold.nasty",
    description='It\'s a \\ "table" of 100 %s;\n\n    x = $1 -- ∩\n',
    grain=("order", 'a"b'),
    columns=(
        Column("order", "string", "An SQL word; it's 'quoted'."),
        Column('a"b', "bigint", "100 %", minimum=0, maximum=1),
        Column("share", "double", "A share.", nullable=True, unit="percentunit"),
        Column("is_it", "boolean", "Whether."),
        Column("day", "timestamp", "Which."),
        Column("bytes", "binary", "Any.", nullable=True),
    ),
    reach=Whole(),
    time="day",
)


@pytest.fixture
def cursor(postgres_dsn: str):
    with closing(psycopg2.connect(postgres_dsn)) as connection, connection.cursor() as opened:
        yield opened


def test_a_declaration_becomes_a_table_with_its_types_nulls_and_key_whatever_its_names(cursor) -> None:
    cursor.execute(postgres.schema([NASTY]))
    cursor.execute(
        "SELECT column_name, data_type, is_nullable, collation_name FROM information_schema.columns"
        " WHERE table_schema = 'gold' AND table_name = 'nasty' ORDER BY ordinal_position"
    )
    assert cursor.fetchall() == [
        ("order", "text", "NO", "C"),
        ('a"b', "bigint", "NO", None),
        ("share", "double precision", "YES", None),
        ("is_it", "boolean", "NO", None),
        ("day", "timestamp with time zone", "NO", None),
        ("bytes", "bytea", "YES", None),
    ]
    cursor.execute("SELECT pg_get_indexdef(indexrelid), indisprimary FROM pg_index WHERE indrelid = 'gold.nasty'::regclass ORDER BY 2 DESC")
    (key, is_primary), (by_day, _) = cursor.fetchall()
    assert is_primary
    assert key.endswith('("order", "a""b")')
    assert by_day.endswith("(day)")


def test_descriptions_become_comments_word_by_word(cursor) -> None:
    cursor.execute(postgres.schema([NASTY]))
    cursor.execute("SELECT obj_description('gold.nasty'::regclass), col_description('gold.nasty'::regclass, 1)")
    assert cursor.fetchone() == (NASTY.description.strip(), "An SQL word; it's 'quoted'.")
    cursor.execute("SELECT col_description('gold.nasty'::regclass, 2), col_description('gold.nasty'::regclass, 3)")
    assert cursor.fetchone() == ("100 % (from 0 to 1)", "A share. (ratio)")


def test_the_schema_can_be_run_again(cursor) -> None:
    for _ in range(2):
        cursor.execute(postgres.schema(schema()))
    cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'gold'")
    assert cursor.fetchone() == (len(schema()),)


def test_the_comment_of_the_schema_tells_one_definition_from_another_and_what_is_beside_it() -> None:
    tables = schema()
    other_words = [replace(tables[0], description="Something else."), *tables[1:]]
    other_key = [replace(tables[0], grain=tables[0].grain[:1]), *tables[1:]]
    told = {postgres.schema_comment(*given) for given in [(tables,), (other_words,), (other_key,), (tables, "0001"), (tables, "0002")]}
    assert len(told) == 5


def test_texts_of_all_tables_can_be_compared_and_sort_by_code_point(cursor) -> None:
    cursor.execute(postgres.schema([trends.TABLE, places.TABLE]))
    cursor.execute("SELECT count(*) FROM gold.trends JOIN gold.places ON trends.title = places.place OR trends.topic = places.parent")
    assert cursor.fetchone() == (0,)
    cursor.execute("INSERT INTO gold.places (place, name, kind) SELECT name, name, '' FROM unnest(ARRAY['ä', 'Z', 'a', 'É', '東']) AS name")
    cursor.execute("SELECT array_agg(name ORDER BY name) FROM gold.places")
    assert cursor.fetchone() == (["Z", "a", "É", "ä", "東"],)


def test_the_published_tables_are_the_gold_tables_but_for_those_that_only_serve_others() -> None:
    names = [table.name for table in schema()]
    assert {"gold.trends", "gold.trendsetter", "gold.places"} < set(names)
    assert "gold.topic_days" not in names
    assert names[-1] == batches.TABLE.name
