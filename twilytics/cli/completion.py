"""Shell completion."""

from pathlib import Path
from typing import Literal

from twilytics.cli import tell
from twilytics.errors import TwilyticsError


def install(*, shell: Literal["bash", "zsh", "fish"] | None = None) -> None:
    """Install the completion.

    Parameters
    ----------
    shell
        The shell; by default the one that this command was called from.
    """
    from cyclopts.completion.detect import ShellDetectionError, detect_shell

    from twilytics.cli.commands import app

    try:
        path: Path = app.install_completion(shell=shell or detect_shell())
    except ShellDetectionError:
        raise TwilyticsError("cannot tell which shell this is: name it with --shell bash, zsh or fish") from None
    tell.note(f"completion installed in {path}: open a new shell to use it")
