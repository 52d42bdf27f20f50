"""What Google's accounts may do: asked by ``testIamPermissions``, which changes nothing and needs no right of its own."""

from collections.abc import Mapping

from twilytics import gcp
from twilytics.errors import ServiceError, SettingError
from twilytics.permissions.granted import Granted
from twilytics.settings import Settings
from twilytics.storage import credentials

SECONDS = 30.0
FORBIDDEN, ABSENT = (401, 403), 404

#: By permission, what it lets one do. Those of ``NEEDED`` are asked for, those of ``NEEDLESS`` should be somebody else's.
OBJECTS = {
    "storage.objects.get": "read",
    "storage.objects.list": "list",
    "storage.objects.create": "write",
    "storage.objects.delete": "replace and remove",
}
OF_A_BUCKET = {
    "storage.buckets.delete": "delete the bucket",
    "storage.buckets.setIamPolicy": "give others access to the bucket",
    "storage.buckets.update": "change the bucket's settings",
}
BATCHES = {
    "dataproc.batches.create": "submit batches",
    "dataproc.batches.get": "watch batches",
    "dataproc.batches.cancel": "cancel batches",
}
OF_A_PROJECT = {
    "resourcemanager.projects.setIamPolicy": "give others access to the project",
    "iam.serviceAccountKeys.create": "make keys of service accounts",
}
ACT_AS = {"iam.serviceAccounts.actAs": "run batches as that account"}
SECRET = {"secretmanager.versions.access": "read it"}


def bucket(settings: Settings, url: str) -> Granted:
    name = url.removeprefix("gs://").partition("/")[0]
    told = _asked(settings, "storage.googleapis.com", f"/storage/v1/b/{name}/iam/testPermissions", [*OBJECTS, *OF_A_BUCKET], "GET")
    return _granted(told, OBJECTS, OF_A_BUCKET, f"give it roles/storage.objectUser on the bucket {name}")


def project(settings: Settings) -> Granted:
    path = f"/v1/projects/{settings.gcp_project}:testIamPermissions"
    told = _asked(settings, "cloudresourcemanager.googleapis.com", path, [*BATCHES, *OF_A_PROJECT])
    return _granted(told, BATCHES, OF_A_PROJECT, f"give it roles/dataproc.editor in the project {settings.gcp_project}")


def account(settings: Settings) -> Granted:
    path = f"/v1/projects/-/serviceAccounts/{settings.spark_service_account}:testIamPermissions"
    told = _asked(settings, "iam.googleapis.com", path, list(ACT_AS))
    return _granted(told, ACT_AS, {}, f"give it roles/iam.serviceAccountUser on {settings.spark_service_account}")


def secret(settings: Settings, name: str) -> Granted:
    told = _asked(settings, "secretmanager.googleapis.com", f"/v1/{name}:testIamPermissions", list(SECRET))
    return _granted(told, SECRET, {}, f"give it roles/secretmanager.secretAccessor on {name}")


def _granted(told: set[str], needed: Mapping[str, str], needless: Mapping[str, str], remedy: str) -> Granted:
    may = tuple(word for one, word in needed.items() if one in told)
    may_not = tuple(word for one, word in needed.items() if one not in told)
    return Granted(may, may_not, tuple(word for one, word in needless.items() if one in told), remedy)


def _asked(settings: Settings, host: str, path: str, permissions: list[str], method: str = "POST") -> set[str]:
    """Those of the permissions that who asks has. Raise a TwilyticsError where that is not told."""
    from google.auth.exceptions import GoogleAuthError
    from google.auth.transport.requests import AuthorizedSession
    from requests import RequestException

    way = gcp.way(host, settings)
    told = {"permissions": permissions}
    how = {"json": told} if method == "POST" else {"params": told}
    try:
        with AuthorizedSession(way.credentials) as session:  # type: ignore[no-untyped-call]
            found = session.request(method, f"{way.scheme}://{way.host}{path}", timeout=SECONDS, **how)  # type: ignore[no-untyped-call]
    except (GoogleAuthError, RequestException) as error:
        raise ServiceError(f"{way.host} does not answer ({type(error).__name__}): what may be done is not known") from None
    if found.status_code in FORBIDDEN:
        raise SettingError(f"{way.host} does not let us ask what may be done ({found.status_code}): check {credentials.NAME}")
    if found.status_code == ABSENT:
        raise SettingError(f"{way.host} has no {path.partition(':')[0].removeprefix('/')}: check the settings that name it")
    if not found.ok:
        raise ServiceError(f"{way.host} answers {found.status_code}: what may be done is not known, try again")
    return set(found.json().get("permissions", ()))
