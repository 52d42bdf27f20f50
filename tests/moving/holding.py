"""What the parts of an observatory hold, read by other means than those that move them."""

import hashlib
from contextlib import closing
from pathlib import Path
from typing import Any

import obstore
import psycopg2
from bson import json_util
from obstore.store import GCSStore
from pymongo import MongoClient

from twilytics.observatory import Observatory
from twilytics.schema import Table
from twilytics.storage import credentials

#: Of a lake: what belongs to the place that it lies in.
OWN = {"_lock", "_lock_holder", "_moving.json", "_synced.json"}


def everything(observatory: Observatory) -> dict[str, Any]:
    return {"answers": answers(observatory), "lake": lake(observatory), "database": database(observatory.dsn)}


def answers(observatory: Observatory) -> dict[str, list[str]]:
    """Every document, as MongoDB's own JSON."""
    with closing(MongoClient(observatory.settings.mongodb_uri.get_secret_value())) as client:
        held = client.get_default_database()
        names = set(held.list_collection_names()) - {"moving"}
        return {
            name: sorted(json_util.dumps(one, sort_keys=True) for one in held[name].find({}, batch_size=100))
            for name in names
            if held[name].find_one()
        }


def lake(observatory: Observatory) -> dict[str, str]:
    """The SHA-256 of every file, by its path."""
    root = observatory.settings.lake_root
    if "://" not in root:
        files = (path for path in Path(root).rglob("*") if path.is_file() and path.name not in OWN and not path.name.startswith("."))
        return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    told = observatory.settings.gcp_credentials
    store = GCSStore(
        root.removeprefix("gs://").partition("/")[0],
        prefix=root.removeprefix("gs://").partition("/")[2],
        config=credentials.for_store(told),
        client_options=credentials.client(told),
    )
    names = [one["path"] for batch in obstore.list(store) for one in batch]
    return {name: hashlib.sha256(bytes(obstore.get(store, name).bytes())).hexdigest() for name in names if name not in OWN}


def database(dsn: str) -> dict[str, list[str]]:
    """Every row of every table of both schemas."""
    with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        cursor.execute("SET timezone = 'UTC'")
        cursor.execute("SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('gold', 'ops')")
        found = {}
        for (name,) in cursor.fetchall():
            cursor.execute(f"SELECT to_jsonb(one)::text FROM {name} AS one")
            found[name] = sorted(row for (row,) in cursor.fetchall())
        return found


def rows(observatory: Observatory, table: Table) -> list[dict[str, Any]]:
    """Of the lake's table, in the order of its grain."""
    return sorted(observatory.lake.read(table).to_pylist(), key=lambda row: [str(row[name]) for name in table.grain])
