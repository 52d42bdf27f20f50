"""An observatory whose batches go to the played API: its lake and its staging prefix are folders, which no real batch could reach."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.dataproc.api import Api, played
from twilytics import ledger, snapshot, stopping, storage
from twilytics.answers import Answer
from twilytics.dataproc import outcome, remote, target
from twilytics.dataproc.controller import Patience
from twilytics.dataproc.waiting import Pace
from twilytics.observatory import Observatory
from twilytics.refinement import Refined
from twilytics.settings import Settings
from twilytics.slots import Slots

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
#: What every batch that succeeds here has done.
DONE = Refined((Slots(START, START + 2 * HOUR),), {"gold.captures": 2}, ("atlantis",), 2)
Refine = Callable[[], Refined]


@pytest.fixture
def api() -> Iterator[Api]:
    with played() as one:
        yield one


@pytest.fixture(scope="session")
def staging(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all tests: the jars are put there once."""
    return tmp_path_factory.mktemp("staging")


@pytest.fixture
def settings(tmp_path: Path, staging: Path, api: Api, monkeypatch) -> Settings:
    monkeypatch.setattr(target, "BUCKETS", "/")
    return Settings(
        home=tmp_path,
        engine="spark",
        spark_master="dataproc",
        gcp_project="p",
        gcp_region="r",
        staging=str(staging),
        spark_image="r-docker.pkg.dev/p/images/packages:1",
        spark_service_account="runner@p.iam.gserviceaccount.com",
        hash_key="gcp-secret:projects/p/secrets/key",
        gcp_api_url=api.url,
        _env_file=None,
    )


def answered(observatory: Observatory, *hours: int) -> None:
    """Answers of these hours come to bronze."""
    payload = b'{"trends": [{"name": "a"}, {"name": "b"}]}'
    with observatory.lake.locked():
        snapshot.append(observatory.lake, [Answer("list", "berlin", START + hour * HOUR, START, payload) for hour in hours])


@pytest.fixture
def observatory(settings: Settings, api: Api) -> Iterator[Observatory]:
    """Two answers wait in bronze. A batch that succeeds has nothing left to do, and tells :data:`DONE`."""

    def at_its_end(batch_id: str) -> None:
        if api.batches[batch_id]["state"] == "SUCCEEDED":
            told = ledger.load(opened.lake.storage, HOUR)
            ledger.save(replace(told, to_refine=(), are_summaries_due=False), opened.lake.storage)
            outcome.write(storage.opened(str(settings.staging)), batch_id, DONE)

    api.at_its_end = at_its_end
    with Observatory(settings) as opened:
        answered(opened, 0, 1)
        yield opened


def hurried(observatory: Observatory) -> Refined:
    patience = Patience(answer=5, first=0.01, longest=0.02, in_all=1)
    return remote.refine(observatory, patience=patience, pace=Pace(first=0.01, longest=0.02, heeding=0.01, ending=1))


@pytest.fixture
def refine(observatory: Observatory) -> Iterator[Refine]:
    """Refinement by a batch, in a hurry."""
    yield lambda: hurried(observatory)
    stopping.requested.clear()
