"""Columns that several tables share, and a rule of theirs: one name, one meaning."""

from dataclasses import replace

from twilytics.schema import Check, Column

ANSWER = Column("answer", "string", "Identity of the answer: SHA-256 over source, place, capture time and payload.")
SOURCE = Column("source", "string", "Where the answer came from: x-v2, x-v1.1, mastodon, bluesky, list or simulated.")
PLACE = Column("place", "string", "Key of the place in the catalogue.")
SLOT = Column("slot", "timestamp", "The capture time, floored to the interval.")
CAPTURED_AT = Column("captured_at", "timestamp", "When the source was asked.")
LANDED_AT = Column("landed_at", "timestamp", "When the answer was landed.")
TOPIC = Column("topic", "string", "The trend's name as comparison key: NFKC, case-folded, without leading #.", identifies="topic")
TITLE = Column("title", "string", "The trend's name as shown.", identifies="topic")
RANK = Column("rank", "bigint", "Position in the list, 1 first, without gaps.", minimum=1, unit="short")
VOLUME = Column(
    "volume", "bigint", "Posts that the source counted for the topic; NULL when it told none.", nullable=True, minimum=0, unit="short"
)
BEST_RANK = replace(RANK, name="best_rank", description="The best rank held.")
MAX_VOLUME = replace(VOLUME, name="max_volume", description="The largest volume told; NULL when none ever was.")
N_TOPICS = Column("n_topics", "bigint", "Topics in the list.", minimum=1, unit="short")
N_SHARED = Column("n_shared", "bigint", "Topics that both lists hold.", minimum=0, unit="short")
PLACE_A = replace(PLACE, name="place_a", description="The pair's first place in the order of keys.")
PLACE_B = replace(PLACE, name="place_b", description="The pair's second place in the order of keys.")
WINDOW_HOURS = Column(
    "window_hours", "bigint", "Length of the window that ends with the newest slot of all places.", minimum=1, unit="hours"
)

#: The rule of every table that keeps a pair of places once.
PAIR_IN_ORDER = Check(
    "pair_in_order",
    "place_a < place_b",
    "Each pair is kept once, and no place is compared with itself.",
    breaks={"place_a": "stuttgart", "place_b": "berlin"},
)


def share(name: str, description: str, *, nullable: bool = False) -> Column:
    """A ratio from 0 to 1."""
    return Column(name, "double", description, nullable=nullable, minimum=0, maximum=1, unit="percentunit")


def count(name: str, description: str, *, nullable: bool = False, minimum: int = 0) -> Column:
    return Column(name, "bigint", description, nullable=nullable, minimum=minimum, unit="short")
