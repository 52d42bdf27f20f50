"""What of a declaration is told in words, the same wherever people read it."""

from twilytics.schema import Column, Unit

UNITS: dict[Unit | None, str] = {
    "percentunit": "ratio",
    "hours": "hours",
    "minutes": "minutes",
    "seconds": "seconds",
    "short": "count",
    "degree": "degrees",
    "bytes": "bytes",
    "usd": "US dollars",
}


def unit(column: Column) -> str:
    """The column's unit; empty where it has none."""
    return UNITS.get(column.unit, "")


def limits(column: Column) -> str:
    """The column's range: "from 0 to 1", "at least 1", "at most 9"; empty where it has none."""
    least, most = (None if value is None else f"{number(value)}" for value in (column.minimum, column.maximum))
    if least is not None and most is not None:
        return f"from {least} to {most}"
    return f"at least {least}" if least is not None else f"at most {most}" if most is not None else ""


def number(value: float) -> float:
    """The number without a fraction where it has none: 1, not 1.0."""
    return int(value) if value == int(value) else value


def first_sentence(description: str) -> str:
    """The first sentence, which is what a list of several things says of each."""
    paragraph = " ".join(description.strip().split("\n\n")[0].split())
    return paragraph.partition(". ")[0].rstrip(".:") + "."


def cell(words: str) -> str:
    """The words as they may stand in a cell of a Markdown table."""
    return " ".join(words.split()).replace("|", r"\|")
