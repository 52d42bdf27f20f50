"""The observatory that a flow works on: the one that its process keeps open, or one of its own."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from types import TracebackType

from flows import blocks
from twilytics.cycle import Progress, no_progress
from twilytics.errors import GateError, SettingError
from twilytics.observatory import Observatory
from twilytics.settings import Settings
from twilytics.stopping import Stopped

_current: ContextVar["Kept | None"] = ContextVar("kept", default=None)
#: Set where a worker of Prefect's, or another of its runners, started this process for a run.
OF_A_WORKER = "PREFECT__FLOW_RUN_ID"
#: After these, whatever is open is still good.
HARMLESS = (GateError, SettingError, Stopped)


class Kept:
    """An observatory that stays open from run to run, opened when the first one needs it, and anew after a failure."""

    def __init__(self, settings: Settings, opened: Observatory | None = None, progress: Progress = no_progress) -> None:
        self._settings = settings
        self._opened = opened
        self.progress = progress
        self._stack = ExitStack()

    def observatory(self) -> Observatory:
        if self._opened is None:
            self._opened = self._stack.enter_context(Observatory(blocks.resolved(self._settings)))
        return self._opened

    def close(self) -> None:
        self._opened = None
        self._stack.close()

    @contextmanager
    def used(self) -> Iterator[None]:
        """Let the flows that run inside work on this observatory."""
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)

    def __enter__(self) -> "Kept":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def progress() -> Progress:
    """Whom to tell how far the flow is."""
    kept = _current.get()
    return no_progress if kept is None else kept.progress


@contextmanager
def observatory() -> Iterator[Observatory]:
    """The observatory that this process keeps open; without one, one that is opened and closed here, as the settings say."""
    kept = _current.get()
    if kept is None:
        with Observatory(_settings()) as opened:
            yield opened
        return
    try:
        yield kept.observatory()
    except HARMLESS:
        raise
    except BaseException:
        kept.close()
        raise


def _settings() -> Settings:
    """Those of the environment. Raise :class:`SettingError` where a worker of Prefect's runs this without a HOME.

    It does so in a folder that it removes after the run, where HOME is by default.
    """
    settings = blocks.load()
    if OF_A_WORKER in os.environ and "home" not in settings.model_fields_set:
        raise SettingError("a work pool's runs have no folder of their own: start the worker with TWILYTICS_HOME set")
    return settings
