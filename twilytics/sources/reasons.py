"""Why something was set aside: stable codes, each with a sentence for people."""

from collections.abc import Mapping
from types import MappingProxyType

# What is wrong with a line of an archive, so that nobody can tell what was answered, where or when.
ENVELOPE = {
    "line_not_utf8": "The line of the archive is not UTF-8.",
    "line_not_json": "The line of the archive is not JSON.",
    "line_not_an_object": "The line of the archive is JSON, but not an object.",
    "line_too_long": "The line of the archive is longer than any answer; it is kept in parts.",
    "source_missing": "The line does not say which source answered.",
    "source_unknown": "The line or answer names a source that this version cannot read.",
    "place_missing": "The line does not say which place was asked for.",
    "place_unreadable": "The line's place is neither text nor a number, or is longer than any place's id.",
    "time_missing": "The line does not say when the source was asked.",
    "time_unreadable": "The line's capture time is not an ISO 8601 time.",
    "time_without_zone": "The line's capture time has no zone, so it may be hours off.",
    "time_too_early": "The line's capture time is before 2006, when there were no trends yet.",
    "time_in_the_future": "The line's capture time is later than the moment it was landed.",
    "title_unreadable": "The line holds an answer about a topic, and does not say about which.",
    "payload_missing": "The line holds no answer.",
    "archive_truncated": "The archive ends in the middle: what could be read was landed, this is the torn tail.",
    "archive_damaged": "The archive's compression is broken: what could be read was landed, this is the torn tail.",
}

# Why an answer was set aside as a whole. Its slot counts as not captured.
ANSWER = {
    "empty": "The answer holds nothing.",
    "html": "The answer is a web page, not data.",
    "not_utf8": "The answer is not UTF-8.",
    "not_json": "The answer is not JSON.",
    "unauthorized": "The source refused the credentials (HTTP 401).",
    "forbidden": "The source refused the request (HTTP 403, or no access to this call).",
    "not_found": "The source knows no such place or page (HTTP 404).",
    "rate_limited": "The source was asked too often (HTTP 429).",
    "source_error": "The source answered with an error.",
    "wrong_shape": "The answer is JSON, but not of the shape that this source gives.",
    "no_topics": "The answer holds no readable topic.",
    "too_many_entries": "The answer holds more entries than any source gives.",
}

# Why one entry was set aside. The rest of its answer counts.
ENTRY = {
    "erased": "The entry was removed on request.",
    "not_an_object": "The entry is not an object.",
    "name_missing": "The entry has no name.",
    "name_not_text": "The entry's name is not text.",
    "name_too_long": "The entry's name is longer than a post can be.",
    "name_has_nul": "The entry's name holds a NUL character.",
    "name_not_unicode": "The entry's name holds half of a surrogate pair.",
    "post_unnamed": "The post has no number of its own.",
    "topic_empty": "Nothing is left of the entry's name but white space and #.",
}

# Why a volume was set aside. The topic counts, its volume is unknown.
VALUE = {
    "volume_missing": "No volume stands where this source tells it, but something else: has the field another name?",
    "volume_negative": "The volume is below zero.",
    "volume_not_a_number": "The volume is not a number.",
    "volume_fractional": "The volume is not a whole number.",
    "volume_too_large": "The volume does not fit into 64 bits.",
    "post_place": "The post tells where it was written, in a way that cannot be read: whether it has a place is unknown.",
    "post_value": "The post's author, time, language or a count of it is none; it is unknown.",
}

# Why a slot was not captured although its place was to be asked.
CALL = {
    **{reason: ANSWER[reason] for reason in ("unauthorized", "forbidden", "not_found", "rate_limited", "source_error")},
    "unpaid": "The account has no credit left, or has reached its cap (HTTP 402).",
    "refused": "The source refused the request for another reason (HTTP 4xx).",
    "redirected": "The source points to another address, which is not followed (HTTP 3xx).",
    "timeout": "No whole answer came in time.",
    "unreachable": "No connection to the source could be made.",
    "cut_off": "The connection broke off before the answer was whole.",
    "too_large": "The answer did not end where any list of trends has ended.",
    "repeats_the_token": "The answer repeats the access token, so it was not kept.",
    "unexpected": "Asking failed in a way that nobody thought of.",
    "deadline": "No time was left to ask before the next slot.",
    "budget": "The month's budget does not allow another call.",
    "stopped": "The run was ended before the place was asked.",
    "broken_off": "The run broke off before an answer of the place was kept.",
}

#: Why a place is left out on purpose: its slot counts as skipped, not as failed.
SKIPPED = frozenset({"budget", "stopped"})

#: Every reason that a slot can fail for: that no answer came, or that one came and was kept, but cannot be read.
FAILURES: Mapping[str, str] = MappingProxyType(CALL | {f"unreadable: {reason}": says for reason, says in ANSWER.items()})

REASONS: Mapping[str, str] = MappingProxyType({**CALL, **ENVELOPE, **ANSWER, **ENTRY, **VALUE})
