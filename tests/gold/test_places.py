from tests.drawn import rows, same
from tests.engines import Compute
from twilytics.bronze import catalogue
from twilytics.gold import place_days
from twilytics.gold.places import TABLE


def test_captured_places_with_what_the_catalogue_knows(compute: Compute):
    known = rows(
        catalogue.TABLE,
        """
        place     | name      | country_code | kind     | parent  | woeid
        berlin    | Berlin    | DE           | town     | germany | 638242
        hamburg   | Hamburg   | DE           | town     | germany | 656958
        stuttgart | Stuttgart | DE           | town     | germany | 698064
        a.social  | A Social  | NULL         | instance | NULL    | NULL
        """,
    )
    captured = rows(
        place_days.TABLE,
        """
        place     | day              | source
        berlin    | 2020-07-18 00:00 | x-v2
        berlin    | 2020-07-19 00:00 | simulated
        stuttgart | 2020-07-18 00:00 | simulated
        weibo     | 2020-07-18 00:00 | list
        a.social  | 2020-07-18 00:00 | mastodon
        """,
    )
    same(
        TABLE,
        compute(TABLE, known, captured),
        """
        place     | name                  | country_code | kind     | parent  | woeid
        berlin    | Berlin                | DE           | town     | germany | 638242
        stuttgart | Stuttgart (simulated) | DE           | town     | germany | 698064
        weibo     | weibo                 | NULL         | list     | NULL    | NULL
        a.social  | A Social              | NULL         | instance | NULL    | NULL
        """,
    )
