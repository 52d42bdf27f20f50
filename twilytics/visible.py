"""Strangers' text, made harmless to look at.

Topic names are chosen by strangers. A terminal obeys control characters and every screen obeys bidirectional
marks, so both are shown as their escape instead. Joiners and emoji tags stay: names in many scripts need them.
"""

import re

# C0 and C1 controls, soft hyphen and other invisible formats, marks and overrides of direction, separators of
# lines, lone surrogates. Not U+200C and U+200D (joiners), nor U+E0020 to U+E007F (the flags of England, Scotland, Wales).
HAZARDS = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb]",
)


def escape(character: str) -> str:
    """The character as JSON writes it: ``\\u202e``. JSON that is escaped by this is still the same JSON."""
    return f"\\u{ord(character):04x}"


def visible(text: str) -> str:
    """One line of text in which nothing acts: what would is written out as ``\\u`` and four hexadecimal digits."""
    return HAZARDS.sub(lambda match: escape(match.group()), text)
