"""One call for one place, in a thread of its own: ask, keep the answer, and say what came of it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from twilytics.answers import Answer
from twilytics.errors import TwilyticsError
from twilytics.sources import Source, verdict
from twilytics.sources.reply import Reply, Unanswered
from twilytics.sources.wire import Wire

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Came:
    """What came of a call: a reply, which was kept where it is an answer, or a failure, or both; or what has to end the whole run."""

    place: str
    went_at: datetime
    reply: Reply | None = None
    failure: Unanswered | None = None
    broken: Exception | None = None

    @property
    def is_kept(self) -> bool:
        """Whether an answer came and was kept, be it readable or not."""
        return self.broken is None and self.reply is not None and verdict.is_answer(self.reply)


@dataclass(frozen=True)
class Caller:
    """Whom to call and who keeps the answers."""

    source: Source
    wire: Wire
    keep: Callable[[Answer], object]
    now: Callable[[], datetime]

    def call(self, place: str, place_id: str, went_at: datetime) -> Came:
        """Nothing is raised: whoever waits for this thread waits for what it hands back."""
        reply = None
        try:
            reply = self.source.ask(place_id, self.wire)
            if not verdict.is_answer(reply):
                return Came(place, went_at, reply, verdict.refusal(reply, self.source))
            try:
                self.keep(Answer(self.source.NAME, place_id, reply.asked_at, self.now(), reply.payload))
            except Exception as error:  # carried to the caller's thread, which ends the run
                return Came(place, went_at, reply, broken=error)
            flaw = verdict.unreadable(self.source.NAME, reply.payload)
            return Came(place, went_at, reply, Unanswered(*flaw) if flaw else None)
        except Unanswered as failure:
            return Came(place, went_at, failure=failure)
        except TwilyticsError as error:
            return Came(place, went_at, broken=error)
        except Exception as error:  # a fault of ours or of a library must not cost the other places
            _log.debug("Asking %s for %s failed", self.source.NAME, place, exc_info=True)
            return Came(place, went_at, reply, Unanswered("unexpected", type(error).__name__))
