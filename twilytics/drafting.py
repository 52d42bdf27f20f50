"""Write the next version of the database: ``python -m twilytics.drafting "What changes"``, or ``make migration MESSAGE="…"``.

A database that all versions made is compared with one that the declarations made, both on a server of their own.
What differs becomes SQL.
"""

import re
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import psycopg2

from twilytics import shapes
from twilytics.altering import altered, dropped
from twilytics.changing import changing
from twilytics.embedded import postgres
from twilytics.errors import TwilyticsError
from twilytics.migrating import FOLDER, newest, run_versions
from twilytics.published import all_tables
from twilytics.render import postgres as render
from twilytics.schema import Table

DECLARED = "declared"
TEMPLATE = '''"""{message}."""

from alembic import op

revision = "{number}"
down_revision = "{before}"


def upgrade() -> None:
    op.execute(SQL)


SQL = """
{statements}
"""
'''


def differences(dsn: str, declared_dsn: str, tables: Sequence[Table]) -> list[str]:
    """The SQL that makes of what the versions make what the tables declare. Both databases are empty, and are filled.

    Raise :class:`TwilyticsError` where that has to be written by hand.
    """
    with changing(dsn) as connection, connection.cursor() as cursor:
        run_versions(connection)
        made = shapes.of(cursor)
    with closing(psycopg2.connect(declared_dsn)) as connection, connection.cursor() as cursor:
        cursor.execute(render.schema(tables))
        connection.commit()
        declared = shapes.of(cursor)
    found = [statement for name in sorted(made.keys() - declared.keys()) for statement in dropped(name)]
    for table in tables:
        was = made.get(table.name)
        found += [render.create(table).rstrip()] if was is None else altered(table, was, declared[table.name])
    return found


def draft(message: str, folder: Path = FOLDER / "versions") -> Path | None:
    """Write the next version. None where nothing differs."""
    with tempfile.TemporaryDirectory(prefix="twilytics-") as home:
        Path(home).chmod(0o755)  # root's server runs as nobody
        with postgres.running(Path(home)) as dsn:
            with closing(psycopg2.connect(dsn)) as connection:
                connection.autocommit = True
                with connection.cursor() as cursor:
                    cursor.execute(f"CREATE DATABASE {DECLARED}")
            statements = differences(dsn, f"{dsn.rpartition('/')[0]}/{DECLARED}", all_tables())
    if not statements:
        return None
    before = newest()
    number = f"{int(before) + 1:04}"
    name = re.sub(r"[^a-z0-9]+", "_", message.lower()).strip("_")
    path = folder / f"{number}_{name}.py"
    body = "\n".join(statements)
    path.write_text(TEMPLATE.format(message=message.strip().rstrip("."), number=number, before=before, statements=body), encoding="utf-8")
    return path


def main(arguments: Sequence[str]) -> int:
    if len(arguments) != 1 or not arguments[0].strip():
        sys.stderr.write('say what changes: make migration MESSAGE="Volumes of trends"\n')
        return 2
    try:
        written = draft(arguments[0])
    except TwilyticsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{written}: read it, then `make generate`\n" if written else "the versions make what is declared: nothing to write\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
