"""SQL that makes of a table of the database what its declaration says by now, in a moment however much it holds.

It is harmless where the table is as declared already: a schema that somebody dropped is made so, whatever versions are to come.
Tables of `gold` are the lake's: one that cannot be changed in a moment is emptied. It is published anew, as :func:`unpublished`
has the newest batch tell of no version of it. Rows of `ops`, and of `gold.batches`, are nobody else's: what would lose some, or
ask them for a value, has to be written by hand.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from twilytics.errors import TwilyticsError
from twilytics.gold import batches
from twilytics.published import LOGS
from twilytics.render import postgres as render
from twilytics.render.expectations import quoted
from twilytics.schema import Table
from twilytics.shapes import Shape

_LOGS = {table.name for table in LOGS}


def dropped(name: str) -> list[str]:
    """What takes off a table, named as ``gold.trends``, that is declared no more. Raise :class:`TwilyticsError` where its rows are lost."""
    layer, _, short_name = name.partition(".")
    if not _is_derived(name):
        raise TwilyticsError(f"{name} is declared no more, and its rows are nobody else's: write by hand the version that drops it")
    return [f"DROP TABLE IF EXISTS {quoted(layer)}.{quoted(short_name)};"]


def altered(table: Table, was: Shape, wanted: Shape) -> list[str]:
    """What makes of the table what is wanted. Raise :class:`TwilyticsError` where rows would be lost that the lake does not have."""
    change = _Change(table, was, wanted)
    if not _is_derived(table.name) and (change.is_emptying or change.gone):
        raise TwilyticsError(f"{table.name} has rows that nothing else has: write by hand the version that changes it")
    return list(change.statements())


def unpublished(table: Table) -> str:
    """What has the newest batch tell of no version of the table."""
    versions = f"(lake_versions::jsonb - {render.literal(table.name)})::text"
    return f"UPDATE gold.batches SET lake_versions = {versions} WHERE batch = (SELECT max(batch) FROM gold.batches);"  # noqa: S608  (declared)


def _is_derived(name: str) -> bool:
    """Whether the lake has the rows as well."""
    return name.startswith("gold.") and name != batches.TABLE.name


@dataclass(frozen=True)
class _Change:
    table: Table
    was: Shape
    wanted: Shape

    @property
    def added(self) -> list[str]:
        return [name for name in self.table.names if name not in self.was.columns]

    @property
    def gone(self) -> list[str]:
        return [name for name in self.was.columns if name not in self.wanted.columns]

    @property
    def kept(self) -> list[str]:
        return [name for name in self.table.names if name in self.was.columns]

    @property
    def retyped(self) -> list[str]:
        return [name for name in self.kept if self.was.columns[name][0] != self.wanted.columns[name][0]]

    @property
    def is_emptying(self) -> bool:
        """Whether rows that are there cannot stay: their key or types change, or they lack what no row may lack. Logs are never
        published again as they stand, so that they would never get the values of a new column."""
        # A column that is not there yet has no value anywhere.
        stricter = (not self.wanted.columns[name][1] and self.was.columns.get(name, ("", True))[1] for name in self.table.names)
        is_other_key = self.was.indexes.get(render.key_name(self.table)) != self.wanted.indexes[render.key_name(self.table)]
        return is_other_key or bool(self.retyped) or any(stricter) or bool(self.added and self.table.name in _LOGS)

    def statements(self) -> Iterator[str]:
        name = render.name(self.table)
        if self.is_emptying:
            yield f"TRUNCATE {name};"
        for index in self._differing(self.was, self.wanted):
            is_key, at = index == render.key_name(self.table), f"{quoted(self.table.layer)}.{quoted(index)}"
            yield f"ALTER TABLE {name} DROP CONSTRAINT IF EXISTS {quoted(index)};" if is_key else f"DROP INDEX IF EXISTS {at};"
        for column in self.gone:
            yield f"ALTER TABLE {name} DROP COLUMN IF EXISTS {quoted(column)};"
        for column in self.added:
            yield f"ALTER TABLE {name} ADD COLUMN IF NOT EXISTS {render.definition(self.table.column(column))};"
        for column in self.kept:
            yield from self._column(f"ALTER TABLE {name} ALTER COLUMN {quoted(column)}", column)
        for index in self._differing(self.wanted, self.was):
            made = self.wanted.indexes[index].replace("CREATE INDEX ", "CREATE INDEX IF NOT EXISTS ", 1)
            yield f"ALTER TABLE {name} ADD {render.key(self.table)};" if index == render.key_name(self.table) else f"{made};"
        if _is_derived(self.table.name) and self.table.name not in _LOGS and (self.is_emptying or self.added):
            yield unpublished(self.table)

    @staticmethod
    def _differing(these: Shape, those: Shape) -> list[str]:
        return [name for name, definition in these.indexes.items() if those.indexes.get(name) != definition]

    def _column(self, alter: str, column: str) -> Iterator[str]:
        (kind, is_nullable), (was_kind, was_nullable) = self.wanted.columns[column], self.was.columns[column]
        if kind != was_kind:
            yield f"{alter} TYPE {kind} USING NULL;"
        if is_nullable != was_nullable:
            yield f"{alter} {'DROP' if is_nullable else 'SET'} NOT NULL;"
