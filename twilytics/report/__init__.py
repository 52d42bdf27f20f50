"""One self-contained HTML page of what the lake says: no script, no network, the same bytes for the same lake."""

from pathlib import Path

NAME = "report.html"


def usual_path(home: Path) -> Path:
    """Where the report lies unless somebody chose another place."""
    return home / NAME
