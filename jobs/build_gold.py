"""Make the gold rows that a range of slots reaches, and the summaries: silver → gold. The next cycle publishes them.

python jobs/build_gold.py --since 2020-07-15T00:00Z --until 2020-08-01T00:00Z
spark-submit jobs/build_gold.py --since … --until …        (with TWILYTICS_ENGINE=spark)
"""

from jobs.program import main
from twilytics.build import build_gold
from twilytics.engines import Made
from twilytics.observatory import Observatory
from twilytics.refinement import runs_of, summarise
from twilytics.slots import Slots


def build(observatory: Observatory, chunk: Slots) -> list[Made]:
    made = build_gold(observatory.engine, chunk, observatory.settings.interval)
    observatory.save(observatory.ledger.changed(chunk, runs_of(made)))
    return made


if __name__ == "__main__":
    main(str(__doc__), build, at_the_end=summarise)
