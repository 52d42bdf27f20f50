"""`twilytics watch`: the topics that people want to be told about."""

from dataclasses import asdict
from typing import Annotated

from cyclopts import App, Parameter

from twilytics.cli import tell
from twilytics.cli.options import Json

Names = Annotated[list[str], Parameter(negative="", help="Topics, as the trends show them. One that begins with a hyphen comes after --.")]

app = App(name="watch", help_format="plaintext", help_epilogue='Example: twilytics watch add "#Bundesliga"')


@app.command(help_epilogue='Example: twilytics watch add "#Bundesliga" "Deutsche Bahn"')
def add(names: Names, /, *, as_json: Json = False) -> None:
    """Tell when these topics enter a place's list, peak there, or leave it.

    Only what comes after this is told: by TWILYTICS_ALERTS, or by Grafana.
    """
    from flows.blocks import load
    from twilytics import watching
    from twilytics.observatory import Observatory

    settings = load()
    for name in names:
        watching.key(name)  # before a database is started
    with Observatory(settings) as observatory:
        added = watching.add(observatory.dsn, names)
    if as_json:
        tell.json([asdict(one) for one in added])
        return
    tell.line(f"watched    {', '.join(one.title for one in added) or 'nothing new, all of it is watched already'}")
    if settings.alerts is None:
        tell.note("TWILYTICS_ALERTS is not set, so only Grafana tells; set it to URLs of apprise, such as ntfy://topic")


@app.default
@app.command(name="list", help_epilogue="Example: twilytics watch list --json")
def listed(*, as_json: Json = False) -> None:
    """Show the topics that are watched."""
    from flows.blocks import load
    from twilytics import watching
    from twilytics.observatory import Observatory

    with Observatory(load()) as observatory:
        found = watching.listed(observatory.dsn)
    if as_json:
        tell.json([asdict(one) for one in found])
    elif found:
        tell.table(["topic", "as given", "since (UTC)"], [[one.topic, one.title, one.added_at] for one in found])
    else:
        tell.line("Nothing is watched. Try: twilytics watch add NAME")


@app.command(help_epilogue='Example: twilytics watch remove "#Bundesliga"')
def remove(names: Names, /, *, as_json: Json = False) -> None:
    """Watch these topics no more."""
    from flows.blocks import load
    from twilytics import watching
    from twilytics.observatory import Observatory

    settings = load()
    for name in names:
        watching.key(name)
    with Observatory(settings) as observatory:
        removed = watching.remove(observatory.dsn, names)
    if as_json:
        tell.json({"removed": removed})
    else:
        tell.line(f"removed    {', '.join(removed)}")
