"""`twilytics report`: one page that explains the observatory to whoever opens it, offline."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from twilytics.cli import tell
from twilytics.cli.options import Json
from twilytics.errors import TwilyticsError


def report(
    *,
    out: Annotated[Path | None, Parameter(help="The file to write; by default report.html in HOME.")] = None,
    as_json: Json = False,
) -> None:
    from flows.blocks import load
    from twilytics.observatory import Observatory
    from twilytics.report import page, usual_path

    settings = load()
    path = (out or usual_path(settings.home)).absolute()
    with Observatory(settings) as observatory, tell.progress() as progress:
        progress("report", 0, 1)
        try:
            written = page.write(observatory, path)
        except OSError as error:
            raise TwilyticsError(f"{path} cannot be written: {error.strerror}") from error
        progress("report", 1, 1)
    if as_json:
        tell.json({"path": str(written.path), "bytes": written.n_bytes})
    else:
        tell.line(f"{written.path}, {written.n_bytes / 1000:,.0f} kB. It opens in any browser, offline.")
