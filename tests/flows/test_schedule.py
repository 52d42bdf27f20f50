"""The interval as cron lines, read by Prefect's own cron reader."""

from datetime import UTC, datetime, timedelta
from itertools import takewhile

import pytest
from prefect._vendor.croniter import croniter

from flows.schedule import MAINTENANCE, crons

MIDNIGHT = datetime(2020, 7, 18, tzinfo=UTC)
DIVISORS = [minutes for minutes in range(5, 1441) if 1440 % minutes == 0]


def firings(cron: str) -> list[datetime]:
    tomorrow = MIDNIGHT + timedelta(days=1)
    return list(takewhile(lambda time: time < tomorrow, croniter(cron, MIDNIGHT - timedelta(seconds=1)).all_next(datetime)))


@pytest.mark.parametrize("minutes", DIVISORS)
def test_every_divisor_of_a_day_fires_at_each_of_its_times_once(minutes):
    fired = sorted(time for cron in crons(minutes) for time in firings(cron))
    assert fired == [MIDNIGHT + timedelta(minutes=minutes * number) for number in range(1440 // minutes)]


def test_the_usual_intervals_are_one_plain_line():
    assert {minutes: crons(minutes) for minutes in (5, 60, 480, 720, 1440)} == {
        5: ("*/5 * * * *",),
        60: ("0 * * * *",),
        480: ("0 */8 * * *",),
        720: ("0 */12 * * *",),
        1440: ("0 0 * * *",),
    }


def test_ninety_minutes_take_two_lines():
    assert crons(90) == ("0 */3 * * *", "30 1,4,7,10,13,16,19,22 * * *")


def test_maintenance_comes_once_a_day_and_never_with_a_cycle():
    (fired,) = firings(MAINTENANCE)
    assert [minutes for minutes in DIVISORS if (fired - MIDNIGHT) % timedelta(minutes=minutes) == timedelta(0)] == []
