"""What was erased on request, as keyed hashes: enough to know it again when an archive is replayed, too little to tell what it was."""

from twilytics.schema import Check, Column, Table

TABLE = Table(
    name="bronze.tombstones",
    description=__doc__,
    grain=("kind", "digest"),
    columns=(
        Column("kind", "string", "What was erased: topic, tweet, author or, where it can't be read, a whole answer; key tells the key."),
        Column("digest", "string", "HMAC-SHA256 of the kind and of the topic's key, the ID or the answer's identity, in hex."),
        Column("erased_at", "timestamp", "When every layer was rid of it; NULL until then.", nullable=True),
    ),
    checks=(
        Check(
            "known_kind",
            "kind IN ('topic', 'tweet', 'author', 'answer', 'key')",
            "What no rule knows would be kept out by none.",
            breaks={"kind": "place"},
        ),
    ),
    time=None,
)
