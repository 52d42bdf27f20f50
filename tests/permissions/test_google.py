"""What `twilytics doctor --cloud` says of Google's accounts, told by a server that plays `testIamPermissions`."""

import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from twilytics import doctor, permissions
from twilytics.doctor import Finding
from twilytics.observatory import Observatory
from twilytics.settings import Settings

OBJECT_USER = {"storage.objects.get", "storage.objects.list", "storage.objects.create", "storage.objects.delete"}
BATCHES = {"dataproc.batches.create", "dataproc.batches.get", "dataproc.batches.cancel"}


class Google(ThreadingHTTPServer):
    """Has by path what whoever asks may do, or the status that it answers with."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Asked)
        self.has: dict[str, set[str] | int] = {}


class Asked(BaseHTTPRequestHandler):
    server: Google

    def log_message(self, *_: object) -> None:
        """Not told."""

    def do_GET(self) -> None:
        self.answer(parse_qs(urlsplit(self.path).query)["permissions"])

    def do_POST(self) -> None:
        self.answer(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["permissions"])

    def answer(self, permissions: list[str]) -> None:
        has = self.server.has.get(urlsplit(self.path).path, 404)
        body = json.dumps({"permissions": [one for one in permissions if one in has]} if isinstance(has, set) else {}).encode()
        self.send_response(has if isinstance(has, int) else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def google() -> Iterator[Google]:
    with Google() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def found(google: Google, part: str, tmp_path, **settings: object) -> Finding:
    told = Settings(home=tmp_path, gcp_api_url=f"http://127.0.0.1:{google.server_port}", _env_file=None, **settings)
    with Observatory(told) as observatory:
        (ask,) = [ask for name, ask in permissions.asked(observatory).items() if name.startswith(part)]
        return doctor.finding(part, partial(doctor.judged, ask))


BUCKET = "/storage/v1/b/bucket/iam/testPermissions"


@pytest.mark.parametrize(
    ("has", "verdict", "told"),
    [
        (OBJECT_USER, "ok", "may read, list, write, replace and remove"),
        (
            OBJECT_USER - {"storage.objects.delete"},
            "problem",
            "may read, list, write; may not replace and remove: give it roles/storage.objectUser on the bucket bucket",
        ),
        (
            OBJECT_USER | {"storage.buckets.setIamPolicy"},
            "warning",
            "may read, list, write, replace and remove; may also give others access to the bucket, which is not needed: take it away",
        ),
        (403, "problem", "does not let us ask what may be done (403): check TWILYTICS_GCP_CREDENTIALS"),
        (404, "problem", "has no storage/v1/b/bucket/iam/testPermissions: check the settings that name it"),
        (503, "problem", "answers 503: what may be done is not known, try again"),
    ],
)
def test_of_a_bucket_it_says_what_may_be_done_and_what_not(google: Google, tmp_path, has, verdict: str, told: str):
    google.has[BUCKET] = has
    finding = found(google, "lake", tmp_path, lake="gs://bucket/lake")
    assert (finding.verdict, finding.told.partition(f"{google.server_port} ")[2] or finding.told) == (verdict, told)


def test_a_google_that_does_not_answer_is_told(google: Google, tmp_path):
    google.shutdown()
    google.server_close()
    finding = found(google, "lake", tmp_path, lake="gs://bucket/lake")
    assert finding.verdict == "problem"
    assert finding.told.endswith("does not answer (ConnectionError): what may be done is not known")


DATAPROC = {
    "engine": "spark",
    "spark_master": "dataproc",
    "lake": "gs://bucket/lake",
    "staging": "gs://staging/batches",
    "gcp_project": "observatory",
    "gcp_region": "europe-west3",
    "spark_service_account": "batches@observatory.iam.gserviceaccount.com",
    "hash_key": SecretStr("gcp-secret:projects/observatory/secrets/hash-key/versions/2"),
}


@pytest.mark.parametrize(
    ("part", "path", "has", "told"),
    [
        ("staging", "/storage/v1/b/staging/iam/testPermissions", OBJECT_USER, "may read, list, write, replace and remove"),
        ("batches:", "/v1/projects/observatory:testIamPermissions", BATCHES, "may submit batches, watch batches, cancel batches"),
        (
            "batches as",
            "/v1/projects/-/serviceAccounts/batches@observatory.iam.gserviceaccount.com:testIamPermissions",
            set(),
            "may not run batches as that account: give it roles/iam.serviceAccountUser on batches@observatory.iam.gserviceaccount.com",
        ),
        (
            "hash key",
            "/v1/projects/observatory/secrets/hash-key:testIamPermissions",
            {"secretmanager.versions.access"},
            "may read it",
        ),
    ],
)
def test_of_what_batches_need_each_part_is_asked(google: Google, tmp_path, part: str, path: str, has, told: str):
    google.has[path] = has
    assert found(google, part, tmp_path, **DATAPROC).told == told
