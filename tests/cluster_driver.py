"""A driver in a process of its own: opens one session after the other on a cluster, and tells in JSON what became of each.

python -m tests.cluster_driver MASTER LAKE LONELY-PYTHON [OTHER-PYTHON]
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
from pyspark.sql import SparkSession

from twilytics.engines import workers
from twilytics.engines.session import opened_session
from twilytics.errors import TwilyticsError


def told(master: str, lake: str, python: str = sys.executable, options: Mapping[str, str] | None = None) -> str:
    """Where the session's workers have the project from, or the error that there is no session."""
    os.environ["PYSPARK_PYTHON"] = python
    try:
        with opened_session(master, options or {}, lake=lake) as session:
            return source(session)
    except TwilyticsError as error:
        return f"{type(error).__name__}: {error}"


def source(session: SparkSession) -> str:
    def asked(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import twilytics

        for _ in batches:
            yield pa.RecordBatch.from_pydict({"file": [twilytics.__file__]})

    return str(session.range(0, 1, 1, 1).mapInArrow(asked, "file string").head()[0])


@contextmanager
def unseen(lake: str) -> Iterator[Path]:
    """What a folder looks like from a machine that does not mount it."""
    yield Path(lake, "not-there")


def main() -> None:
    master, lake, lonely, *other = sys.argv[1:]
    found = {"opened": told(master, lake), "lonely": told(master, lake, lonely), "missing": told(master, lake, "/no/such/python")}
    if other:
        found["other"] = told(master, lake, other[0])
    workers.SECONDS_TO_BE_GRANTED = 5
    found["not granted"] = told(master, lake, options={"spark.executor.memory": "64g"})
    workers.SECONDS_TO_BE_GRANTED = 120
    workers._sign = unseen
    found["unseen"] = told(master, lake)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
