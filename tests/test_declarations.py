"""What every table owes its readers."""

from pathlib import Path

import pytest

from twilytics import ops
from twilytics.gold import batches
from twilytics.render import postgres
from twilytics.schema import Table
from twilytics.tables import definitions

TABLES = [*(definition.table for definition in definitions().values()), batches.TABLE, *ops.tables()]
#: Numbers that nobody adds up or draws.
IDENTIFIERS = {"woeid", "batch", "position"}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_table_and_column_is_described_in_sentences(table: Table) -> None:
    assert table.description.strip().partition("\n")[0]
    for column in table.columns:
        assert column.description.rstrip().endswith("."), f"{table.name}.{column.name}: {column.description!r}"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_number_has_a_unit_or_is_an_identifier(table: Table) -> None:
    bare = {column.name for column in table.columns if column.type in ("bigint", "double") and column.unit is None}
    assert bare <= IDENTIFIERS


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_keys_are_never_null_and_their_tables_have_names_that_every_place_takes(table: Table) -> None:
    assert not any(table.column(key).nullable for key in table.grain)
    assert all(column.name.isidentifier() and column.name == column.name.lower() for column in table.columns)
    assert len(f"{table.short_name}_{table.time}") < 64, "PostgreSQL cuts longer names of an index"
    assert set(postgres.TYPES) >= {column.type for column in table.columns}


@pytest.mark.parametrize(
    "table", [definition.table for definition in definitions().values() if definition.transform], ids=lambda table: table.name
)
def test_every_table_that_is_made_has_a_test_module(table: Table) -> None:
    assert (Path(__file__).parent / table.layer / f"test_{table.short_name}.py").is_file()
