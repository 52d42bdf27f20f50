"""Where the peers' tables go: a schema that is dropped, made and filled in one transaction, by binary COPY or row by row."""

from contextlib import closing
from types import TracebackType
from typing import Self

import adbc_driver_postgresql.dbapi
import psycopg2
import pyarrow as pa

from benchmarks.peers.tables import TARGETS


class Copied:
    """By binary COPY of what Arrow holds, the keys last."""

    def __init__(self, dsn: str, schema: str) -> None:
        self.schema = schema
        self.connection = adbc_driver_postgresql.dbapi.connect(dsn)
        self.cursor = self.connection.cursor()

    def __enter__(self) -> Self:
        self._execute(f"DROP SCHEMA IF EXISTS {self.schema} CASCADE", f"CREATE SCHEMA {self.schema}")
        self._execute(*(f"CREATE TABLE {self.schema}.{name} ({target.sql_columns})" for name, target in TARGETS.items()))
        return self

    def put(self, name: str, rows: pa.RecordBatchReader) -> None:
        self.cursor.adbc_ingest(name, rows, mode="append", db_schema_name=self.schema)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if kind is None:
                # An index that is built of all rows costs less than one that is kept up row by row.
                self._execute("SET LOCAL maintenance_work_mem = '512MB'")
                self._execute(*(f"ALTER TABLE {self.schema}.{name} ADD {target.sql_key}" for name, target in TARGETS.items()))
                self.connection.commit()
        finally:
            self.cursor.close()
            self.connection.close()

    def _execute(self, *statements: str) -> None:
        for statement in statements:
            self.cursor.execute(statement)


class RowByRow:
    """By one INSERT a row, into tables with keys."""

    def __init__(self, dsn: str, schema: str) -> None:
        self.schema = schema
        self.connection = psycopg2.connect(dsn)
        self.cursor = self.connection.cursor()

    def __enter__(self) -> Self:
        self.cursor.execute(f"DROP SCHEMA IF EXISTS {self.schema} CASCADE")
        self.cursor.execute(f"CREATE SCHEMA {self.schema}")
        for name, target in TARGETS.items():
            self.cursor.execute(f"CREATE TABLE {self.schema}.{name} ({target.sql_columns}, {target.sql_key})")
        return self

    def put(self, name: str, rows: pa.RecordBatchReader) -> None:
        insert = f"INSERT INTO {self.schema}.{name} VALUES ({', '.join(['%s'] * len(TARGETS[name].columns))})"
        for batch in rows:
            for row in batch.to_pylist():
                self.cursor.execute(insert, tuple(row.values()))

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with closing(self.connection):
            if kind is None:
                self.connection.commit()
