"""What the readings of answers about topics share: who was asked about what, when, and what was wrong with an answer."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pyarrow as pa

from twilytics import columns
from twilytics.places import place_key
from twilytics.render import arrow
from twilytics.schema import Check, Table
from twilytics.silver import entries
from twilytics.slots import floor
from twilytics.sources.entry import Unreadable
from twilytics.sources.reasons import CALL
from twilytics.sources.values import topic_of

Row = dict[str, Any]

#: Where the answer stands, and why something of it was set aside: as in `silver.entries`.
ASKED = (
    columns.ANSWER,
    replace(columns.SOURCE, description="What was asked: x-v2-search, x-v2-counts or x-v1.1-search."),
    columns.PLACE,
    columns.SLOT,
    columns.CAPTURED_AT,
    columns.TOPIC,
)
SET_ASIDE = tuple(entries.TABLE.column(name) for name in ("scope", "reason", "detail"))
SCOPE_WITH_REASON: Check = next(check for check in entries.TABLE.checks if check.name == "scope_with_reason")


def read(table: Table, answers: pa.Table, sources: Collection[str], interval: timedelta, found: Callable[[Row], Iterable[Row]]) -> pa.Table:
    """The rows that ``found`` makes of each answer of these sources, which may raise :class:`Unreadable`; NULL where it tells nothing."""
    rows = [row for answer in answers.to_pylist() if answer["source"] in sources for row in _of(answer, interval, found)]
    names = [column.name for column in table.columns]
    return pa.Table.from_pylist([{name: row.get(name) for name in names} for row in rows], schema=arrow.schema(table))


def _of(answer: Mapping[str, Any], interval: timedelta, found: Callable[[Row], Iterable[Row]]) -> Iterator[Row]:
    topic, _ = topic_of(answer["title"])
    asked = {
        **{name: answer[name] for name in ("answer", "source", "captured_at")},
        "place": place_key(answer["source"], answer["place_id"]),
        "slot": floor(answer["captured_at"], interval),
        "topic": topic,
    }
    if answer["fault"] is not None:
        scope = "call" if answer["fault"] in CALL else "answer"
        yield asked | {"position": 0, "scope": scope, "reason": answer["fault"], "detail": answer["detail"]}
        return
    try:
        for row in list(found(dict(answer))):
            yield asked | row
    except Unreadable as flaw:
        yield asked | {"position": 0, "scope": "answer", "reason": flaw.reason, "detail": flaw.detail}
