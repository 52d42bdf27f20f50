"""The dashboards of :mod:`twilytics.panels` as the JSON that Grafana from 9.4 on loads."""

import json
import warnings
from typing import Any

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import DashboardCursorSync, DashboardLinkType, VariableOption, VariableRefresh

from grafana import looks
from grafana.kinds import drawn, sql
from grafana.query import SOURCE, Query
from twilytics.panels import dashboards
from twilytics.panels.panel import Dashboard, Mark, Variable
from twilytics.panels.shared import FAILED_GATES, GAPS

TAG = "twilytics"
#: That of Grafana 9.4: later versions bring what they read up to their own.
SCHEMA_VERSION = 37
REFRESH = "5m"


def files() -> dict[str, str]:
    """By name of the file, each dashboard as it is committed."""
    return {f"{dashboard.name}.json": text(dashboard) for dashboard in dashboards()}


def text(dashboard: Dashboard) -> str:
    return json.dumps(model(dashboard), indent=2, ensure_ascii=False) + "\n"


def model(dashboard: Dashboard) -> dict[str, Any]:
    """The dashboard as Grafana exchanges it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the SDK would rather write a format that only Grafana 12 reads
        built = _builder(dashboard).build()
    made: dict[str, Any] = json.loads(json.dumps(built, cls=JSONEncoder))
    made["schemaVersion"] = SCHEMA_VERSION
    return made


def _builder(dashboard: Dashboard) -> builders.Dashboard:
    builder = (
        builders.Dashboard(f"Twilytics: {dashboard.title}")
        .uid(dashboard.uid)
        .description(" ".join(dashboard.says.split()))
        .tags([TAG])
        .timezone("browser")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .time(dashboard.since, "now")
        .refresh(REFRESH)
        .editable()
        .link(builders.DashboardLink("Twilytics").type(DashboardLinkType.DASHBOARDS).tags([TAG]).include_vars(True).keep_time(True))
    )
    for variable in dashboard.variables:
        builder = builder.with_variable(_variable(variable))
    for mark in (GAPS, FAILED_GATES):
        builder = builder.annotation(_annotation(mark))
    for number, panel in enumerate(dashboard.panels, 1):
        builder = builder.with_panel(drawn(panel).id(number))
    return builder


def _variable(variable: Variable) -> builders.QueryVariable:
    refresh = VariableRefresh.ON_TIME_RANGE_CHANGED if variable.follows_time else VariableRefresh.ON_DASHBOARD_LOAD
    builder = builders.QueryVariable(variable.name).label(variable.label).datasource(SOURCE).query(sql(variable.query)).refresh(refresh)
    if not variable.is_multi:
        return builder
    everything = VariableOption(selected=True, text=["All"], value=["$__all"])
    return builder.multi(True).include_all(True).current(everything)


def _annotation(mark: Mark) -> builders.AnnotationQuery:
    colour = looks.VERMILION if mark.is_bad else looks.ORANGE
    return (
        builders.AnnotationQuery()
        .name(mark.name)
        .datasource(SOURCE)
        .enable(True)
        .icon_color(colour)
        .target(Query(sql(mark.query), "table"))
    )
