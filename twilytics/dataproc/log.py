"""The end of what a batch's driver wrote, from Cloud Logging, where this runtime keeps it."""

import logging
from typing import Any

from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession
from requests import RequestException

from twilytics import gcp
from twilytics.dataproc.target import Target
from twilytics.settings import Settings

_log = logging.getLogger(__name__)
SECONDS = 20.0
LINES = 15
LONGEST_LINE = 300


def last_lines(settings: Settings, target: Target, batch_id: str) -> tuple[str, ...]:
    """In order. None where they cannot be had: a batch's outcome does not depend on who may read logs."""
    way = gcp.way("logging.googleapis.com", settings)
    output = f"projects/{target.project}/logs/dataproc.googleapis.com%2Foutput"
    asked: dict[str, Any] = {
        "resourceNames": [f"projects/{target.project}"],
        "filter": f'resource.type="cloud_dataproc_batch" AND resource.labels.batch_id="{batch_id}" AND logName="{output}"',
        "orderBy": "timestamp desc",
        "pageSize": LINES,
    }
    try:
        with AuthorizedSession(way.credentials) as session:  # type: ignore[no-untyped-call]
            answer = session.post(f"{way.scheme}://{way.host}/v2/entries:list", json=asked, timeout=SECONDS)
        answer.raise_for_status()
        entries = answer.json().get("entries", [])
    except (RequestException, GoogleAuthError) as error:
        _log.info("The log of the batch %s cannot be read (%s): roles/logging.viewer lets one", batch_id, error)
        return ()
    told = [entry.get("textPayload") or entry.get("jsonPayload", {}).get("message", "") for entry in reversed(entries)]
    return tuple(line[:LONGEST_LINE] for text in told for line in text.splitlines())[-LINES:]
