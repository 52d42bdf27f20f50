"""Single values of an answer judged: names, and counts of posts."""

from collections.abc import Mapping
from functools import lru_cache

from twilytics.topics import NAMES_REMEMBERED, topic_key

# The longest name in a year of real lists has 69 characters, a post 280. Compatibility characters can make a key 18 times as long
# as its name, and PostgreSQL's indexes hold no row of more than 2,700 bytes.
LONGEST_NAME = 500
LARGEST_VOLUME = 2**63 - 1


@lru_cache(maxsize=NAMES_REMEMBERED)
def topic_of(name: str) -> tuple[str | None, str | None]:
    """The topic of a name, or None and the reason why it has none."""
    flaw = name_flaw(name)
    if flaw is not None:
        return None, flaw
    topic = topic_key(name)
    if len(topic) > LONGEST_NAME:
        return None, "name_too_long"
    return (topic, None) if topic else (None, "topic_empty")


def name_flaw(name: str) -> str | None:
    """Why no store can hold the name, None where all can."""
    if len(name) > LONGEST_NAME:
        return "name_too_long"
    if "\0" in name:
        return "name_has_nul"
    try:
        name.encode()
    except UnicodeEncodeError:
        return "name_not_unicode"
    return None


def volume_of(told: object) -> tuple[int | None, str | None]:
    """A count of posts that is no ordinary number, or None and the reason why it is none. JSON has 1e3 and 1000.0 for 1000."""
    if isinstance(told, Mapping):
        return None, "volume_missing"
    if isinstance(told, bool) or not isinstance(told, int | float) or told != told:
        return None, "volume_not_a_number"
    if told < 0:
        return None, "volume_negative"
    if told > LARGEST_VOLUME:
        return None, "volume_too_large"
    return (int(told), None) if int(told) == told else (None, "volume_fractional")
