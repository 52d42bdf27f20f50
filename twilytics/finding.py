"""Searching the catalogue, by any spelling."""

import re

from twilytics.places import Place, catalogue, slug

UMLAUTS = re.compile("([aou])e")


def find(word: str) -> list[Place]:
    """Places whose key or name holds the word, however it is accented, or that lie in a country of that name or code; best first."""
    wanted = _plain(word)
    found = []
    for candidate in catalogue().values():
        key, name = _plain(candidate.key), _plain(candidate.name)
        around = {_plain(candidate.country_code or ""), _plain(candidate.parent or "")}
        for grade, fits in enumerate((wanted in (key, name), key.startswith(wanted), wanted in key or wanted in name, wanted in around)):
            if fits:
                found.append((grade, candidate.key))
                break
    return [catalogue()[key] for _, key in sorted(found)]


def _plain(word: str) -> str:
    """Without accents, with Düsseldorf as Duesseldorf, and with mastodon.social as Mastodon Social."""
    return UMLAUTS.sub(r"\1", slug(word)).replace(".", "-")
