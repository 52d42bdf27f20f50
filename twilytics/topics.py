"""The topic key: one rule by which two names are the same topic, used everywhere."""

import unicodedata
from functools import lru_cache

# A year of 12 places is 5 million entries, but a list repeats most of the list before it.
NAMES_REMEMBERED = 1 << 16


@lru_cache(maxsize=NAMES_REMEMBERED)
def topic_key(name: str) -> str:
    """The comparison key of a trend's name; empty where the name holds nothing but white space and ``#``.

    NFKC, white space collapsed and trimmed, leading ``#`` removed and trimmed again, case-folded, NFKC again, since
    folding can undo it. Joiners survive: they tell words of Persian and Hindi, and emoji, apart.
    """
    shown = " ".join(unicodedata.normalize("NFKC", name).split())
    return unicodedata.normalize("NFKC", shown.lstrip("#").strip().casefold())
