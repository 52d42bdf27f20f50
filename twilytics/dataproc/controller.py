"""Dataproc's batches, asked for so that a lost answer, a full quota or a server that is away does no harm."""

import uuid
from collections.abc import Callable
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from typing import Any, Self

from google.api_core import exceptions
from google.api_core.retry import Retry
from google.auth.exceptions import GoogleAuthError
from google.cloud import dataproc_v1 as dataproc
from google.cloud.dataproc_v1.services.batch_controller.transports.rest import BatchControllerRestTransport

from twilytics import gcp, stopping
from twilytics.dataproc import refusals
from twilytics.dataproc.target import Target
from twilytics.dataproc.what import LAKE_LABEL
from twilytics.settings import Settings

State = dataproc.Batch.State
ENDED = (State.SUCCEEDED, State.FAILED, State.CANCELLED)


@dataclass(frozen=True)
class Patience:
    """In seconds: for one answer, between two tries (less by chance), and until it is given up; longer where a quota is to free up."""

    answer: float = 60.0
    first: float = 1.0
    longest: float = 20.0
    in_all: float = 600.0


class Controller:
    """Errors are :class:`SettingError` where somebody has to do something, else :class:`ServiceError`."""

    def __init__(self, settings: Settings, target: Target, patience: Patience) -> None:
        host = f"{target.region}-dataproc.googleapis.com"
        self._client = dataproc.BatchControllerClient(transport=gcp.transport(BatchControllerRestTransport, host, settings))
        self._target, self._patience = target, patience
        self._heed: Callable[[str], None] = stopping.heed

    def unheeding(self) -> Self:
        """The same for what is to be done though somebody asked to end."""
        other = copy(self)
        other._heed = lambda _stage: None
        return other

    def create(self, batch_id: str, batch: Any) -> bool:
        """Submit it. Return whether it is there by this call; else there is one of this id already.

        After a lost answer the same is asked for again, under the same request's id: there is one batch, whatever became of the first.
        """
        request = dataproc.CreateBatchRequest(parent=self._target.parent, batch=batch, batch_id=batch_id, request_id=str(uuid.uuid4()))
        try:
            self._asked(f"submit the batch {batch_id}", self._client.create_batch, request, expected=(exceptions.Conflict,))
        except exceptions.Conflict:
            return False
        return True

    def get(self, batch_id: str) -> Any:
        return self._asked(
            f"look at the batch {batch_id}", self._client.get_batch, dataproc.GetBatchRequest(name=self._target.name(batch_id))
        )

    def running(self, lake: str) -> list[Any]:
        """The batches of that label which have not ended, the oldest first."""
        live = " OR ".join(f"state = {state}" for state in ("PENDING", "RUNNING", "CANCELLING"))
        asked = dataproc.ListBatchesRequest(parent=self._target.parent, filter=f"labels.{LAKE_LABEL} = {lake} AND ({live})")
        found = self._asked("list the batches", lambda *what, **how: list(self._client.list_batches(*what, **how)), asked)
        return sorted((one for one in found if one.state not in ENDED), key=lambda one: one.create_time)

    def cancel(self, batch: Any) -> None:
        """Ask for its end. Harmless where it has ended."""
        doing, gone = f"cancel the batch {batch.name.rpartition('/')[2]}", (exceptions.NotFound, exceptions.BadRequest)
        with suppress(*gone):
            self._asked(doing, self._client.cancel_operation, {"name": batch.operation}, expected=gone)

    def _asked(self, doing: str, call: Any, request: Any, expected: tuple[type[Exception], ...] = ()) -> Any:
        """What the call gives. What is ``expected`` is raised as it is."""
        patience = self._patience
        tried_again = Retry(
            predicate=gcp.can_pass,
            initial=patience.first,
            maximum=patience.longest,
            timeout=patience.in_all,
            on_error=lambda _error: self._heed(f"Dataproc let it {doing}"),
        )
        try:
            return call(request, retry=tried_again, timeout=patience.answer)
        except (exceptions.GoogleAPIError, GoogleAuthError, OSError) as error:
            if isinstance(error, expected):
                raise
            raise refusals.told(error, self._target, doing) from error
