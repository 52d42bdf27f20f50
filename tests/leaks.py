"""Finding a secret in whatever was written somewhere: files, Delta tables, archives, SQLite, MongoDB."""

import base64
import gzip
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, unquote

import bson
import pyarrow.parquet as pq
from pymongo import MongoClient


def spellings(secret: str) -> set[bytes]:
    """As it is, percent-encoded once and twice, decoded, and within base64, wherever in a group of three bytes it begins."""
    plain = {
        secret,
        quote(secret),
        quote(secret, safe=""),
        quote(secret, safe="%"),
        quote(quote(secret, safe=""), safe=""),
        unquote(secret),
    }
    coded = {
        encode(b"x" * before + text.encode())[-(-before * 8 // 6) :].rstrip(b"=")[:-1]
        for text in (secret, unquote(secret))
        for encode in (base64.b64encode, base64.urlsafe_b64encode)
        for before in range(3)
    }
    return {text.encode() for text in plain} | coded


def leaks(secrets: Iterable[str], told: Mapping[str, bytes]) -> list[str]:
    """Where one of the secrets is, and how it is spelled there, with what stands before it."""
    spelled = {spelling for secret in secrets for spelling in spellings(secret)}
    return [
        f"{where}: {text[max(0, at - 60) : at + len(spelling)]!r}"
        for where, text in told.items()
        for spelling in spelled
        if (at := text.find(spelling)) >= 0
    ]


def files(folder: Path, *but: str) -> Iterator[tuple[str, bytes]]:
    """Each file below a folder, as bytes; what is compressed, also as text."""
    for path in folder.rglob("*"):
        if path.is_file() and path.relative_to(folder).parts[0] not in but:
            yield str(path), path.read_bytes()
            if path.suffix == ".parquet":
                yield f"{path} (rows)", repr(pq.ParquetFile(path).read().to_pylist()).encode()
            elif path.suffix == ".gz":
                yield f"{path} (text)", gzip.decompress(path.read_bytes())


def rows(database: Path) -> Iterator[tuple[str, bytes]]:
    """Each table of SQLite: a value may lie on several pages of the file."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            found = connection.execute(f'SELECT * FROM "{table}"').fetchall()
            yield (
                f"{database.name}: {table}",
                b"\n".join(value if isinstance(value, bytes) else str(value).encode() for row in found for value in row),
            )


def documents(uri: str) -> Iterator[tuple[str, bytes]]:
    with MongoClient(uri) as client:
        database = client.get_default_database()
        for name in database.list_collection_names():
            yield f"MongoDB: {name}", b"\n".join(bson.encode(document) for document in database[name].find())
