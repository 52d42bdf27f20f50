"""What an alert is. Standard library only, so that whatever renders alerts can afford to import it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

Severity = Literal["critical", "warning", "info"]


@dataclass(frozen=True)
class Alert:
    """Something that people are to be told of.

    ``query`` is PostgreSQL over schema ``gold``, asked as the reader: a row for each thing that is the matter now, with
    ``subject`` (what it is about), ``value`` (a double, never negative: what ``value_is`` says) and ``says`` (how it stands).
    None: no table tells it. ``todo`` is what to do. ``over`` is what the all-clear says of a subject; None where a row tells
    of an event, which is told once and never over. ``lasting``: how long it has to be so before Grafana tells, which looks
    each minute; a cycle looks once, and tells at once.
    """

    key: str
    title: str
    severity: Severity
    query: str | None
    value_is: str
    todo: str
    over: str | None = None
    lasting: timedelta = timedelta()
