"""What the worker's machine does before the worker, against a server that plays Google's two."""

import base64
import json
import threading
import tomllib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from deployments.gcp.worker import fetch_secrets

VALUES = {"projects/p/secrets/token": "t0ken\n", "projects/p/secrets/key": 'pnu_"quoted"', "projects/p/secrets/empty": ""}


class Google(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == fetch_secrets.TOKEN:
            found = {"access_token": "ya29"} if self.headers["Metadata-Flavor"] == "Google" else None
        elif self.headers["Authorization"] != "Bearer ya29" or "forbidden" in self.path:
            self.send_error(403)
            return
        else:
            value = VALUES.get(self.path.removeprefix("/v1/").removesuffix("/versions/latest:access"))
            found = None if value is None else {"payload": {"data": base64.b64encode(value.encode()).decode()}}
        self.send_response(404 if found is None else 200)
        self.end_headers()
        self.wfile.write(json.dumps(found).encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def run(tmp_path):
    with ThreadingHTTPServer(("127.0.0.1", 0), Google) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        yield lambda *pairs: fetch_secrets.main([str(tmp_path), *pairs], url, url)
        server.shutdown()


def test_a_secret_becomes_a_file_that_only_its_owner_reads(run, tmp_path):
    assert run("twilytics_x_bearer_token=projects/p/secrets/token") == 0
    file = tmp_path / "twilytics_x_bearer_token"
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("t0ken", 0o400)


def test_prefects_secrets_go_into_a_profile_and_nowhere_else(run, tmp_path):
    assert run("prefect_api_key=projects/p/secrets/key") == 0
    assert [path.name for path in tmp_path.iterdir()] == ["prefect_login"]
    told = tomllib.loads((tmp_path / "prefect_login").read_text())
    assert told == {"active": "twilytics", "profiles": {"twilytics": {"PREFECT_API_KEY": 'pnu_"quoted"'}}}


def test_a_secret_without_a_value_sets_nothing_and_what_was_there_before_goes(run, tmp_path):
    (tmp_path / "twilytics_alerts").write_text("old")
    assert run("twilytics_alerts=projects/p/secrets/none", "twilytics_mongodb_uri=projects/p/secrets/empty") == 0
    assert [path.name for path in tmp_path.iterdir()] == ["prefect_login"]


def test_a_secret_that_may_not_be_read_stops_the_start_and_leaves_what_is_there(run, tmp_path, capsys):
    (tmp_path / "twilytics_alerts").write_text("old")
    assert run("twilytics_alerts=projects/p/secrets/forbidden") == 1
    assert "projects/p/secrets/forbidden cannot be read (HTTP Error 403" in capsys.readouterr().err
    assert (tmp_path / "twilytics_alerts").read_text() == "old"
