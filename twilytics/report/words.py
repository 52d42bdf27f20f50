"""How the page says numbers, shares, instants and lists."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from markupsafe import Markup

UNKNOWN = "–"


def count(value: int | None) -> str:
    return UNKNOWN if value is None else f"{value:,}"


def share(value: float | None) -> str:
    """A ratio from 0 to 1 as percentage."""
    if value is None:
        return UNKNOWN
    told = f"{value:.1%}" if value < 0.1 or value > 0.99 else f"{value:.0%}"
    return told.replace(".0%", "%")


def number(value: float | None) -> str:
    """A measurement, to one digit after the point where it has one."""
    return UNKNOWN if value is None else f"{value:,.1f}".removesuffix(".0")


def chance(value: float | None) -> str:
    """A p or q value."""
    return UNKNOWN if value is None else "< 0.001" if value < 0.001 else f"{value:.3f}"


def instant(value: datetime | None) -> str:
    """An instant in UTC, to the minute. The page says once that all times are UTC."""
    return UNKNOWN if value is None else f"{value:%Y-%m-%d %H:%M}"


def length(span: timedelta) -> str:
    """A span in the one unit, or two, that people would say it in."""
    seconds = max(int(span.total_seconds()), 0)
    days, hours, minutes = seconds // 86_400, seconds % 86_400 // 3_600, seconds % 3_600 // 60
    if days:
        return plural(days, "day") + (f" {plural(hours, 'hour')}" if hours and days < 7 else "")
    if hours:
        return plural(hours, "hour") + (f" {plural(minutes, 'minute')}" if minutes else "")
    return plural(minutes, "minute") if minutes else plural(seconds, "second")


def plural(n: int, noun: str, nouns: str = "") -> str:
    return f"{n:,} {noun if n == 1 else nouns or noun + 's'}"


def listed(parts: Sequence[str | Markup], last: str = "and") -> Markup:
    """a, b and c."""
    if len(parts) < 2:
        return joined(parts)
    return Markup("{} {} {}").format(joined(parts[:-1]), last, parts[-1])


def joined(parts: Iterable[str | Markup], between: str = ", ") -> Markup:
    return Markup("").join([part for nth, told in enumerate(parts) for part in ([between, told] if nth else [told])])
