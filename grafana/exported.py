"""A dashboard as people export it: the file's three forms, and what Grafana writes into it that nobody chose."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from twilytics.errors import TwilyticsError

FOLDER = Path(__file__).parent / "dashboards"
Json = Mapping[str, Any]


def read(path: Path) -> Json:
    """The dashboard in the file: plain, wrapped as the API answers, or for sharing. Raise :class:`TwilyticsError` where there is none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise TwilyticsError(f"{path} can't be read ({error.strerror}): name the file that Grafana exported") from None
    except ValueError:
        raise TwilyticsError(f"{path} is no JSON: export the dashboard again, as JSON, and name that file") from None
    dashboard = _unwrapped(found)
    if "elements" in dashboard:
        raise TwilyticsError(f"{path} is in the form of Grafana's new dashboards: export it again, and choose the classic model")
    panels = dashboard.get("panels")
    if not isinstance(panels, list) or not all(isinstance(one, dict) for one in panels) or not isinstance(dashboard.get("title"), str):
        raise TwilyticsError(f"{path} holds no dashboard: export one in Grafana (Share or Export, as JSON), and name that file")
    return {**plain(dashboard), "uid": dashboard.get("uid"), "title": dashboard["title"]}


def generated(uid: object, folder: Path = FOLDER) -> Json:
    """The dashboard of that uid, as it is generated. Raise :class:`TwilyticsError` where there is none."""
    known = {dashboard["uid"]: dashboard for path in sorted(folder.glob("*.json")) for dashboard in [read(path)]}
    if uid not in known:
        told = ", ".join(known) or "none: run `make generate`"
        named = f"of uid {uid}" if uid else "without a uid"
        raise TwilyticsError(f"no dashboard {named} is generated (known: {told}): export the dashboard that was edited, not a copy of it")
    return known[uid]


def plain(value: Any) -> Any:
    """The value without what stands for nothing: null, false, empty text, lists and objects. Zero stays: it is a number."""
    if isinstance(value, Mapping):
        held = {key: plain(one) for key, one in value.items()}
        return {key: one for key, one in held.items() if not _is_nothing(one)}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return value


def _is_nothing(value: Any) -> bool:
    return value is None or value is False or (isinstance(value, str | list | Mapping) and not value)


def _unwrapped(found: Any) -> dict[str, Any]:
    """The model itself: the API wraps it in ``dashboard``, newer versions as a resource in ``spec``, whose name is the uid."""
    if not isinstance(found, dict):
        return {}
    if isinstance(found.get("dashboard"), dict):
        return dict(found["dashboard"])
    if isinstance(found.get("spec"), dict):
        named = found.get("metadata")
        return {"uid": named.get("name") if isinstance(named, dict) else None, **found["spec"]}
    return found
