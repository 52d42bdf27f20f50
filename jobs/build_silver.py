"""Read the answers of a range of slots again: bronze → silver.

python jobs/build_silver.py --since 2020-07-15T00:00Z --until 2020-08-01T00:00Z
spark-submit jobs/build_silver.py --since … --until …        (with TWILYTICS_ENGINE=spark)
"""

from jobs.program import main
from twilytics.build import build_silver
from twilytics.engines import Made
from twilytics.observatory import Observatory
from twilytics.slots import Slots


def build(observatory: Observatory, chunk: Slots) -> list[Made]:
    return build_silver(observatory.engine, chunk, observatory.settings.interval)


if __name__ == "__main__":
    main(str(__doc__), build)
