"""What object storage answers wrongly, in our words: who has to do what."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from obstore.exceptions import AlreadyExistsError, PreconditionError

from twilytics.errors import ServiceError, SettingError, TwilyticsError

#: What the libraries, obstore and delta-rs (which draws a tree of it, in colours), both have of a request that failed, and of its status.
FAILED = "Error performing"
STATUS = re.compile(r"status code\W+(?:31m\W+0m\W+)?(\d{3})\b")
UNKNOWN, FORBIDDEN, ABSENT = 401, 403, 404


@contextmanager
def told(root: str) -> Iterator[None]:
    """Raise what is said of requests to the bucket of ``root`` as :class:`SettingError` or :class:`ServiceError`, and nothing else."""
    try:
        yield
    except (TwilyticsError, AlreadyExistsError, PreconditionError):  # the latter two answer a question
        raise
    except Exception as error:
        if FAILED not in str(error):
            raise
        raise in_our_words(root, str(error)) from error


def in_our_words(root: str, said: str) -> TwilyticsError:
    bucket = root.removeprefix("gs://").partition("/")[0]
    found = STATUS.search(said)
    status = int(found[1]) if found else None
    if status == UNKNOWN:
        return SettingError(f"{root}: Google does not know who asks (401): set TWILYTICS_GCP_CREDENTIALS or GOOGLE_APPLICATION_CREDENTIALS")
    if status == FORBIDDEN:
        return SettingError(f"{root}: the account may not do this (403): give it roles/storage.objectUser on the bucket {bucket}")
    if status == ABSENT:
        return SettingError(f"{root}: there is no bucket {bucket} (404): make it, or correct TWILYTICS_LAKE")
    why = f"status {status}" if status else "no answer"
    return ServiceError(f"{root}: object storage does not do what it should ({why}): it is tried again with the next run, nothing is lost")
