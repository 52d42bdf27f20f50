"""One observatory: its settings, and the parts that they name, each opened when it is first needed."""

from contextlib import ExitStack
from functools import cached_property
from types import TracebackType
from typing import Self

from twilytics import keyed, ledger
from twilytics.engines import Engine, opened
from twilytics.lake import Lake
from twilytics.ledger import Ledger
from twilytics.mongo import AnswerStore
from twilytics.settings import Settings
from twilytics.spool import Spool
from twilytics.tombstones import Register


class Observatory:
    """To be used in a ``with``: whatever was opened or started on demand is closed or stopped at its end."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._open.close()

    @cached_property
    def spool(self) -> Spool:
        return Spool(self.settings.home / "spool", self.tombstones.admitted)

    @cached_property
    def store(self) -> AnswerStore:
        """The raw answers, in the MongoDB of the settings or the embedded store."""
        if self.settings.mongodb_uri is not None:
            uri = self.settings.mongodb_uri.get_secret_value()
        else:
            from twilytics.embedded import store

            uri = self._open.enter_context(store.running(self.settings.home))
        answers = AnswerStore(uri)
        self._open.callback(answers.close)
        return answers

    @cached_property
    def lake(self) -> Lake:
        return Lake(self.settings.lake_root, self.settings.gcp_credentials)

    @cached_property
    def tombstones(self) -> Register:
        return Register(self.lake, lambda: keyed.key(self.settings))

    @cached_property
    def engine(self) -> Engine:
        return self._open.enter_context(opened(self.settings, self.lake))

    @cached_property
    def dsn(self) -> str:
        """The PostgreSQL to publish to, in its owner's name: of the settings, or the embedded server. Holds a password."""
        if self.settings.postgres_dsn is not None:
            return self.settings.postgres_dsn.get_secret_value()
        from twilytics.embedded import postgres

        return self._open.enter_context(postgres.running(self.settings.home))

    @property
    def ledger(self) -> Ledger:
        """What is still to be done, as last saved."""
        return ledger.load(self.lake.storage, self.settings.interval)

    def save(self, state: Ledger) -> None:
        ledger.save(state, self.lake.storage)
