"""What a reply's headers say of the rate limit: how many calls, how many are left, and when they are counted anew."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

# X, X's cap of a day, Mastodon, Bluesky.
PREFIXES = ("x-rate-limit", "x-app-limit-24hour", "x-user-limit-24hour", "x-ratelimit", "ratelimit")
LEADING_NUMBER = re.compile(r"\s*(\d{1,9})(?![\d.])")
HTTP_DATE = "%a, %d %b %Y %H:%M:%S GMT"
SECONDS_FROM_NOW = 10**8  # a smaller number counts seconds from now, a larger one since 1970
MILLISECONDS = 10**11
FARTHEST = timedelta(hours=25)  # the longest limit is X's of a day


@dataclass(frozen=True)
class Rate:
    """Instants are by our clock. ``not_before`` is what a Retry-After asks for, whatever the limit."""

    limit: int | None = None
    remaining: int | None = None
    reset: datetime | None = None
    not_before: datetime | None = None


def told(headers: Mapping[str, str], now: datetime) -> Rate:
    """The tightest limit that the headers tell of; a header that cannot be read counts as absent. ``headers`` ignores case."""
    clocks_apart = now - (_date(headers.get("date", "")) or now)
    limits = [Rate(*_numbers(headers, prefix), _instant(headers.get(f"{prefix}-reset"), now, clocks_apart)) for prefix in PREFIXES]
    limit, remaining, reset = min(((one.limit, one.remaining, one.reset) for one in limits), key=_tightness)
    return Rate(limit, remaining, reset, _instant(headers.get("retry-after"), now, clocks_apart))


def _numbers(headers: Mapping[str, str], prefix: str) -> tuple[int | None, int | None]:
    limit, remaining = (LEADING_NUMBER.match(headers.get(f"{prefix}-{name}", "")) for name in ("limit", "remaining"))
    return int(limit[1]) if limit else None, int(remaining[1]) if remaining else None


def _tightness(limit: tuple[int | None, int | None, datetime | None]) -> tuple[bool, int, bool, float]:
    """Fewest left first; of as few, the one that lasts longest. What tells nothing comes last."""
    _, remaining, reset = limit
    return remaining is None, remaining or 0, reset is None, -reset.timestamp() if reset else 0.0


def _instant(value: str | None, now: datetime, clocks_apart: timedelta) -> datetime | None:
    """As :func:`_read`, moved by as much as the source's clock is off. None for what no limit can mean."""
    with suppress(ValueError, OverflowError, OSError):
        instant = _read(value or "", now, clocks_apart)
        return instant if abs(instant - now) <= FARTHEST else None
    return None


def _read(value: str, now: datetime, clocks_apart: timedelta) -> datetime:
    """Seconds from now, seconds since 1970, ISO 8601, or HTTP's date."""
    with suppress(ValueError):
        number = float(value)
        if 0 <= number < SECONDS_FROM_NOW:
            return now + timedelta(seconds=number)
        return datetime.fromtimestamp(number / 1000 if number >= MILLISECONDS else number, UTC) + clocks_apart
    instant = _date(value) or datetime.fromisoformat(value.strip().upper())
    return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)) + clocks_apart


def _date(value: str) -> datetime | None:
    try:
        return datetime.strptime(value, HTTP_DATE).replace(tzinfo=UTC)
    except ValueError:
        return None
