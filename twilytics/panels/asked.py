"""A panel's question as SQL that a database takes: Grafana's macros and variables filled in, as Grafana does it.

Known are ``$__timeFilter(column)``, ``$__timeFrom()``, ``$__timeTo()`` and ``${name:sqlstring}``, which quotes each value,
so that no name of a place or topic is ever read as SQL.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import sqlglot

from twilytics.slots import EVER, Slots

FILTER = re.compile(r"\$__timeFilter\(([a-z_.]+)\)")
CHOSEN = re.compile(r"\$\{([a-z_]+):sqlstring\}")


def asked(query: str, shown: Slots, chosen: Mapping[str, Sequence[str]]) -> str:
    """The query for a range of time and the values chosen of each variable. Raise ValueError for a macro or variable that is not known."""
    since, until = _instant(shown.since), _instant(shown.until)
    filled = FILTER.sub(rf"\1 BETWEEN {since} AND {until}", query)
    filled = filled.replace("$__timeFrom()", since).replace("$__timeTo()", until)
    # Values last: what stands in them is not looked at again.
    left = CHOSEN.sub("", filled)
    if "$" in left:
        raise ValueError(f"not a macro or variable that is known: {left[left.index('$') :].splitlines()[0]}")
    return CHOSEN.sub(lambda found: _quoted(chosen, found[1]), filled)


def variables(query: str) -> set[str]:
    """The names of the variables that a query needs."""
    return set(CHOSEN.findall(query))


def columns(query: str) -> tuple[str, ...]:
    """The names of the columns that a query answers with."""
    parsed = sqlglot.parse_one(asked(query, EVER, dict.fromkeys(variables(query), ())), dialect="postgres")
    if not isinstance(parsed, sqlglot.exp.Query):
        raise ValueError("a panel asks, it does nothing else")
    return tuple(parsed.named_selects)


def _instant(at: datetime) -> str:
    return f"'{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}'"


def _quoted(chosen: Mapping[str, Sequence[str]], name: str) -> str:
    if name not in chosen:
        raise ValueError(f"no value was chosen of the variable {name}")
    # Grafana's own way to say that nothing is chosen.
    return ", ".join("'" + value.replace("'", "''") + "'" for value in chosen[name]) or "''"
