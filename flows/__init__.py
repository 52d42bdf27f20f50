"""What runs, when, and again after a failure. Importing this loads neither Prefect nor an engine."""

import os
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from flows import server

if TYPE_CHECKING:
    from twilytics.observatory import Observatory


def run(
    name: Literal["land", "cycle", "backfill", "retry", "maintain"],
    observatory: "Observatory",
    progress: Callable[[str, int, int], None],
    **parameters: Any,
) -> Any:
    """Run the flow of that name here, on this observatory.

    Where a server of its HOME is up, or PREFECT_API_URL names one, that is a run of that server, with retries. Where there
    is none, the plain function is called: Prefect would start a server for it, which takes longer than most cycles.
    """
    url = os.environ.get("PREFECT_API_URL") or server.running(observatory.settings.home)
    if url is None:
        from flows import plain

        return getattr(plain, name)(observatory, progress=progress, **parameters)
    from flows import environment

    environment.record_at(url)
    from flows.opened import Kept
    from flows.record import recorded

    with Kept(observatory.settings, observatory, progress).used():
        return recorded(getattr(import_module(f"flows.{name}"), name), parameters, url)
