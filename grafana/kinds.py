"""A panel as Grafana draws it: a function for each kind, in the options that Grafana 9.4 knows and later versions take over."""

from collections.abc import Callable
from textwrap import dedent
from typing import Any

from grafana_foundation_sdk.builders import barchart, common, geomap, stat, statetimeline, table, text, timeseries
from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    BigValueTextMode,
    FrameGeometrySourceMode,
    LegendDisplayMode,
    LegendPlacement,
    TooltipDisplayMode,
    VisibilityMode,
    VizOrientation,
)
from grafana_foundation_sdk.models.dashboard import DashboardLink, DataTransformerConfig, DynamicConfigValue, FieldColorModeId
from grafana_foundation_sdk.models.text import TextMode

from grafana import looks
from grafana.query import SOURCE, Query
from twilytics.panels import asked
from twilytics.panels.panel import METRIC, TIME, Panel
from twilytics.render.words import first_sentence
from twilytics.schema import Column

Builder = Any  # each kind of panel has a builder class of its own, with nothing in common
#: Where a column of names leads: the column of the key, the dashboard and its variable.
LEADS_TO = {"name": "place", "title": "topic"}


def drawn(panel: Panel) -> Builder:
    """The panel's builder, with question, title, description and place."""
    builder = DRAWN[panel.kind](panel).title(panel.title).description(description(panel)).span(panel.width).height(panel.height)
    if not panel.query:
        return builder
    form = "time_series" if panel.kind in ("lines", "states") else "table"
    return builder.datasource(SOURCE).with_target(Query(sql(panel.query), form))


def sql(query: str) -> str:
    """The question without the indentation of the module that it stands in."""
    return dedent(query).strip()


def description(panel: Panel) -> str:
    """How to read it, and what it means by the declarations of what it shows."""
    told = [f"**{looks.label(column)}**: {column.description}" for column in columns(panel) if column not in (TIME, METRIC)]
    tables = [f"`{term.table.name}`: {first_sentence(term.table.description)}" for term in panel.terms]
    return "\n\n".join([panel.reads, *told, *tables])


def columns(panel: Panel) -> list[Column]:
    """The declared columns of the answer."""
    return [panel.column(name) for name in asked.columns(panel.query)] if panel.query else []


def values(panel: Panel) -> list[Column]:
    """The numbers, and words, that are drawn."""
    return [column for column in columns(panel) if column not in (TIME, METRIC) and (panel.kind == "states" or column.type != "string")]


def _stat(panel: Panel) -> Builder:
    builder = (
        stat.Panel()
        .graph_mode(BigValueGraphMode.NONE)
        .color_mode(BigValueColorMode.VALUE)
        .text_mode(BigValueTextMode.VALUE_AND_NAME)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).fields("/.*/").values(False))
        .color_scheme(looks.by_thresholds())
        .no_value(looks.UNKNOWN)
    )
    for column in columns(panel):
        properties = looks.column_properties(panel, column)
        builder = builder.override_by_name(column.name, [one for one in properties if not one.id_val.startswith("custom.")])
    return builder


def _table(panel: Panel) -> Builder:
    builder = table.Panel().filterable(True).no_value(looks.UNKNOWN)
    names = {column.name for column in columns(panel)}
    for column in columns(panel):
        properties = looks.column_properties(panel, column)
        key = LEADS_TO.get(column.name)
        if key in panel.links and key in names:
            properties.append(DynamicConfigValue("links", [_link(key)]))
        if column.name in panel.links and {name for name, key in LEADS_TO.items() if key == column.name} & names:
            properties.append(DynamicConfigValue("custom.hidden", True))
        builder = builder.override_by_name(column.name, properties)
    return builder


def _link(key: str) -> DashboardLink:
    # Percent-encoded, so that no name of a topic becomes another variable of the address.
    url = f"/d/twilytics-{key}?var-{key}=${{__data.fields.{key}:percentencode}}&${{__url_time_range}}"
    return builders.DashboardLink(f"This {key}").url(url).build()


