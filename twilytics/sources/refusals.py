"""Answers in which a source says that it gives none: the error bodies of X, Mastodon and Bluesky."""

from collections.abc import Iterator, Mapping
from typing import Any

from twilytics.sources.entry import Unreadable, shown

BY_STATUS = {401: "unauthorized", 403: "forbidden", 404: "not_found", 429: "rate_limited"}
# X's own codes, v1.1: https://developer.x.com/en/support/x-api/error-troubleshooting
BY_CODE = {
    **dict.fromkeys((32, 89, 99, 135, 215), "unauthorized"),
    **dict.fromkeys((63, 64, 87, 179, 220, 326, 416, 453), "forbidden"),
    **dict.fromkeys((17, 34, 50), "not_found"),
    88: "rate_limited",
}
BY_TITLE = {
    "Unauthorized": "unauthorized",
    "Forbidden": "forbidden",
    "Client Forbidden": "forbidden",
    "Not Found Error": "not_found",
    "Too Many Requests": "rate_limited",
}
BY_NAME = {  # Bluesky tells its errors by name
    "AuthMissing": "unauthorized",
    "AuthenticationRequired": "unauthorized",
    "ExpiredToken": "unauthorized",
    "InvalidToken": "unauthorized",
    "Forbidden": "forbidden",
    "RateLimitExceeded": "rate_limited",
}
TABLES: tuple[tuple[str, Mapping[Any, str]], ...] = (("status", BY_STATUS), ("code", BY_CODE), ("error", BY_NAME), ("title", BY_TITLE))
WORDS = ("status", "code", "title", "error", "detail", "message", "reason")


def told(body: Mapping[str, Any], key: str) -> object:
    """What ``body`` has under ``key``. Raise :class:`Unreadable` where an error stands there instead of a list, or nothing.

    Errors beside a list are let pass: they concern single entries.
    """
    if not isinstance(body.get(key), list):
        refuse(body)
    if key not in body:
        raise Unreadable.found("wrong_shape", f"no {key} among its fields", list(body))
    return body[key]


def refuse(body: Mapping[str, Any]) -> None:
    """Raise :class:`Unreadable` if ``body`` is an error body."""
    errors, status = body.get("errors"), body.get("status")
    if isinstance(errors, list | Mapping):
        first = errors[0] if isinstance(errors, list) and errors else errors
        raise _refused(first)
    if "error" in body or ("title" in body and ("status" in body or "type" in body)) or _is_failure(status):
        raise _refused(body)


def words(error: object) -> str:
    """What an error tells people, empty where that is nothing."""
    told = [error.get(key) for key in WORDS] if isinstance(error, Mapping) else [error]
    return " · ".join(dict.fromkeys(str(word) for word in told if isinstance(word, int | str) and word != ""))


def _refused(error: object) -> Unreadable:
    known = list(dict.fromkeys(_known(error)))
    reason = next((reason for _, reason in known), "source_error")
    told = " · ".join(dict.fromkeys(word for word, _ in known)) or "of no code that is known"
    return Unreadable(reason, f"an error answer: {told}", words(error) or shown(error))


def _known(error: object) -> Iterator[tuple[str, str]]:
    """Of an error what stands in these tables, and the reason that it stands for."""
    if not isinstance(error, Mapping):
        return
    for key, reasons in TABLES:
        told = error.get(key)
        if isinstance(told, int | str) and told in reasons:
            yield str(told), reasons[told]


def _is_failure(status: object) -> bool:
    return type(status) is int and status >= 400
