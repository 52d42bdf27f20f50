"""Bring silver and gold up to what bronze has, in the Spark session that is there: what a batch on Dataproc runs.

spark-submit jobs/refine.py        (with TWILYTICS_ENGINE=spark and TWILYTICS_LAKE=…)

The settings come from the environment. It needs neither Prefect nor MongoDB nor PostgreSQL.
"""

import argparse
import os
import sys
from contextlib import ExitStack

from twilytics import settings, storage
from twilytics.dataproc import outcome
from twilytics.errors import TwilyticsError
from twilytics.observatory import Observatory
from twilytics.refinement import Refined, refine


def refined(lease: str | None) -> Refined:
    with ExitStack() as stack:
        if "PYSPARK_GATEWAY_PORT" in os.environ:  # what spark-submit sets: its session is as whoever submitted this wants it
            from pyspark.sql import SparkSession

            stack.callback(SparkSession.builder.getOrCreate().stop)
        observatory = stack.enter_context(Observatory(settings.load()))
        stack.enter_context(observatory.lake.locked(lease))
        return refine(observatory, progress=lambda done, total: print(f"{done:,} of {total:,} answers", flush=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--staging", help="where to write what it did, for those who wait for a batch")
    parser.add_argument("--batch", help="the id of that batch")
    parser.add_argument("--lease", help="the lock of the lake that it works under; by default it takes the lock itself")
    asked = parser.parse_args()
    if (asked.staging is None) != (asked.batch is None):
        parser.error("--staging and --batch go together")
    try:
        done = refined(asked.lease)
    except Exception as error:
        if asked.batch is not None:
            outcome.write_failure(storage.opened(asked.staging), asked.batch, error)
        if isinstance(error, TwilyticsError):
            sys.exit(f"error: {error}")
        raise
    for table, written in done.rows.items():
        print(f"{written:>12,} {table}")
    if asked.batch is not None:
        outcome.write(storage.opened(asked.staging), asked.batch, done)


if __name__ == "__main__":
    main()
