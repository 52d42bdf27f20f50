"""What a batch is to do, and the ids that follow from it: the same work has the same id, whoever submits it and however often."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from twilytics.noting import note_new_answers, note_new_tables
from twilytics.observatory import Observatory
from twilytics.refine import near
from twilytics.refinement import write_catalogue
from twilytics.slots import Runs

DIGITS = 16


@dataclass(frozen=True)
class Work:
    """``runs`` are to be refined. ``digest`` is of the lake's state and of what else the outcome depends on, but of no program."""

    runs: Runs
    digest: str

    def batch(self, program: str, attempt: int) -> str:
        """The id of a batch that does this by a program of that digest; attempts count from 1."""
        first = f"twilytics-{_short(self.digest, program)}"
        return first if attempt == 1 else f"{first}-{attempt}"


def due(observatory: Observatory) -> Work | None:
    """What is to be refined, noted in the ledger; None where nothing is. Only under the lake's lock.

    It is what :func:`twilytics.refinement.refine` begins with, which needs no engine: where nothing is due, no batch is paid for.
    """
    note_new_tables(observatory)
    note_new_answers(observatory)
    write_catalogue(observatory)
    state, settings = observatory.ledger, observatory.settings
    if not state.to_refine and not state.are_summaries_due:
        return None
    told = {
        "lake": settings.lake_root,
        "interval": settings.interval_minutes,
        "pairs": settings.pairs,
        "refined": [state.refined_batch, state.refined_tweets],
        "to_refine": [[run.since, run.until] for run in state.to_refine],
        "summaries": state.are_summaries_due,
    }
    return Work(near(state.to_refine, settings.interval), _short(json.dumps(told, default=datetime.isoformat)))


def label(lake: str) -> str:
    """What all batches over this lake carry, so that one that runs is found whatever it was submitted for."""
    return _short(lake)


def _short(*told: str) -> str:
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:DIGITS]
