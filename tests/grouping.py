"""Which tests stay together where several processes share the suite: those that use what is dear to make, which is made once then."""

import pytest

#: Fixtures of the session that tests of several modules use, by the name of their group. Who uses two of them is of the first.
#: The groups come in this order, so that the longest ones begin first.
SHARED = {
    "spark_session": "spark",
    "cluster": "cluster",
    "served": "served",
    "x_2020": "x_2020",
    "fortnight": "fortnight",
    "strangers": "strangers",
    "clean": "faults",
    "three": "report",
    "guarded": "guarded",
}
#: What a test is given by `parametrize` where it uses the one Spark session.
SPARK = "spark"


def used(item: pytest.Item) -> set[str]:
    """The fixtures of a test: those that it names, and those that a parameter names and `getfixturevalue` gets."""
    given = item.callspec.params.values() if hasattr(item, "callspec") else ()
    names = {value for value in given if isinstance(value, str)}
    return {*item.fixturenames, *names, *(["spark_session"] if SPARK in names else [])}


def group(item: pytest.Item) -> str:
    """The group of a test: of the first shared fixture that it uses, or else of its module, whose fixtures are made once as well."""
    names = used(item)
    return next((name for fixture, name in SHARED.items() if fixture in names), item.nodeid.partition("::")[0])


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist, which asks for the marks
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark every test with its group, and bring the shared groups first. A run in one process keeps its order."""
    if not config.getoption("loadgroup", False):
        return
    order = list(SHARED.values())
    groups = {item: group(item) for item in items}
    items.sort(key=lambda item: order.index(groups[item]) if groups[item] in order else len(order))
    for item in items:
        item.add_marker(pytest.mark.xdist_group(groups[item]))
