"""Tokens and passwords are in no log, no exception, no run, no artifact and no document, whatever fails and however much is logged."""

import json
import subprocess
import sys
from urllib.parse import quote

import pytest
from prefect.blocks.system import Secret
from prefect.settings import PREFECT_API_URL, temporary_settings

from tests import faulty
from tests.flows.conftest import CLEAN, REPOSITORY
from tests.leaks import documents, files, leaks, rows
from twilytics.places import catalogue

TOKEN = "AAAAunmistakableToken%2FofX%3D+9"
MONGODB_PASSWORD = "unmistakable m0ngo/p@ss:word"
POSTGRES_PASSWORD = "unmistakable p0stgres/p@ss:w%rd"
HASH_KEY = "unmistakable hash/key%2B1"
ALERTS_TOKEN = "unmistakable-alerts%2Ftoken"
SECRETS = (TOKEN, MONGODB_PASSWORD, POSTGRES_PASSWORD, HASH_KEY, ALERTS_TOKEN)
FAULTS = {
    "berlin": faulty.refused(401, faulty.UNAUTHORIZED),
    "hamburg": faulty.refused(403, faulty.X_453),
    "stuttgart": faulty.repeats_the_token(200),
    "cologne": faulty.repeats_the_token(503),
    "leipzig": faulty.repeats_the_token(404),
    "bremen": faulty.repeats_the_token(302),
    "munich": faulty.hang_up,
    "dresden": faulty.redirect,
    "frankfurt": faulty.fine,
}


def keep_in_a_block(url: str, name: str, value: str) -> None:
    with temporary_settings({PREFECT_API_URL: url}):
        Secret(value=value).save(name, overwrite=True)


@pytest.fixture(scope="module")
def left(served, mongodb_server, postgres_server, tmp_path_factory):
    """What failing cycles left behind, by where: all that was written, wherever it was."""
    home = tmp_path_factory.mktemp("home")
    authority = postgres_server.partition("@")[2]
    mongodb_uri = f"{mongodb_server}/secrets"
    with faulty.serving() as x:
        for place, fault in FAULTS.items():
            x.play(str(catalogue()[place].woeid), fault)
        environment = {
            **CLEAN,
            "PYTHONPATH": REPOSITORY,
            "PREFECT_API_URL": served.url,
            "PREFECT_LOGGING_LEVEL": "DEBUG",
            "PREFECT_LOGGING_ROOT_LEVEL": "DEBUG",
            "PREFECT_LOGGING_EXTRA_LOGGERS": "twilytics,tweepy,urllib3,requests_oauthlib,pymongo",
            "TWILYTICS_HOME": str(home),
            "TWILYTICS_PLACES": ",".join(FAULTS),
            "TWILYTICS_X_API_URL": x.url,
            "TWILYTICS_X_BEARER_TOKEN": TOKEN,
            "TWILYTICS_HASH_KEY": HASH_KEY,
            "TWILYTICS_ALERTS": f"json://127.0.0.1:9/{ALERTS_TOKEN}",
            "TWILYTICS_MONGODB_URI": mongodb_uri,
            "TWILYTICS_POSTGRES_DSN": f"postgresql://somebody:{quote(POSTGRES_PASSWORD, safe='')}@{authority}",
        }
        bad_mongodb = mongodb_uri.replace("://", f"://somebody:{quote(MONGODB_PASSWORD, safe='')}@")
        cycles = [
            {},  # X refuses in every way, then PostgreSQL does
            {"command": ["run", "--debug"]},
            {"gate": True},
            {"TWILYTICS_X_BEARER_TOKEN": "prefect:secret-token"},
            {"TWILYTICS_MONGODB_URI": bad_mongodb},
            {"TWILYTICS_MONGODB_URI": bad_mongodb.replace("://", "://:", 1)},
            {"TWILYTICS_MONGODB_URI": f"mongodb://somebody:{quote(MONGODB_PASSWORD, safe='')}/twilytics"},
            {"TWILYTICS_MONGODB_URI": mongodb_uri, "TWILYTICS_POSTGRES_DSN": f"postgresql://me:{quote(POSTGRES_PASSWORD, safe='')}/db"},
            {"TWILYTICS_POSTGRES_DSN": f"postgresql://me:{quote(POSTGRES_PASSWORD, safe='%')}@127.0.0.1/db"},
            {"TWILYTICS_POSTGRES_DSN": f"dbname=db password={POSTGRES_PASSWORD}"},
            {"TWILYTICS_X_BEARER_TOKEN": f"Bearer {TOKEN}"},
            {"TWILYTICS_ALERTS": f"nonsense {ALERTS_TOKEN}"},
        ]
        keep_in_a_block(served.url, "secret-token", TOKEN)
        program = [sys.executable, "-m", "tests.flows.failing", *map(json.dumps, cycles)]
        ended = subprocess.run(program, env=environment, cwd=home, capture_output=True, check=False)
        assert ended.returncode == 0, ended.stderr.decode()[-3000:]
        assert {f"Bearer {TOKEN}"} == {call.headers["Authorization"] for call in x.calls}
        assert {call.place_id for call in x.calls} == {str(catalogue()[place].woeid) for place in FAULTS}
    return dict(
        (
            ("stdout", ended.stdout),
            ("stderr", ended.stderr),
            ("log of twilytics serve", served.log.read_bytes()),
            *files(home, "secrets"),
            *files(served.home / "prefect"),
            *rows(served.home / "prefect" / "prefect.db"),
            *documents(mongodb_uri),
        )
    )


@pytest.mark.parametrize(
    ("where", "text"),
    [
        ("stderr", b"PostgreSQL does not let us in"),
        ("stderr", b"CHAIN OperationalError"),
        ("stderr", b"MongoDB refused"),
        ("stderr", b"TWILYTICS_MONGODB_URI can't be used"),
        ("stderr", b"TWILYTICS_POSTGRES_DSN can't be used"),
        ("stderr", b"GateError: gold.trends"),
        ("stderr", b"nobody was told how it stands, the next cycle does: PostgreSQL does not let us in"),
        ("stderr", b"TWILYTICS_ALERTS: number 1 of what it lists is no URL"),
        ("stderr", b"the access token is empty or holds what no token has"),
        ("stderr", b"urllib3.connectionpool DEBUG"),
        ("stderr", b"pymongo.command DEBUG"),
        ("prefect.db: log", b"PostgreSQL does not let us in"),
        ("prefect.db: log", b"rank_minimum failed"),
        ("prefect.db: flow_run", b"is_asking"),
        ("prefect.db: artifact", b"Stopped by the checks"),
        ("MongoDB: answers", b"no access with Bearer ***"),
    ],
)
def test_what_failed_was_told_where_it_is_looked_for(left, where, text):
    assert text in left[where]


def test_no_secret_is_anywhere(left):
    assert len(left) > 50
    assert leaks(SECRETS, left) == []
