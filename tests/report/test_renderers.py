"""The page and the dashboards show one list of panels."""

from contextlib import closing

import pytest

from tests.report.parsed import parsed
from twilytics.panels import panels
from twilytics.report import panels as drawn
from twilytics.report.facts import Facts

MODULES = (*drawn.STANDING, *drawn.METRICS)
BY_HAND = {key for module in MODULES for key in module.SHOWS}


def test_every_panel_is_on_the_page_or_says_why_it_is_not(three_told):
    sections = [one for one in parsed(three_told).all("section") if "panel" in one.attributes.get("class", "").split()]
    on_page = {one.attributes.get("id") for one in sections}
    shown = {key for key, panel in panels().items() if panel.not_in_report is None}
    assert shown - BY_HAND <= on_page
    assert (set(panels()) - shown) & on_page == set()


def test_the_page_draws_no_panel_that_the_dashboards_lack():
    assert set(panels()) >= BY_HAND
    assert all(panels()[key].not_in_report is None for key in BY_HAND)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_what_is_drawn_by_hand_means_what_the_dashboards_mean(module, three):
    """The tables that define it are among those that define it there."""
    with closing(Facts(three.lake, three.ledger)) as facts:
        here = {term.table.name for term in module.panel(facts).terms}
    assert here & {term.table.name for key in module.SHOWS for term in panels()[key].terms}
