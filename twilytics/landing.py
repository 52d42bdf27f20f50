"""Archive → spool → MongoDB: an answer is on disk in the spool before anything else happens with it."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from twilytics import unfinished
from twilytics.answers import Answer
from twilytics.capturing import Asked
from twilytics.mongo import AnswerStore
from twilytics.observatory import Observatory
from twilytics.sources import archive
from twilytics.spool import Spool

TOLD_EVERY = 100


@dataclass(frozen=True)
class Landed:
    """``n_answers`` were read, ``n_new`` of them the store did not have. ``faults``: how many were kept but can't be read, by
    reason. ``asked``: what came of the current slot, where the source was asked for it."""

    n_answers: int = 0
    n_new: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    asked: Asked | None = None


def replay(
    observatory: Observatory, archives: Sequence[Path], *, progress: Callable[[int, int], None] = lambda _done, _total: None
) -> Landed:
    """Land what the archives hold. ``progress`` is called with the answers read so far, and 0 since nobody knows of how many.

    Raise :class:`twilytics.sources.archive.ArchiveError` where one cannot be read at all, before anything is landed.
    """
    for path in archives:
        next(archive.read(path, datetime.now(UTC)), None)
    faults: Counter[str] = Counter()
    n_answers = 0

    def counted(answers: Iterable[Answer]) -> Iterator[Answer]:
        nonlocal n_answers
        for answer in answers:
            n_answers += 1
            if answer.fault:
                faults[answer.fault] += 1
            if n_answers % TOLD_EVERY == 0:
                progress(n_answers, 0)
            yield answer

    # The spool first, then the store: it takes a second to start.
    with unfinished.noted(_replays(observatory.spool), archives):
        for path in archives:
            observatory.spool.write(counted(archive.read(path, datetime.now(UTC))))
    progress(n_answers, 0)
    return Landed(n_answers, land(observatory.spool, observatory.store), dict(faults))


def land(spool: Spool, store: AnswerStore) -> int:
    """Bring whatever waits in the spool to the store, killed replays' archives too; return how many answers it did not have.

    Again is harmless.
    """
    with unfinished.left(_replays(spool)) as archives:
        for path in archives:
            spool.write(archive.read(path, datetime.now(UTC)))
    n_new = 0
    for segment in spool.segments():
        with suppress(FileNotFoundError):  # another process has brought it to bronze meanwhile
            n_new += store.land(spool.read(segment))
    return n_new


def _replays(spool: Spool) -> Path:
    return spool.folder / "replays"
