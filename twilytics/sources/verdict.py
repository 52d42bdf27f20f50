"""What a call came to: an answer of the slot, or why it is none, and whether that can pass."""

from collections.abc import Mapping
from typing import Any

from twilytics.sources import ABOUT_TOPICS, COUNTS, POSTS, Source
from twilytics.sources.bodies import parsed
from twilytics.sources.entry import Unreadable, kind, shown
from twilytics.sources.judgement import judged
from twilytics.sources.refusals import BY_STATUS, refuse, words
from twilytics.sources.reply import Reply, Unanswered

PASSING = frozenset({"timeout", "unreachable", "cut_off", "rate_limited", "source_error"})
#: The account is meant, not the place: whoever asks for another place with it hears the same.
OF_THE_ACCOUNT = frozenset({"unauthorized", "unpaid", "forbidden"})
STATUSES = BY_STATUS | {402: "unpaid", 408: "timeout", 410: "not_found", 425: "source_error"}
TOLD_IN_THE_BODY = frozenset(BY_STATUS.values())
NO_CREDIT = frozenset({"UsageCapExceeded", "CreditsDepleted"})  # the former comes with HTTP 429, and no waiting helps


def is_answer(reply: Reply) -> bool:
    """Whatever such a reply holds is what the source said of the slot, and is kept."""
    return 200 <= reply.status < 300


def unreadable(source: str, payload: bytes) -> tuple[str, str] | None:
    """The reason and detail where silver will set the whole answer aside, so that its slot is not captured. None where it counts."""
    about_a_topic = POSTS.get(source) or COUNTS.get(source)
    if about_a_topic is not None:
        try:
            about_a_topic(parsed(payload))
        except Unreadable as flaw:
            return f"unreadable: {flaw.reason}", flaw.detail
        return None
    position, *_, scope, reason, detail = judged(source, payload)[0]
    return (f"unreadable: {reason}", detail or "") if position == 0 and scope == "answer" else None


def refusal(reply: Reply, source: Source) -> Unanswered:
    """Why a reply is no answer, in the source's words and, from its ``ACCESS``, in ours: by X's code, or by the reason."""
    if 300 <= reply.status < 400:
        to = f" to {reply.location}" if reply.location else ""
        return Unanswered("redirected", f"HTTP {reply.status}{to}: name the place or the address by where it has moved")
    body, told, says = _body(reply.payload, quotes=source.NAME not in ABOUT_TOPICS)
    reason = STATUSES.get(reply.status) or ("source_error" if reply.status >= 500 else told if told in TOLD_IN_THE_BODY else "refused")
    code = _first(body).get("code")
    if reason == "rate_limited" and str(_first(body).get("title")) in NO_CREDIT:
        reason = "unpaid"
    help_ = source.ACCESS.get(str(code)) or source.ACCESS.get(reason)
    return Unanswered(reason, f"HTTP {reply.status}: {says}" + (f". {help_}" if help_ else ""))


def _body(payload: bytes, *, quotes: bool) -> tuple[object, str | None, str]:
    """The error body as JSON, the reason that it tells by code or name, and its words, shortened.

    Without ``quotes`` they are the source's only where it tells an error: about a topic, anything else may be people's posts.
    """
    try:
        body = parsed(payload)
    except Unreadable as flaw:
        return None, None, flaw.quoted if quotes else flaw.detail
    try:
        if isinstance(body, Mapping):
            refuse(body)
    except Unreadable as flaw:
        return body, flaw.reason, flaw.quoted if quotes else shown(words(_first(body))) or flaw.detail
    return body, None, shown(body) if quotes else kind(body)


def _first(body: object) -> Mapping[str, Any]:
    """The first error of a body, or the body itself."""
    errors = body.get("errors") if isinstance(body, Mapping) else None
    for candidate in (errors[0] if isinstance(errors, list) and errors else errors, body):
        if isinstance(candidate, Mapping):
            return candidate
    return {}
