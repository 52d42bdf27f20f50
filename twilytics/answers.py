"""An answer: what a source said of a place at a time, byte for byte as it came."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from twilytics.sources.reasons import CALL


@dataclass(frozen=True)
class Answer:
    """``payload`` holds the bytes as they came, ``place_id`` the source's own id of the place.

    Where the envelope could not be read (a broken line of an archive), ``fault`` says why, ``payload`` is the
    whole line, and ``captured_at`` is the landing time, since the real one is not known. Where the source gave no answer,
    ``fault`` says why (:data:`twilytics.sources.reasons.CALL`), and ``payload`` is empty. ``title`` is the topic that was asked
    about, as shown; None where the answer is a list of what trends.
    """

    source: str
    place_id: str
    captured_at: datetime
    landed_at: datetime
    payload: bytes
    fault: str | None = None
    detail: str | None = None
    title: str | None = None

    @property
    def id(self) -> str:
        """SHA-256 over who was asked for what, when, and what came: landing the same answer twice adds nothing.

        The times of an envelope that could not be read are not its own, so only its bytes count.
        """
        when = self.captured_at.isoformat() if self.fault is None or self.fault in CALL else ""
        digest = hashlib.sha256()
        about = () if self.title is None else (self.title,)
        for part in (self.source, self.place_id, when, self.fault or "", *about):
            encoded = part.encode("utf-8", "surrogatepass")
            digest.update(len(encoded).to_bytes(8, "big") + encoded)
        digest.update(self.payload)
        return digest.hexdigest()
