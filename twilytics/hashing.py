"""Keyed hashes: what stands for a name or an ID where the name itself must not be kept.

Names and IDs are few enough to try them all; without the key, a hash of one tells nothing of it.
"""

import hmac


def digest(key: bytes, kind: str, text: str) -> str:
    """HMAC-SHA256 in hex. The kind is hashed too: a tweet's ID and an author's, of the same digits, have nothing in common."""
    return hmac.digest(key, f"{kind}:{text}".encode("utf-8", "surrogatepass"), "sha256").hex()
