"""What a batch did, or why it could not, as the program writes it for those who wait: a small file in the staging prefix."""

import json
import traceback
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from twilytics.errors import ServiceError, SettingError, TwilyticsError
from twilytics.refinement import Refined
from twilytics.slots import Slots
from twilytics.storage import Storage

LAST_LINES = 15


@dataclass(frozen=True)
class Failure:
    """``kind`` is the name of the error's class, ``lines`` the end of where it came from."""

    kind: str
    message: str
    lines: tuple[str, ...]

    def error(self, batch: str, url: str) -> TwilyticsError:
        """What to raise for it here: of its own kind where that is one of ours."""
        kinds = {kind.__name__: kind for kind in (SettingError, ServiceError)}
        return kinds.get(self.kind, TwilyticsError)(f"the batch {batch} failed: {self.message} ({url})")


def name(batch: str) -> str:
    return f"batches/{batch}/outcome.json"


def write(staging: Storage, batch: str, refined: Refined) -> None:
    _write(staging, batch, {"refined": asdict(refined)})


def write_failure(staging: Storage, batch: str, error: BaseException) -> None:
    lines = "".join(traceback.format_exception(error)).splitlines()[-LAST_LINES:]
    _write(staging, batch, {"failure": {"kind": type(error).__name__, "message": str(error) or repr(error), "lines": lines}})


def _write(staging: Storage, batch: str, told: Any) -> None:
    staging.prepare(f"batches/{batch}")
    staging.write(name(batch), json.dumps(told, default=datetime.isoformat).encode())


def read(staging: Storage, batch: str) -> Refined | Failure | None:
    """What came of a batch; None where its program did not get so far as to tell."""
    content = staging.read(name(batch))
    if content is None:
        return None
    told = json.loads(content)
    if "failure" in told:
        failure = told["failure"]
        return Failure(failure["kind"], failure["message"], tuple(failure["lines"]))
    refined = told["refined"]
    runs = tuple(Slots(datetime.fromisoformat(run["since"]), datetime.fromisoformat(run["until"])) for run in refined["runs"])
    return Refined(runs, refined["rows"], tuple(refined["unknown_places"]), refined["n_answers"])
