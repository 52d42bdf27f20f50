"""How a source is reached: by which address, with which token, within which bounds. The token stays in here."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote_to_bytes, urlsplit

from twilytics.errors import SettingError
from twilytics.sources import rate
from twilytics.sources.bounds import Bounds
from twilytics.sources.reply import Reply, Unanswered

if TYPE_CHECKING:
    import requests

USER_AGENT = "twilytics (an open trend observatory)"
HIDDEN = b"***"
ADDRESS = re.compile(r"https?://(\[[\da-fA-F:.]+\]|[\w.-]+|\{host\})(:\d{1,5})?(/[\w./{}~-]*)?")


class Secret(Protocol):
    """What pydantic calls SecretStr: text that does not show itself."""

    def get_secret_value(self) -> str: ...


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Wire:
    """``base_url`` stands in for the source's own address; ``{host}`` in it, for the own address's host."""

    token: Secret | None = None
    base_url: str | None = None
    bounds: Bounds = field(default_factory=Bounds)
    now: Callable[[], datetime] = utc_now

    def __post_init__(self) -> None:
        """Raise :class:`SettingError` for what the libraries would stumble over later, with the token or a password in their words."""
        token = "none" if self.token is None else self.token.get_secret_value()
        if not token or not all("!" <= character <= "~" for character in token):
            raise SettingError(
                "the access token is empty or holds what no token has, as a blank or a line break: give it alone, without Bearer or quotes"
            )
        if self.base_url is not None and not ADDRESS.fullmatch(self.base_url):
            raise SettingError("the address that stands in for the source's own has to be like https://host or http://127.0.0.1:8000")

    def get(self, base: str, path: str, params: Mapping[str, str | int], headers: Mapping[str, str] | None = None) -> Reply:
        """The reply, whatever its status. Raise :class:`Unanswered` where none comes, or one that must not be kept."""
        from twilytics.sources import bounded  # requests takes 0.1 s to import: only who asks waits for it

        url = (self.base_url or base).replace("{host}", urlsplit(base).netloc).rstrip("/") + path
        asked_at = self.now()
        fetched = bounded.fetch(url, params, {"User-Agent": USER_AGENT, **(headers or {})}, self._signed, self.bounds)
        is_answer = 200 <= fetched.status < 300
        if is_answer and self._scrubbed(fetched.body) != fetched.body:
            raise Unanswered("repeats_the_token", "the answer repeats the access token, so it is not kept; is the address X's?")
        return Reply(
            fetched.body if is_answer else self._scrubbed(fetched.body),
            asked_at,
            fetched.status,
            rate.told(fetched.headers, self.now()),
            self._host(fetched.headers.get("location")),
        )

    def _signed(self, request: "requests.PreparedRequest") -> "requests.PreparedRequest":
        if self.token is not None:
            request.headers["Authorization"] = f"Bearer {self.token.get_secret_value()}"
        return request

    def _scrubbed(self, text: bytes) -> bytes:
        """X's tokens hold escapes as %2F, which a server that repeats them may have undone, doubled, or escaped again as JSON does."""
        if self.token is None:
            return text
        spelt = b"".join(map(_any_spelling, unquote_to_bytes(self.token.get_secret_value())))
        return re.sub(spelt, HIDDEN, text)

    def _host(self, location: str | None) -> str | None:
        """The host only: a path or a query could hold anything."""
        if location is None:
            return None
        try:
            host = urlsplit(location).netloc.rpartition("@")[2]
        except ValueError:
            host = ""
        return self._scrubbed(host.encode("utf-8", "replace")).decode() or "another page of the same host"


def _any_spelling(character: int) -> bytes:
    """A pattern for the character as it is, as an address has it, and as JSON does, which nobody does to letters and digits."""
    as_it_is = bytes([character])
    if as_it_is.isalnum():
        return as_it_is
    # Of bounded length, so that no body takes long.
    percent = rb"(?:%|\\{1,4}u0025)"
    return rb"(?i:\\{0,4}%b|%b(?:25){0,3}%02x|\\{1,4}u00%02x)" % (re.escape(as_it_is), percent, character, character)
