"""The errors that a user can cause or mend. Each message says what is wrong and what to do."""


class TwilyticsError(Exception):
    """Shown as one line, exit code 1, without a traceback."""


class SettingError(TwilyticsError):
    """A setting has a value that cannot be used."""


class ServiceError(TwilyticsError):
    """A part that Twilytics stands on (Java, a store, a port, a lock) is missing or does not answer."""


class GateError(TwilyticsError):
    """A check failed, so nothing of this cycle was published.

    Its text, which logs and Prefect's database keep, names no topic, post or author; ``in_full`` may, for who looks just now.
    """

    def __init__(self, told: str, in_full: str | None = None) -> None:
        super().__init__(told)
        self.in_full = in_full or told
