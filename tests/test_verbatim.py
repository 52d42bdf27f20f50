"""One entry of an answer as it came."""

import pytest

from twilytics.verbatim import entry


@pytest.mark.parametrize(
    ("payload", "position", "expected"),
    [
        (b'[{"trends": [ {"name":"a"} , {"name" : "b\\u00e9", "n": 1.0}], "locations": []}]', 2, b'{"name" : "b\\u00e9", "n": 1.0}'),
        (b'{"data":[{"trend_name":"a"},17],"errors":[{"title":"x"}]}', 2, b"17"),
        (b'{"topics":[{"topic":"a"}]}', 1, b'{"topic":"a"}'),
        (b'[{"name":"t","history":[{"uses":"1"}]},{"name":"u"}]', 1, b'{"name":"t","history":[{"uses":"1"}]}'),
        (b'[{"name":"only"}]', 1, b'{"name":"only"}'),
        ('{"trends":[{"name":"\u202eé"}]}'.encode(), 1, '{"name":"\u202eé"}'.encode()),
        (b'\xef\xbb\xbf{"data": [1, 2]}', 2, b"2"),
        (b'{"trends":[{"name":"\\ud83d"},{"volume":NaN}]}', 2, b'{"volume": NaN}'),
        (b'{"trends":[{"name":"a"}]}', 2, None),
        (b'{"trends":[{"name":"a"}]}', 0, None),
        (b'{"errors":[{"title":"x"}]}', 1, None),
        (b'"text"', 1, None),
        (b"<html>", 1, None),
    ],
)
def test_an_entry_is_found_by_its_position_and_told_as_it_stands_there(payload: bytes, position: int, expected: bytes | None):
    assert entry(payload, position) == expected
