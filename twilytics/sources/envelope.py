"""A line of an archive: who was asked for which place, when, and the answer's bytes as they stand in the line."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec

from twilytics.answers import Answer
from twilytics.places import slug
from twilytics.sources import ABOUT_TOPICS, PARSERS
from twilytics.sources.entry import Unreadable, kind, shown
from twilytics.sources.values import topic_of

UNTOLD_SOURCE = "archive"
TOO_EARLY = datetime(2006, 1, 1, tzinfo=UTC)  # Twitter's first post is of March 2006
CLOCKS_APART = timedelta(minutes=5)
LONGEST_PLACE_ID = 256  # bytes; a host name has at most 253. Longer keys would not fit into PostgreSQL's indexes
NAME = re.compile(r"[A-Za-z][\w.-]{0,59}", re.ASCII)  # what a source may be called
BLANK = re.compile(r"[ \t\r\n]*")


class Envelope(msgspec.Struct):
    """A line's parts; UNSET or empty where the line has none."""

    source: object = msgspec.UNSET
    place: object = msgspec.UNSET
    captured_at: object = msgspec.UNSET
    title: object = msgspec.UNSET
    payload: msgspec.Raw = msgspec.Raw(b"")


_DECODER = msgspec.json.Decoder(Envelope)


def opened(line: bytes, landed_at: datetime) -> Answer:
    """The answer in a line, without its line break. What cannot be opened becomes a faulty answer: nothing is raised."""
    envelope = Envelope()
    try:
        envelope = _parts(line)
        captured_at = _instant(envelope.captured_at)
        answer = Answer(_source(envelope.source), _place_id(envelope.place), captured_at, landed_at, bytes(envelope.payload))
        if answer.source in ABOUT_TOPICS:
            answer = replace(answer, title=_title(envelope.title))
        if captured_at > landed_at + CLOCKS_APART:
            raise Unreadable("time_in_the_future", f"{captured_at.isoformat()} is later than {landed_at.isoformat()}, when it was landed")
        if not answer.payload:
            raise Unreadable("payload_missing", "the line has no payload")
    except Unreadable as flaw:
        return faulty(line, landed_at, flaw, envelope)
    return answer


def faulty(line: bytes, landed_at: datetime, flaw: Unreadable, envelope: Envelope | None = None) -> Answer:
    """The whole line as payload, with what it tells of source and place, and why it could not be opened.

    It is quoted only where it is known to hold a list of what trends: an answer about a topic holds people's posts.
    """
    told = {"source": UNTOLD_SOURCE, "place": ""}
    for part, read in (("source", _source), ("place", _place_id)):
        try:
            told[part] = read(getattr(envelope, part, msgspec.UNSET))
        except Unreadable:
            continue
    detail = flaw.quoted if told["source"] in PARSERS else flaw.detail
    return Answer(told["source"], told["place"], landed_at, landed_at, line, flaw.reason, detail)


def _parts(line: bytes) -> Envelope:
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("line_not_utf8", f"byte {error.start} of {len(line)} begins no character") from None
    try:
        return _DECODER.decode(line)
    except msgspec.ValidationError:
        raise Unreadable("line_not_an_object", "the line is JSON, but no object") from None
    except (msgspec.DecodeError, RecursionError):
        return _parts_tolerantly(text)


def _parts_tolerantly(text: str) -> Envelope:
    """By the standard library: half a surrogate pair or NaN in one name must not cost the whole answer."""
    decode, skip = json.JSONDecoder().raw_decode, BLANK.match
    envelope, at, separator = Envelope(), 0, "{"
    try:
        at = skip(text, 0).end()  # type: ignore[union-attr]
        while text[at] == separator:
            at = skip(text, at + 1).end()  # type: ignore[union-attr]
            key, at = decode(text, at)
            colon = skip(text, at).end()  # type: ignore[union-attr]
            start = skip(text, colon + 1).end()  # type: ignore[union-attr]
            value, at = decode(text, start)
            if text[colon] != ":":
                raise ValueError("no colon after a key")
            if key == "payload":
                envelope.payload = msgspec.Raw(text[start:at].encode())
            elif key in ("source", "place", "captured_at", "title"):
                setattr(envelope, key, value)
            at, separator = skip(text, at).end(), ","  # type: ignore[union-attr]
        if text[at:].strip() != "}":
            raise ValueError(f"no object goes on at character {at}")
    except IndexError:
        raise Unreadable("line_not_json", f"the line ends after {len(text)} characters, within its object") from None
    except (ValueError, RecursionError) as error:
        raise Unreadable("line_not_json", str(error)) from None
    return envelope


def _source(told: object) -> str:
    if told is msgspec.UNSET or told is None:
        raise Unreadable("source_missing", "the line has no source")
    if not isinstance(told, str) or told not in (*PARSERS, *ABOUT_TOPICS):
        named = told if isinstance(told, str) and NAME.fullmatch(told) else kind(told)
        raise Unreadable("source_unknown", f"{named} is none of {', '.join((*PARSERS, *sorted(ABOUT_TOPICS)))}")
    return told


def _title(told: object) -> str:
    if not isinstance(told, str) or topic_of(told)[0] is None:
        raise Unreadable("title_unreadable", f"the title names no topic: {'none' if told is msgspec.UNSET else kind(told)}")
    return told


def _place_id(told: object) -> str:
    if told is msgspec.UNSET or told is None or told == "":
        raise Unreadable("place_missing", "the line has no place")
    text = str(told).strip() if type(told) in (str, int) else ""
    if not text.isprintable() or not 0 < len(text.encode()) <= LONGEST_PLACE_ID or len(slug(text).encode()) > LONGEST_PLACE_ID:
        raise Unreadable.found("place_unreadable", "no id of a place", told)
    return text


def _instant(told: object) -> datetime:
    if told is msgspec.UNSET or told is None or told == "":
        raise Unreadable("time_missing", "the line has no captured_at")
    try:
        instant = datetime.fromisoformat(told.strip().upper() if isinstance(told, str) else "")
        if instant.tzinfo is None:
            raise Unreadable("time_without_zone", f"{shown(told)} has no zone; write {shown(told)}Z if it is UTC")
        instant = instant.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unreadable.found("time_unreadable", "no ISO 8601 time", told) from None
    if instant < TOO_EARLY:
        raise Unreadable("time_too_early", f"{shown(told)} is before {TOO_EARLY:%Y-%m-%d}")
    return instant
