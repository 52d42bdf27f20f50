"""What a plan comes to in a month, before anything is asked: counted by hand."""

from datetime import timedelta

import pytest

from twilytics.places import catalogue, of
from twilytics.planning import planned

HOUR = timedelta(hours=1)


def test_two_places_hourly_on_x():
    found = planned("x-v2", ("berlin", "hamburg"), HOUR, "all")
    assert (found.calls[0].n, found.usd, found.fits, found.fitting) == (2 * 720, pytest.approx(14.40), True, ())
    assert found.calls[0].share == pytest.approx(2 / 300)
    assert found.n_rows == {
        "gold.trends": 720 * 2 * 50,
        "gold.change_rate": 720 * 2,
        "gold.trend_equality": 720,
        "gold.trendsetter": 720 * 2 * 6,
    }
    assert not found.has_many_rows


def test_all_places_hourly_do_not_fit_and_have_more_rows_than_pairs_that_were_chosen():
    everywhere = tuple(key for key, place in catalogue().items() if place.woeid is not None)
    every_pair = planned("x-v2", everywhere, HOUR, "all")
    assert (every_pair.fits, every_pair.fitting) == (False, ("300 places every hour", "467 places every two hours"))
    assert every_pair.n_rows["gold.trendsetter"] == 720 * 467 * 466 * 6
    assert every_pair.has_many_rows
    one_pair = planned("x-v2", everywhere, HOUR, "berlin:hamburg")
    assert one_pair.n_rows["gold.trendsetter"] == 720 * 12


def test_a_plan_with_topics_fits_only_where_asking_about_them_does():
    thirty = tuple(sorted(of("x-v2")))[:30]
    found = planned("x-v2", thirty, HOUR, "all", 50)
    assert [call.share for call in found.calls] == [pytest.approx(share) for share in (30 / 300, 1500 / 1200, 1500 / 1800)]
    assert (found.fits, found.fitting) == (False, ("TWILYTICS_TWEETS=40",))
    assert planned("x-v2", thirty, HOUR, "all", 40).fits


def test_instances_that_need_no_account_cost_nothing_and_have_each_a_limit_of_their_own():
    found = planned("mastodon", ("a.social", "b.social"), HOUR, "all")
    assert (found.usd, found.n_rows["gold.trends"]) == (0, 720 * 2 * 20)
    assert found.calls[0].share == pytest.approx(1 / 3600)
