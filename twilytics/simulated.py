"""Whether what an observatory holds is simulated: it has to say so wherever it shows."""

from twilytics.gold import captures
from twilytics.lake import Lake
from twilytics.sources.simulated import NAME

LABEL = "This is simulated data: nothing of it ever trended anywhere."
MIXED = "warning: simulated and real answers are mixed here: let TWILYTICS_HOME name another folder for one of them"


def label(lake: Lake) -> str | None:
    """What has to be said of the lake's captures; None where all of them are real."""
    sources = lake.read(captures.TABLE, columns=["source"]).column("source").unique().to_pylist()
    if NAME not in sources:
        return None
    return LABEL if sources == [NAME] else MIXED
