"""Which tests stay together in one process."""

from types import SimpleNamespace

import pytest

from tests.grouping import group


@pytest.mark.parametrize(
    ("fixtures", "parameters", "expected"),
    [
        (["tmp_path", "facts", "fortnight"], {"panel": object()}, "fortnight"),
        (["history", "request"], {"history": "x_2020"}, "x_2020"),
        (["compute", "request"], {"compute": "spark"}, "spark"),
        (["x_2020", "at_once", "spark_session"], {}, "spark"),
        (["compute", "request"], {"compute": "duckdb"}, "tests/test_a.py"),
        (["tmp_path"], {"name": "@served"}, "tests/test_a.py"),
    ],
)
def test_a_test_goes_with_the_first_shared_fixture_that_it_or_its_parameter_names_and_else_with_its_module(fixtures, parameters, expected):
    item = SimpleNamespace(nodeid="tests/test_a.py::test_b[x::y]", fixturenames=fixtures, callspec=SimpleNamespace(params=parameters))
    assert group(item) == expected


def test_a_test_without_parameters_has_a_group_as_well():
    assert group(SimpleNamespace(nodeid="tests/test_a.py::test_b", fixturenames=["served"])) == "served"
