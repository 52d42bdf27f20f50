"""The workers of a Spark cluster: whether they are there, and can run the project over the lake."""

import re
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Timer

import pyarrow as pa
import pyspark
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from twilytics.errors import ServiceError, SettingError

#: For them to be granted and to import the project. Spark itself would wait for ever.
SECONDS_TO_BE_GRANTED = 120.0
#: More than most clusters have cores free at once; each takes a moment.
TASKS = 8
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
NO_LAKE = "no lake at"
NOT_THERE = re.compile(r'Cannot run program "([^"]+)"')
#: As Python says it, and as Spark does of pyarrow and pandas.
LACKING = re.compile(r"(?:No module named|cannot import name) '([^']+)'|(\w+) >= [\d.]+ must be installed", re.IGNORECASE)


def check(session: SparkSession, master: str, lake: str) -> None:
    """Have workers import what silver needs, and look for the lake's folder.

    Raise :class:`ServiceError` where none is granted in time, or one fails; :class:`SettingError` where one has another Python, lacks
    a package, or does not see the folder, into which it would write for itself alone.
    """
    # The session is new, and has no other jobs. (In a classic session, interrupting them by tag was seen to do nothing.)
    end = session.interruptAll if master.startswith("sc://") else session.sparkContext.cancelAllJobs
    with _sign(lake) as sign:
        trial = session.range(0, TASKS, 1, TASKS).mapInArrow(_tried(sign), "id bigint")
        try:
            _within(SECONDS_TO_BE_GRANTED, trial.collect, end)
        except TimeoutError:
            raise ServiceError(
                f"{master} granted no worker within {SECONDS_TO_BE_GRANTED:.0f} s: are there any, with as many cores and as much memory "
                "free as spark.executor.cores and spark.executor.memory of Spark's configuration ask for? The next run tries it again"
            ) from None
        except (PySparkException, Py4JJavaError) as error:  # Java's own, where no Python was begun
            raise _in_our_words(f"the workers of {master}", lake, str(error)) from error


def _tried(sign: Path | None) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    seen = str(sign) if sign else ""

    def tried(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import os

        import twilytics.silver.entries
        import twilytics.silver.tweets  # noqa: F401

        if seen and not os.path.exists(seen):  # noqa: PTH110  (as little as possible is taken along)
            raise FileNotFoundError(f"{NO_LAKE} {seen}")
        yield from batches

    return tried


@contextmanager
def _sign(lake: str) -> Iterator[Path | None]:
    """A file in the lake's folder that only those see who see this very folder; None where it is a bucket."""
    if not lake or "://" in lake:
        yield None
        return
    path = Path(lake, f"_seen-{uuid.uuid4().hex}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _within(seconds: float, job: Callable[[], object], end: Callable[[], object]) -> None:
    """Do the job; have it ended and raise :class:`TimeoutError` where it takes longer."""
    is_late = Event()

    def late() -> None:
        is_late.set()
        end()

    timer = Timer(seconds, late)
    timer.start()
    try:
        job()
    except Exception:
        if is_late.is_set():
            raise TimeoutError from None
        raise
    finally:
        timer.cancel()


def _in_our_words(workers: str, lake: str, said: str) -> ServiceError | SettingError:
    if "PYTHON_VERSION_MISMATCH" in said:
        return SettingError(
            f"{workers} have another Python than {PYTHON}, which runs here: let PYSPARK_PYTHON name one of {PYTHON} on them"
        )
    if found := NOT_THERE.search(said):
        return SettingError(f"{workers} have no {found[1]}: let PYSPARK_PYTHON name a Python {PYTHON} on them, with the locked packages")
    if found := LACKING.search(said):
        lacking = found[1] or found[2]
        return SettingError(
            f"{workers} lack the package {lacking}: install the locked ones for the Python that PYSPARK_PYTHON names on them"
        )
    if NO_LAKE in said:
        return SettingError(
            f"{workers} do not see the lake's folder {lake}: mount it at the same path, or let TWILYTICS_LAKE name a bucket"
        )
    last = next((line for line in reversed(said.strip().splitlines()) if line.strip()), "it did not say why")
    return ServiceError(f"{workers} can't run Twilytics (Spark {pyspark.__version__} says: {last.strip()[:300]})")
