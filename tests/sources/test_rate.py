"""The rate limits that headers tell, as each source spells them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from tests.faulty import NOON
from twilytics.sources import rate
from twilytics.sources.rate import PREFIXES, Rate

IN_A_MINUTE = NOON + timedelta(minutes=1)
EPOCH = str(int(IN_A_MINUTE.timestamp()))


def told(**headers):
    return rate.told(CaseInsensitiveDict({name.replace("_", "-"): value for name, value in headers.items()}), NOON)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, Rate()),
        ({"x_rate_limit_limit": "75", "x_rate_limit_remaining": "3", "x_rate_limit_reset": EPOCH}, Rate(75, 3, IN_A_MINUTE)),
        ({"X_RateLimit_Remaining": "299", "X_RateLimit_Reset": "2026-11-24T12:01:00.000000Z"}, Rate(None, 299, IN_A_MINUTE)),
        ({"RateLimit_Limit": "3000, 3000;w=300", "RateLimit_Remaining": "0", "RateLimit_Reset": EPOCH}, Rate(3000, 0, IN_A_MINUTE)),
        ({"RateLimit_Remaining": "1", "RateLimit_Reset": "60"}, Rate(None, 1, IN_A_MINUTE)),
        ({"Retry_After": "60"}, Rate(not_before=IN_A_MINUTE)),
        ({"Retry_After": "Tue, 24 Nov 2026 12:01:00 GMT"}, Rate(not_before=IN_A_MINUTE)),
        ({"x_rate_limit_reset": EPOCH + "000"}, Rate(reset=IN_A_MINUTE)),
        ({"x_rate_limit_remaining": "-1", "x_rate_limit_limit": "many", "x_rate_limit_reset": "soon"}, Rate()),
        ({"x_rate_limit_reset": "99999999999999999999999"}, Rate()),
        ({"x_rate_limit_reset": "9999-12-31T23:59:59-14:00"}, Rate()),
        ({"x_rate_limit_reset": "nan"}, Rate()),
        ({"Retry_After": "4000000000"}, Rate()),
    ],
)
def test_headers_are_read_or_count_as_absent(headers, expected):
    assert told(**headers) == expected


def test_the_tightest_limit_counts():
    headers = {"x_rate_limit_remaining": "70", "x_rate_limit_reset": EPOCH}
    day = {"x_app_limit_24hour_remaining": "0", "x_app_limit_24hour_reset": str(int(EPOCH) + 3600)}
    assert told(**headers, **day) == Rate(None, 0, IN_A_MINUTE + timedelta(hours=1))
    assert told(**headers | {"x_rate_limit_remaining": "0"}, **day).reset == IN_A_MINUTE + timedelta(hours=1)


def test_a_source_whose_clock_is_off_means_its_own_minutes():
    ahead = {"Date": "Tue, 24 Nov 2026 12:10:00 GMT", "x_rate_limit_remaining": "0", "x_rate_limit_reset": str(int(EPOCH) + 600)}
    assert told(**ahead).reset == IN_A_MINUTE
    assert told(Date="Tue, 24 Nov 2026 12:10:00 GMT", Retry_After="60").not_before == IN_A_MINUTE


@given(
    st.dictionaries(
        st.sampled_from(["date", "retry-after", *(f"{prefix}-{name}" for prefix in PREFIXES for name in ("limit", "remaining", "reset"))]),
        st.text(max_size=12) | st.integers().map(str) | st.floats().map(str) | st.datetimes().map(str),
    )
)
def test_no_header_at_all_is_more_than_unreadable(headers):
    found = rate.told(headers, NOON)
    assert all(instant is None or abs(instant - NOON) <= timedelta(hours=25) for instant in (found.reset, found.not_before))
