"""What looks for leaks does find them."""

import base64
import gzip
import sqlite3
from contextlib import closing
from urllib.parse import quote, unquote

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pymongo import MongoClient

from tests.leaks import documents, files, leaks, rows

TOKEN = "AAAAsome/Token%2FofX%3D+9"


@pytest.mark.parametrize("secret", [TOKEN, "blanks and/sl@shes:100%"])
@pytest.mark.parametrize(
    "spell",
    [
        str,
        unquote,
        quote,
        lambda secret: quote(secret, safe=""),
        lambda secret: base64.b64encode(secret.encode()).decode(),
        lambda secret: base64.b64encode(f":{secret}".encode()).decode(),
        lambda secret: base64.b64encode(f"Bearer {secret}, and so on".encode()).decode(),
        lambda secret: base64.urlsafe_b64encode(f"me:{secret}".encode()).decode(),
    ],
)
def test_a_secret_that_is_logged_once_is_found(secret, spell):
    line = f"DEBUG Authorization: {spell(secret)}".encode()
    assert leaks([secret], {"log": b"one line\n" + line + b"\nanother"})
    assert leaks([secret], {"log": b"one line\nanother"}) == []


def test_a_secret_is_found_in_a_database_in_a_lake_and_in_an_archive(tmp_path):
    pq.write_table(pa.table({"detail": [f"no access with {TOKEN}"] * 1000}), tmp_path / "rows.parquet", compression="zstd")
    (tmp_path / "answers.gz").write_bytes(gzip.compress(TOKEN.encode()))
    with closing(sqlite3.connect(tmp_path / "runs.db")) as connection:
        connection.execute("CREATE TABLE log (message TEXT)")
        connection.execute("INSERT INTO log VALUES (?)", (TOKEN,))
        connection.commit()
    assert leaks([TOKEN], dict(files(tmp_path, "rows.parquet", "runs.db")))
    assert leaks([TOKEN], dict(files(tmp_path, "answers.gz", "runs.db")))
    assert leaks([TOKEN], dict(rows(tmp_path / "runs.db")))


def test_a_secret_is_found_in_mongodb(mongodb_uri):
    with MongoClient(mongodb_uri) as client:
        client.get_default_database()["answers"].insert_one({"_id": 1, "nested": [{"payload": TOKEN.encode()}]})
    assert leaks([TOKEN], dict(documents(mongodb_uri)))
