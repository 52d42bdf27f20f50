"""The bytes of an answer as JSON, or the reason why they are none."""

import json

import orjson

from twilytics.sources.entry import Unreadable


def parsed(payload: bytes) -> object:
    """Raise :class:`Unreadable` for what is empty, a web page, not UTF-8 or not JSON."""
    try:
        value: object = orjson.loads(payload)
    except orjson.JSONDecodeError:
        value = tolerantly(payload)
    if value is None or value == "":
        raise Unreadable("empty", "the answer is null" if value is None else "the answer is empty text")
    return value


def tolerantly(payload: bytes) -> object:
    """As :func:`parsed`, by the standard library; ``null`` too.

    Half surrogate pairs, NaN and a byte order mark come from real servers: one such name must not cost the other 49.
    """
    try:
        text = payload.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise Unreadable("not_utf8", f"byte {error.start} of {len(payload)} begins no character") from None
    if not text:
        raise Unreadable("empty", f"the answer is {len(payload)} bytes of nothing")
    if text.startswith("<"):
        raise Unreadable.found("html", "a web page", text)
    try:
        return json.loads(text, parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise Unreadable.found("not_json", str(error), text) from None


def _integer(digits: str) -> int | float:
    """Python refuses integers of 4,300 digits or more; a float tells as well that such a volume is none."""
    return int(digits) if len(digits) < 4_000 else float(digits)
