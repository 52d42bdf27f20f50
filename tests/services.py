"""The embedded services, started once for all tests; each test has a database of its own on them."""

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2
import pytest

from twilytics.embedded import postgres, store


@contextmanager
def open_home() -> Iterator[Path]:
    """A temporary HOME where every account may go, unlike `tmp_path`: PostgreSQL, which root's tests run as nobody, needs no copy then."""
    folder = Path(tempfile.mkdtemp(prefix="twilytics-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def home() -> Iterator[Path]:
    with open_home() as folder:
        yield folder


@pytest.fixture(scope="session")
def mongodb_server() -> Iterator[str]:
    """The embedded store's URI, without a database."""
    with open_home() as folder, store.running(folder) as uri:
        yield uri


@pytest.fixture
def mongodb_uri(mongodb_server: str) -> str:
    """A database that nothing was ever landed in."""
    return f"{mongodb_server}/test-{uuid.uuid4().hex}"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The embedded PostgreSQL's DSN, as its owner."""
    with open_home() as folder, postgres.running(folder) as dsn:
        yield dsn


@contextmanager
def database(server: str) -> Iterator[str]:
    """An empty database on the server, as its owner; dropped afterwards."""
    name = f"test_{uuid.uuid4().hex}"
    with closing(psycopg2.connect(server)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
            try:
                yield f"{server.rpartition('/')[0]}/{name}"
            finally:
                cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgres_dsn(postgres_server: str) -> Iterator[str]:
    with database(postgres_server) as dsn:
        yield dsn
