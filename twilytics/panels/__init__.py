"""The panels, a module a dashboard: what each asks, shows and means. Grafana and the report are two renderers of this one list."""

from functools import cache
from importlib import import_module

from twilytics.panels.panel import Dashboard, Panel

#: In the order of the menu. The module of each is named for it.
DASHBOARDS = ("now", "place", "compare", "leads", "topic", "quality", "operations")


@cache
def dashboards() -> tuple[Dashboard, ...]:
    """All dashboards with their panels."""
    return tuple(import_module(f"{__name__}.{name}").DASHBOARD for name in DASHBOARDS)


@cache
def panels() -> dict[str, Panel]:
    """Every panel by its key; one that stands on several dashboards once."""
    return {panel.key: panel for dashboard in dashboards() for panel in dashboard.panels}
