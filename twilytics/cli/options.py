"""Options that several commands share, and how their values are read."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from cyclopts import Parameter, Token

Json = Annotated[bool, Parameter(name="--json", negative="", help="Tell it as JSON.")]


def instant(_type: Any, tokens: Sequence[Token]) -> datetime:
    """An ISO 8601 date or time; without a zone it is UTC."""
    value = tokens[0].value
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{value!r} is no time: write it as 2020-07-18 or 2020-07-18T12:00Z") from None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


Instant = Annotated[datetime, Parameter(converter=instant)]
