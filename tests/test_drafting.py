"""A change of a declaration becomes a version: what the versions make is what is declared, or a test says so."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg2
import pytest

from tests.lakes import Ask, version
from tests.services import database
from twilytics import drafting, ops, publication, shapes
from twilytics.errors import TwilyticsError
from twilytics.gold import batches, quality, trends
from twilytics.published import all_tables
from twilytics.schema import Column, Table

WATCH, _ = ops.tables()
NOTE = Column("note", "string", "A note.", nullable=True)


@pytest.fixture
def declared_dsn(postgres_server: str) -> Iterator[str]:
    with database(postgres_server) as dsn:
        yield dsn


def test_the_versions_make_what_is_declared(postgres_dsn: str, declared_dsn: str):
    left = drafting.differences(postgres_dsn, declared_dsn, all_tables())
    assert left == [], 'the declarations changed: make migration MESSAGE="what changes", and read what it wrote'


def with_columns(table: Table, *columns: Column, without: str = "") -> Table:
    return replace(table, columns=(*(column for column in table.columns if column.name != without), *columns))


def changed(table: Table, name: str, **facts: object) -> Table:
    return replace(table, columns=tuple(replace(one, **facts) if one.name == name else one for one in table.columns))


def among(changed_table: Table) -> Sequence[Table]:
    return [changed_table if table.name == changed_table.name else table for table in all_tables()]


RANKLESS = replace(trends.TABLE, grain=("place", "slot", "topic"))
NEW = replace(trends.TABLE, name="gold.another")


@pytest.mark.parametrize(
    ("table", "is_kept", "is_whole"),
    [
        (with_columns(trends.TABLE, NOTE), True, False),
        (with_columns(trends.TABLE, without="volume"), True, True),
        (changed(trends.TABLE, "title", nullable=True), True, True),
        (replace(trends.TABLE, time="place"), True, True),
        (with_columns(trends.TABLE, replace(NOTE, nullable=False)), False, False),
        (changed(trends.TABLE, "volume", nullable=False), False, False),
        (changed(trends.TABLE, "volume", type="string"), False, False),
        (changed(trends.TABLE, "title", type="double"), False, False),
        (RANKLESS, False, False),
    ],
    ids=[
        "a column more", "a column less", "may be NULL", "another index",
        "a column more that is never NULL", "is never NULL any more", "another type", "a type nothing becomes", "another key",
    ],
)  # fmt: skip
def test_a_changed_table_is_as_declared_keeps_its_rows_or_is_published_anew(
    table: Table, is_kept: bool, is_whole: bool, postgres_dsn: str, declared_dsn: str, ask: Ask
):
    steps = drafting.differences(postgres_dsn, declared_dsn, among(table))
    publication.publish(postgres_dsn, version(1), 1)
    applied(postgres_dsn, steps)
    assert shape(postgres_dsn) == shape(declared_dsn)
    assert ask("SELECT count(*) FROM gold.trends") == [(1000 if is_kept else 0,)]
    assert ("gold.trends" in publication.last_batch(postgres_dsn).tables) is is_whole
    # A schema that somebody dropped is made as declared, and the version comes all the same.
    applied(postgres_dsn, steps)
    assert shape(postgres_dsn) == shape(declared_dsn)


def applied(dsn: str, steps: Sequence[str]) -> None:
    with closing(psycopg2.connect(dsn)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("\n".join(steps))


def shape(dsn: str) -> dict[str, shapes.Shape]:
    with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        return shapes.of(cursor)


def test_a_new_table_is_made_and_one_that_is_declared_no_more_goes_with_its_days(postgres_dsn: str, declared_dsn: str):
    tables = [NEW, *(table for table in all_tables() if table.name not in ("gold.change_rate", "gold.change_rate_by_day"))]
    steps = drafting.differences(postgres_dsn, declared_dsn, tables)
    publication.publish(postgres_dsn, version(1), 1)
    applied(postgres_dsn, steps)
    assert shape(postgres_dsn) == shape(declared_dsn)


def test_a_log_with_a_new_column_is_emptied_as_nothing_else_has_it_published_again(postgres_dsn: str, declared_dsn: str):
    steps = drafting.differences(postgres_dsn, declared_dsn, among(with_columns(quality.TABLE, NOTE)))
    assert steps == ['TRUNCATE "gold"."quality";', 'ALTER TABLE "gold"."quality" ADD COLUMN IF NOT EXISTS "note" text COLLATE "C";']


@pytest.mark.parametrize(
    "tables",
    [
        among(with_columns(WATCH, without="title")),
        among(changed(WATCH, "title", type="bigint")),
        among(with_columns(WATCH, replace(NOTE, nullable=False))),
        among(replace(WATCH, grain=("title",))),
        among(with_columns(batches.TABLE, without="slots")),
        [table for table in all_tables() if table != WATCH],
    ],
    ids=["a column less", "another type", "a column that is never NULL", "another key", "of the batches", "no table"],
)
def test_what_would_lose_rows_that_nothing_else_has_is_to_be_written_by_hand(tables: Sequence[Table], postgres_dsn: str, declared_dsn: str):
    with pytest.raises(TwilyticsError, match=r"(ops\.watch|gold\.batches).* nobody|nothing.*write by hand the version"):
        drafting.differences(postgres_dsn, declared_dsn, tables)


def test_a_column_that_may_be_null_is_added_where_nothing_else_has_the_rows(postgres_dsn: str, declared_dsn: str):
    steps = drafting.differences(postgres_dsn, declared_dsn, among(with_columns(WATCH, NOTE)))
    assert steps == ['ALTER TABLE "ops"."watch" ADD COLUMN IF NOT EXISTS "note" text COLLATE "C";']


def test_a_version_is_written_that_makes_what_was_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    assert drafting.draft("Nothing", tmp_path) is None
    monkeypatch.setattr(drafting, "all_tables", lambda: among(with_columns(WATCH, NOTE)))
    monkeypatch.setattr(drafting, "newest", lambda: "0041")
    path = drafting.draft("Notes, for what is watched.", tmp_path)
    assert path == tmp_path / "0042_notes_for_what_is_watched.py"
    assert path.read_text() == (
        '"""Notes, for what is watched."""\n\nfrom alembic import op\n\nrevision = "0042"\ndown_revision = "0041"\n\n\n'
        'def upgrade() -> None:\n    op.execute(SQL)\n\n\nSQL = """\n'
        'ALTER TABLE "ops"."watch" ADD COLUMN IF NOT EXISTS "note" text COLLATE "C";\n"""\n'
    )
    assert drafting.main([]) == 2
    assert 'make migration MESSAGE="' in capsys.readouterr().err
