"""Secrets that Prefect keeps: a setting that reads ``prefect:NAME`` stands for the value of the Secret block of that name."""

import os

from pydantic import SecretStr

from flows import environment, server
from twilytics import settings as plain
from twilytics.errors import ServiceError, SettingError
from twilytics.settings import Settings


def load() -> Settings:
    """As :func:`twilytics.settings.load`, with what the blocks hold in place of their names."""
    return resolved(plain.load())


def resolved(settings: Settings) -> Settings:
    """The settings with what the blocks hold. Prefect is only loaded, and asked, where a setting names a block.

    Raise :class:`SettingError` where there is no such block, :class:`ServiceError` where no Prefect answers.
    """
    secrets = {name: value.get_secret_value() for name, value in settings if isinstance(value, SecretStr)}
    named = {name: value.removeprefix(plain.BLOCK) for name, value in secrets.items() if value.startswith(plain.BLOCK)}
    if not named:
        return settings
    url = os.environ.get("PREFECT_API_URL") or server.running(settings.home)
    if url is None:
        names = ", ".join(f"{plain.PREFIX}{name.upper()}" for name in named)
        raise ServiceError(f"{names}: the value is in a block of Prefect's, and none runs: start `twilytics serve`, or set PREFECT_API_URL")
    environment.record_at(url)
    return settings.model_copy(update={name: _held(block, f"{plain.PREFIX}{name.upper()}", url) for name, block in named.items()})


def _held(block: str, setting: str, url: str) -> SecretStr:
    import httpx
    from prefect.blocks.system import Secret
    from prefect.settings import PREFECT_API_URL, temporary_settings

    try:
        with temporary_settings({PREFECT_API_URL: url}):
            held = Secret.load(block).get()  # type: ignore[union-attr]
    except ValueError:  # Prefect's word for a block that is missing
        raise SettingError(f"{setting}: Prefect has no Secret block {block!r}: make it on the pages, under Blocks") from None
    except (httpx.TransportError, RuntimeError):  # RuntimeError: what Prefect makes of the other, when it connects
        raise ServiceError(f"{setting}: {server.unanswered(url)}") from None
    if not isinstance(held, str):
        raise SettingError(f"{setting}: the Secret block {block!r} has to hold text")
    return SecretStr(held)
