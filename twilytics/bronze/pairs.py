"""The pairs of places that are compared, of the places that were captured so far, as TWILYTICS_PAIRS chose them.

`trend_equality` and `trendsetter` have rows of these pairs only, the latter in both directions.
"""

from twilytics import columns
from twilytics.schema import Table

TABLE = Table(
    name="bronze.pairs",
    description=__doc__,
    grain=("place_a", "place_b"),
    columns=(columns.PLACE_A, columns.PLACE_B),
    checks=(columns.PAIR_IN_ORDER,),
    time=None,
)
