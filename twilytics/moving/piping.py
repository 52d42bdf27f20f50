"""A table's rows out of one PostgreSQL and into another, as text, without ever holding them."""

import os
from threading import Thread
from typing import TYPE_CHECKING

from twilytics.render import postgres as render
from twilytics.schema import Table

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812

BYTES_AT_ONCE = 1 << 18


def pipe(source: "Cursor", target: "Cursor", table: Table) -> None:
    """Raise ``psycopg2.Error`` of whichever side failed: the target's transaction has to end with it."""
    columns, name = render.columns(table), render.name(table)
    outlet, inlet = os.pipe()
    failures: list[Exception] = []

    def pour() -> None:
        try:
            with os.fdopen(inlet, "wb") as sink:
                source.copy_expert(f"COPY (SELECT {columns} FROM {name}) TO STDOUT", sink, size=BYTES_AT_ONCE)  # noqa: S608  (declared)
        except Exception as error:  # carried to the caller, whatever it is
            failures.append(error)

    pouring = Thread(target=pour, name="pour", daemon=True)
    with os.fdopen(outlet, "rb") as rows:
        pouring.start()
        try:
            target.copy_expert(f"COPY {name} ({columns}) FROM STDIN", rows, size=BYTES_AT_ONCE)
        finally:
            rows.close()  # what still pours ends then
            pouring.join()
    # A source that failed looks like one that came to its end.
    if failures:
        raise failures[0]
