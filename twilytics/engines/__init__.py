"""Engines run the transforms over the lake: they know tables and slots, and nothing about trends."""

from contextlib import AbstractContextManager
from typing import Protocol

from twilytics.lake import Lake
from twilytics.refine import Step
from twilytics.settings import Settings


class Engine(Protocol):
    """Something that makes a step's rows and puts them in place. One at a time holds the lake's lock."""

    #: Answers that it refines best at once, within bounded memory.
    chunk_answers: int

    def run(self, step: Step) -> int:
        """Make the step's rows, replace them durably, and return how many there are."""
        ...


def opened(settings: Settings, lake: Lake) -> AbstractContextManager[Engine]:
    """The engine that TWILYTICS_ENGINE names. Loads it, and a JVM with it, only where asked for."""
    if settings.engine == "spark":
        from twilytics.engines.spark import spark_engine

        return spark_engine(lake, settings.interval, settings.spark_master)
    from twilytics.engines.duckdb import duckdb_engine

    return duckdb_engine(lake, settings.interval)