def _matrix(panel: Panel) -> Builder:
    row, column, value = columns(panel)
    options = {"rowField": row.name, "columnField": column.name, "valueField": value.name, "emptyValue": "null"}
    return (
        table.Panel()
        .with_transformation(DataTransformerConfig("groupingToMatrix", options=options))
        .unit(looks.unit(value) or "none")
        .decimals(0)
        .color_scheme(builders.FieldColor().mode(FieldColorModeId.CONTINUOUS_BLUES))
        .override_by_field_type("number", [DynamicConfigValue("custom.displayMode", "color-background")])
        .no_value(looks.UNKNOWN)
    )


def _lines(panel: Panel) -> Builder:
    builder = (
        timeseries.Panel()
        .line_width(1)
        .fill_opacity(0)
        .show_points(VisibilityMode.AUTO)
        .span_nulls(False)
        .legend(_legend())
        .tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI))
        .no_value(looks.UNKNOWN)
    )
    return _scaled(builder, values(panel)[0])


def _states(panel: Panel) -> Builder:
    (value,) = values(panel)
    builder = (
        statetimeline.Panel()
        .show_value(VisibilityMode.AUTO if value.name == "rank" else VisibilityMode.NEVER)
        .merge_values(True)
        .row_height(0.9)
        .fill_opacity(90)
        .line_width(0)
        .color_scheme(looks.by_thresholds())
        .thresholds(looks.thresholds(value))
        .legend(_legend())
        .no_value(looks.UNKNOWN)
    )
    return builder.mappings(looks.words()) if value.type == "string" else _scaled(builder, value)


def _bars(panel: Panel) -> Builder:
    builder = (
        barchart.Panel()
        .x_field(columns(panel)[0].name)
        .orientation(VizOrientation.HORIZONTAL if len(values(panel)) == 1 else VizOrientation.AUTO)
        .show_value(VisibilityMode.AUTO)
        .legend(_legend())
        .color_scheme(builders.FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC))
        .no_value(looks.UNKNOWN)
    )
    for column in values(panel):
        builder = builder.override_by_name(column.name, [DynamicConfigValue("displayName", looks.label(column))])
    return _scaled(builder, values(panel)[0])


def _map(panel: Panel) -> Builder:
    value = columns(panel)[-1]
    size = {"field": value.name, "min": 4, "max": 14, "fixed": 8}
    style = {"size": size, "color": {"field": value.name, "fixed": looks.BLUE}, "opacity": 0.8, "text": {"field": "name", "mode": "field"}}
    place = common.FrameGeometrySource().mode(FrameGeometrySourceMode.COORDS).latitude("latitude").longitude("longitude")
    layer = (
        common.MapLayerOptions().type("markers").name("places").location(place).tooltip(True).config({"showLegend": True, "style": style})
    )
    builder = (
        geomap.Panel()
        .view(geomap.MapViewConfig().id("fit").all_layers(True))
        .basemap(common.MapLayerOptions().type("default").name("map"))
        .layers([layer])
        .color_scheme(builders.FieldColor().mode(FieldColorModeId.CONTINUOUS_BLUES))
        .no_value(looks.UNKNOWN)
    )
    return builder.override_by_name(
        value.name, [DynamicConfigValue("displayName", looks.label(value)), DynamicConfigValue("unit", looks.unit(value))]
    )


def _words(panel: Panel) -> Builder:
    return text.Panel().mode(TextMode.MARKDOWN).content(panel.words)


def _scaled(builder: Builder, value: Column) -> Builder:
    """On the scale of the column's declaration."""
    builder = builder.unit(looks.unit(value) or "none")
    builder = builder if value.minimum is None else builder.min(value.minimum)
    return builder if value.maximum is None or value.unit != "percentunit" else builder.max(value.maximum)


def _legend() -> common.VizLegendOptions:
    return common.VizLegendOptions().display_mode(LegendDisplayMode.LIST).placement(LegendPlacement.BOTTOM).show_legend(True)


DRAWN: dict[str, Callable[[Panel], Builder]] = {
    "stat": _stat,
    "table": _table,
    "matrix": _matrix,
    "lines": _lines,
    "states": _states,
    "bars": _bars,
    "map": _map,
    "words": _words,
}
