"""An interval as cron lines: every divisor of a day has some. Cron, since Prefect's intervals drift with their anchor."""

from collections import defaultdict

HOURS = 24
MINUTES = 60
#: Daily, in a minute (the 217th of the day) that no interval of captures fires in, since none shares a divisor with it.
MAINTENANCE = "37 3 * * *"


def crons(interval_minutes: int) -> tuple[str, ...]:
    """The cron lines that together fire at midnight UTC and every ``interval_minutes`` after, each time once.

    A cron line fires at all its minutes in all its hours, so 90 minutes take two lines: the even times at minute 0
    and the odd ones at minute 30.
    """
    minutes_of_hour: dict[int, tuple[int, ...]] = defaultdict(tuple)
    for minute in range(0, HOURS * MINUTES, interval_minutes):
        minutes_of_hour[minute // MINUTES] += (minute % MINUTES,)
    hours_of_minutes: dict[tuple[int, ...], tuple[int, ...]] = defaultdict(tuple)
    for hour, minutes in minutes_of_hour.items():
        hours_of_minutes[minutes] += (hour,)
    return tuple(f"{field(minutes, MINUTES)} {field(hours, HOURS)} * * *" for minutes, hours in hours_of_minutes.items())


def field(values: tuple[int, ...], size: int) -> str:
    """A field of a cron line: ``*``, ``*/8`` or the values one by one."""
    step = size // len(values)
    if len(values) > 1 and values == tuple(range(0, size, step)):
        return "*" if step == 1 else f"*/{step}"
    return ",".join(str(value) for value in values)
