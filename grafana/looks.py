"""How values look: units, names, thresholds and colours, from the declarations of their columns.

The colours are those of Okabe and Ito (2008), which people who are colour-blind can tell apart.
"""

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.models.dashboard import (
    DynamicConfigValue,
    FieldColorModeId,
    Threshold,
    ThresholdsConfig,
    ThresholdsMode,
    ValueMap,
    ValueMappingResult,
)

from twilytics.panels.panel import Panel
from twilytics.schema import Column, Unit

BLUE, SKY, VERMILION, ORANGE = "#0072B2", "#56B4E9", "#D55E00", "#E69F00"
UNITS: dict[Unit, str] = {
    "percentunit": "percentunit",
    "hours": "h",
    "minutes": "m",
    "seconds": "s",
    "short": "short",
    "degree": "degree",
    "bytes": "bytes",
    "usd": "currencyUSD",
}
#: By word: what became of a slot, and how bad a broken rule is.
WORDS = {
    "captured": BLUE,
    "late": SKY,
    "failed": VERMILION,
    "skipped": ORANGE,
    "fail": VERMILION,
    "warn": ORANGE,
    "note": SKY,
}
#: A rank's blue is the darker, the higher it stands.
RANKS = (Threshold(None, "dark-blue"), Threshold(4, "blue"), Threshold(11, "light-blue"), Threshold(26, "super-light-blue"))
#: Zero is a number; what is not known is none.
UNKNOWN = "not known"


def unit(column: Column) -> str | None:
    """Grafana's name of the column's unit; instants are told by how long ago they are."""
    if column.type == "timestamp":
        return "dateTimeFromNow"
    return UNITS[column.unit] if column.unit else None


def label(column: Column) -> str:
    """What a reader is told the column is called: ``Best rank``."""
    return column.name.replace("_", " ").capitalize()


def is_warned_of(column: Column) -> bool:
    return column.warns_from is not None or column.warns_below is not None


def steps(column: Column) -> list[Threshold]:
    """From which value on the column has which colour; one colour, where its declaration warns of nothing."""
    if column.name in ("rank", "best_rank"):
        return list(RANKS)
    if column.warns_below is not None:
        return [Threshold(None, ORANGE), Threshold(column.warns_below, BLUE)]
    if column.warns_from is not None:
        return [Threshold(None, BLUE), Threshold(column.warns_from, ORANGE)]
    return [Threshold(None, BLUE)]


def thresholds(column: Column) -> builders.ThresholdsConfig:
    return builders.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps(column))


def by_thresholds() -> builders.FieldColor:
    return builders.FieldColor().mode(FieldColorModeId.THRESHOLDS)


def words() -> list[ValueMap]:
    """The colours of words."""
    return [ValueMap({word: ValueMappingResult(text=word, color=colour, index=n) for n, (word, colour) in enumerate(WORDS.items())})]


def column_properties(panel: Panel, column: Column) -> list[DynamicConfigValue]:
    """How a column of a table looks."""
    found = [DynamicConfigValue("displayName", label(column))]
    if unit(column):
        found.append(
            DynamicConfigValue("unit", "dateTimeAsLocal" if column.type == "timestamp" and panel.kind == "table" else unit(column))
        )
    if column.name in ("state", "severity"):
        found.append(DynamicConfigValue("mappings", words()))
        found.append(DynamicConfigValue("custom.displayMode", "color-text"))
    elif is_warned_of(column):
        found.append(DynamicConfigValue("thresholds", ThresholdsConfig(ThresholdsMode.ABSOLUTE, steps(column))))
        found.append(DynamicConfigValue("custom.displayMode", "color-text"))
    elif column.unit == "percentunit" and panel.kind == "table":
        found += [DynamicConfigValue("min", 0), DynamicConfigValue("max", 1), DynamicConfigValue("custom.displayMode", "lcd-gauge")]
    return found
