"""Every answer about a topic that trended, byte for byte as it came: the posts that were found for it, and how many there are.

The posts' texts and their authors are here, and leave this table for nowhere.
"""

from dataclasses import replace

from twilytics import columns
from twilytics.bronze import answers
from twilytics.schema import Table

TABLE = Table(
    name="bronze.tweets",
    description=__doc__,
    grain=("answer",),
    columns=(
        *answers.TABLE.columns,
        replace(columns.TITLE, description="The topic that was asked about, as the trends showed it."),
    ),
    time="captured_at",
)
