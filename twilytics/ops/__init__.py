"""What running it needs beside the published tables: in PostgreSQL alone, in a schema `ops` that readers do not see."""

from importlib import import_module

from twilytics.schema import Table

TABLES = ("watch", "alerts")


def tables() -> tuple[Table, ...]:
    return tuple(import_module(f"{__name__}.{name}").TABLE for name in TABLES)
