"""The project's peers: scripts that recompute four of its tables from the whole history, and publish them whole.

    python -m benchmarks.peers.NAME --trends trends.parquet --captures captures.parquet --interval 60 --dsn DSN

Each is written as somebody who knows its tool would write it, and imports nothing of the project.
"""
