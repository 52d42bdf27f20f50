"""Engines run the transforms over the lake: they know tables and slots, and nothing about trends."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from twilytics import keyed
from twilytics.lake import Lake
from twilytics.refine import Step
from twilytics.schema import Table
from twilytics.settings import Settings
from twilytics.slots import Runs, minutes
from twilytics.tables import Definition


@dataclass(frozen=True)
class Made:
    """The rows of ``table`` in these runs (all, where None) were replaced: now there are ``n_rows`` of them."""

    table: Table
    runs: Runs | None
    n_rows: int


@dataclass(frozen=True)
class Options:
    """What transforms are told beside tables: the interval of slots, and the key that authors are hashed with."""

    interval: timedelta
    key: bytes = field(repr=False)

    @property
    def minutes(self) -> int:
        return minutes(self.interval)

    def of(self, definition: Definition) -> dict[str, Any]:
        """Those that a transform wants, by keyword."""
        return {name: getattr(self, name) for name in definition.options}


class Engine(Protocol):
    """Something that makes a step's rows and puts them in place. One at a time holds the lake's lock."""

    #: Answers that it refines best at once, within bounded memory.
    chunk_answers: int
    #: Steps that it runs side by side.
    steps_at_once: int
    lake: Lake

    def run(self, step: Step) -> Made:
        """Make the step's rows, and replace them durably."""
        ...

    def follow(self, step: Step, since: int | None) -> Made:
        """Make durably those rows of a :class:`twilytics.schema.Keyed` table anew whose key has changed rows in what it follows.

        ``since``: the version of that table which the rows were made of; where it is None or not there any more, all are made.
        """
        ...


def opened(settings: Settings, lake: Lake) -> AbstractContextManager[Engine]:
    """The engine that TWILYTICS_ENGINE names. Loads it, and a JVM with it, only where asked for.

    Where refinement goes to Dataproc, what is left for this process (maintenance, erasure) is small, and needs no Spark.
    """
    options = Options(settings.interval, keyed.key(settings))
    if settings.engine == "spark" and not settings.refines_in_batches:
        from twilytics.engines.spark import spark_engine

        return spark_engine(lake, options, settings.spark_master, settings.gcp_credentials)
    from twilytics.engines.duckdb import duckdb_engine

    return duckdb_engine(lake, options)
