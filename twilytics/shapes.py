"""What tables of a database look like, as PostgreSQL tells it: what two databases are compared by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812

#: The version is alembic's own.
UNDECLARED = "ops.alembic_version"


@dataclass(frozen=True)
class Shape:
    """``columns``: by name the type as SQL, and whether it is nullable; in no order. ``indexes``: by name their definition, keys too."""

    columns: Mapping[str, tuple[str, bool]] = field(default_factory=dict)
    indexes: Mapping[str, str] = field(default_factory=dict)


def of(cursor: "Cursor", schemas: Sequence[str] = ("gold", "ops")) -> dict[str, Shape]:
    """By name, as ``gold.trends``, each table of the schemas."""
    cursor.execute(
        "SELECT nspname || '.' || relname, attname, format_type(atttypid, atttypmod)"
        " || CASE WHEN attcollation <> typcollation THEN format(' COLLATE %%I', collname) ELSE '' END, NOT attnotnull"
        " FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid JOIN pg_namespace ON pg_namespace.oid = relnamespace"
        " JOIN pg_type ON pg_type.oid = atttypid LEFT JOIN pg_collation ON pg_collation.oid = attcollation"
        " WHERE relkind = 'r' AND nspname = ANY(%s) AND attnum > 0 AND NOT attisdropped",
        (list(schemas),),
    )
    columns: dict[str, dict[str, tuple[str, bool]]] = {}
    for table, name, kind, is_nullable in cursor.fetchall():
        columns.setdefault(table, {})[name] = (kind, is_nullable)
    cursor.execute(
        "SELECT schemaname || '.' || tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = ANY(%s)", (list(schemas),)
    )
    indexes: dict[str, dict[str, str]] = {}
    for table, name, definition in cursor.fetchall():
        indexes.setdefault(table, {})[name] = definition
    return {table: Shape(found, indexes.get(table, {})) for table, found in columns.items() if table != UNDECLARED}
