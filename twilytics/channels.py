"""Where alerts go without Grafana: any channel of apprise, by its URL. URLs hold tokens, so none is ever logged or told."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pydantic import SecretStr

from twilytics.errors import SettingError

SEPARATORS = re.compile(r"[,\s]+(?=[A-Za-z][A-Za-z0-9+.-]*://)|\s+")
#: They log addresses, in which many channels have their token.
TALKATIVE = ("apprise", "urllib3.connectionpool", "urllib3.util.retry")
#: At full width: channels would make mentions, links under other words and code of them. As a topic it stays the same, which NFKC makes.
ACTING = str.maketrans({character: chr(ord(character) + 0xFEE0) for character in "@<[`"})


@dataclass(frozen=True)
class Channel:
    """``name`` tells it from the others without its secret: its kind, and where it stands in the setting."""

    name: str
    url: str = field(repr=False)

    def takes(self, title: str, body: str) -> bool:
        """Send a message of plain text there. Return whether it was taken; never raise."""
        from apprise import Apprise, AppriseAsset, NotifyFormat

        with _silence():
            try:
                # One after the other, in this thread, so that nothing is logged elsewhere meanwhile.
                sender = Apprise(asset=AppriseAsset(app_id="Twilytics", app_desc="Twilytics", async_mode=False))
                sender.add(self.url)
                return bool(sender.notify(body=body.translate(ACTING), title=title, body_format=NotifyFormat.TEXT))
            except Exception:  # a plugin may raise anything, and what it says may hold the address
                return False


def opened(setting: SecretStr | None) -> tuple[Channel, ...]:
    """The channels of TWILYTICS_ALERTS. Raise :class:`SettingError` as :func:`listed` does ValueError."""
    try:
        return listed(setting.get_secret_value() if setting else "")
    except ValueError as error:
        raise SettingError(f"TWILYTICS_ALERTS: {error}") from None


def listed(setting: str) -> tuple[Channel, ...]:
    """The channels of the setting, in its order.

    Raise ValueError, which shows none of them, where one is no URL of a channel that apprise knows.
    """
    from apprise import Apprise

    found = []
    urls = [url.strip(",") for url in SEPARATORS.split(setting.strip()) if url.strip(",")]
    for number, url in enumerate(urls, 1):
        with _silence():
            is_known = Apprise.instantiate(url, suppress_exceptions=True) is not None
        if not is_known:
            raise ValueError(
                f"number {number} of what it lists is no URL that apprise can use: write each as "
                "https://github.com/caronc/apprise/wiki has it, such as ntfy://topic, with commas or blanks between them"
            )
        found.append(Channel(f"{url.partition('://')[0]}:// (number {number})", url))
    if not found:
        raise ValueError("holds no URL: write one such as ntfy://topic, or leave it out")
    return tuple(found)


@contextmanager
def _silence() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in TALKATIVE]
    before = [logger.disabled for logger in loggers]
    for logger in loggers:
        logger.disabled = True
    try:
        yield
    finally:
        for logger, was_disabled in zip(loggers, before, strict=True):
            logger.disabled = was_disabled
