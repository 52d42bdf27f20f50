"""Refinement by a batch: find the one that runs, or submit one, wait for it, and read back what it did."""

import logging
from collections.abc import Callable
from typing import Any

from twilytics import storage
from twilytics.dataproc import came, log, outcome, program, waiting, what, work
from twilytics.dataproc.controller import ENDED, Controller, Patience, State
from twilytics.dataproc.target import target
from twilytics.dataproc.waiting import Pace
from twilytics.errors import TwilyticsError
from twilytics.observatory import Observatory
from twilytics.refinement import Refined

_log = logging.getLogger(__name__)
#: Batches that may fail at the same work before somebody has to look: each is paid for.
MOST_FAILURES = 5
PATIENCE, PACE = Patience(), Pace()


def refine(
    observatory: Observatory,
    *,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    patience: Patience = PATIENCE,
    pace: Pace = PACE,
) -> Refined:
    """As :func:`twilytics.refinement.refine`, done elsewhere. Only under the lake's lock, which the batch works under.

    A batch that was left running over this lake is waited for first, and then what is still due is done: there is never a second one
    beside it. Raise :class:`SettingError` or :class:`ServiceError` where none can be submitted or Dataproc lost it,
    :class:`TwilyticsError` where its program failed or somebody ended it, and :class:`twilytics.stopping.Stopped`, with the batch
    cancelled, where somebody asks to end.
    """
    return _Refinement(observatory, patience, pace).done(progress)


class _Refinement:
    def __init__(self, observatory: Observatory, patience: Patience, pace: Pace) -> None:
        self._observatory, self._settings, self._pace = observatory, observatory.settings, pace
        self._target = target(self._settings)
        self._controller = Controller(self._settings, self._target, patience)
        self._staging = storage.opened(self._target.staging, self._settings.gcp_credentials)
        #: What the batch works under: the lock of the lake, which this process holds and renews.
        self._lease = observatory.lake.storage.lease

    def done(self, progress: Callable[[int, int], None]) -> Refined:
        found = [self._left(batch) for batch in self._controller.running(work.label(self._settings.lake_root))]
        due = work.due(self._observatory)
        if due is not None:
            own = self._ended(self._submitted(due))
            if own.refined is None:
                assert own.error is not None
                raise own.error
            found.append(own.refined)
        refined = sum((one for one in found if one is not None), Refined())
        progress(refined.n_answers, refined.n_answers)
        return refined

    def _left(self, batch: Any) -> Refined | None:
        """What came of a batch that an earlier try left running; None where it failed: what it did not do is still due.

        One that works under another lease has lost the lock with the process that submitted it: it can commit nothing more.
        """
        batch_id = batch.name.rpartition("/")[2]
        if what.lease(batch) == self._lease:
            _log.warning("the batch %s runs over this lake already: waiting for it (%s)", batch_id, self._target.url(batch_id))
        else:
            _log.warning(
                "the batch %s was left by a process that is gone: %s", batch_id, waiting.cancelled(self._controller, batch_id, self._pace)
            )
        left = self._ended(batch_id)
        if left.refined is None:
            _log.warning("%s; what it has not done is submitted again", left.error)
        return left.refined

    def _submitted(self, due: work.Work) -> str:
        """The id of a batch that does what is due, submitted by this or by an earlier try."""
        submitted = program.staged(self._staging, self._target.image)
        n_failed, attempt, batch_id = 0, 0, ""
        while n_failed < MOST_FAILURES:
            attempt += 1
            batch_id = due.batch(submitted.digest, attempt)
            if self._controller.create(batch_id, what.batch(self._settings, self._target, submitted, batch_id, self._lease)):
                _log.info("submitted the batch %s (%s)", batch_id, self._target.url(batch_id))
                return batch_id
            state = self._controller.get(batch_id).state
            if state not in ENDED or (state == State.SUCCEEDED and self._is_done()):
                return batch_id
            # One that succeeded, and yet all is due: it did the same work earlier, as where a backfill is asked for twice.
            n_failed += state != State.SUCCEEDED
        raise TwilyticsError(
            f"{n_failed} batches failed at the same work, the last is {batch_id}: look at {self._target.url(batch_id)}. "
            "It is tried again when other answers have come, or with another version of Twilytics"
        )

    def _is_done(self) -> bool:
        self._observatory.lake.look_again()
        state = self._observatory.ledger
        return not state.to_refine and not state.are_summaries_due

    def _ended(self, batch_id: str) -> came.Came:
        """Wait for the batch's end; what came of it."""
        batch = waiting.ended(self._controller, batch_id, self._pace)
        # It has written to the lake under this process's lock.
        self._observatory.lake.look_again()
        lines = log.last_lines(self._settings, self._target, batch_id)
        found = came.of(batch, outcome.read(self._staging, batch_id), lines, self._target)
        _log.info("%s", found.run)
        return found
