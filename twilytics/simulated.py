"""Whether what an observatory holds is simulated: it has to say so wherever it shows."""

from twilytics.gold import captures
from twilytics.lake import Lake

SOURCE = "simulated"
LABEL = "This is simulated data: nothing of it ever trended anywhere."
MIXED = "warning: simulated and real answers are mixed here: let TWILYTICS_HOME name another folder for one of them"


def is_among(lake: Lake) -> bool:
    return SOURCE in _sources(lake)


def is_mixed(lake: Lake) -> bool:
    return is_among(lake) and len(_sources(lake)) > 1


def _sources(lake: Lake) -> set[str]:
    return set(lake.read(captures.TABLE, columns=["source"]).column("source").unique().to_pylist())
