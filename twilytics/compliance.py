"""X's compliance files: the result of a batch job, a JSON object a line, or plain IDs, one a line."""

import json
from pathlib import Path

from twilytics.errors import TwilyticsError
from twilytics.redaction import is_id

#: What X asks for. Of a post whose place is to be scrubbed nothing is kept: half of it could not be told from all of it.
ACTIONS = frozenset({"delete", "scrub_geo"})
TOLD_LINES = 5


def read(path: Path) -> tuple[str, ...]:
    """The IDs of what is to be erased, in the file's order, each once.

    Raise :class:`TwilyticsError` where the file cannot be read, or some lines of it: half a file obeyed would look like all of it.
    """
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise TwilyticsError(f"{path} cannot be read: {error.strerror or error}. Give the file that X's compliance job answered") from None
    ids: dict[str, None] = {}
    flaws: list[str] = []
    for number, line in enumerate(lines, start=1):
        try:
            ids |= dict.fromkeys(_ids(line))
        except ValueError as flaw:
            flaws.append(f"line {number}: {flaw}")
    if flaws:
        more = f"; and {len(flaws) - TOLD_LINES:,} more" if len(flaws) > TOLD_LINES else ""
        raise TwilyticsError(f"nothing was erased, as {path} has lines that can't be read ({'; '.join(flaws[:TOLD_LINES])}{more})")
    return tuple(ids)


def _ids(line: bytes) -> tuple[str, ...]:
    """The line's ID; none of a blank line. Raise ValueError, saying why, for any other."""
    text = line.decode("utf-8-sig", "replace").strip()
    if not text:
        return ()
    if is_id(text):
        return (text,)
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("neither an ID nor JSON") from None
    if not isinstance(told, dict):
        raise ValueError("JSON, but not an object")
    identity = told.get("id")
    identity = str(identity) if type(identity) is int else identity
    if not isinstance(identity, str) or not is_id(identity):
        raise ValueError("no ID of digits under id")
    if told.get("action") not in ACTIONS:
        raise ValueError(f"its action is none of {', '.join(sorted(ACTIONS))}")
    return (identity,)
