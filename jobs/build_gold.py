"""Make the gold rows that a range of slots reaches, and the summaries: silver → gold. The next cycle publishes them.

python jobs/build_gold.py --since 2020-07-15T00:00Z --until 2020-08-01T00:00Z
spark-submit jobs/build_gold.py --since … --until …        (with TWILYTICS_ENGINE=spark)
"""

from jobs.program import main
from twilytics import ledger
from twilytics.build import build_gold, build_summaries
from twilytics.engines import Engine
from twilytics.gold import captures
from twilytics.lake import Lake
from twilytics.settings import Settings
from twilytics.slots import Slots


def build(engine: Engine, lake: Lake, settings: Settings, chunk: Slots) -> dict[str, int]:
    rows = build_gold(engine, chunk, settings.interval)
    ledger.save(ledger.load(lake.root, settings.interval).changed(chunk), lake.root)
    newest = lake.newest(captures.TABLE, "slot")
    return rows | build_summaries(engine, newest, settings.interval) if newest else rows


if __name__ == "__main__":
    main(str(__doc__), build)
