"""The real data that lies beside the repository: read where it is, never copied into it."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "shared" / "data"


def shared(name: str) -> Path:
    """A file of it. Skips the test, saying so, where it is absent."""
    if not (FOLDER / name).exists():
        pytest.skip(f"real data is absent: ../shared/data/{name}")
    return FOLDER / name
