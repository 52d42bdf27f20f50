"""A batch as Dataproc is asked for it. Nothing in it is secret: whoever may list batches sees all of it."""

from datetime import timedelta
from typing import Any

from twilytics.dataproc.program import PACKAGES, PROJECT, Program
from twilytics.dataproc.target import Target
from twilytics.dataproc.work import label
from twilytics.engines import delta
from twilytics.settings import PREFIX, Settings

#: Spark 4.0 and Python 3.12. Older ones have another Spark, later ones are not tried.
RUNTIME = "3.0"
#: A year's backfill of 60 places takes hours; what hangs is ended. Dataproc's own limit would be four.
LONGEST = timedelta(hours=24)
LEASE = "--lease"
LAKE_LABEL = "twilytics_lake"


def batch(settings: Settings, target: Target, program: Program, batch_id: str, lease: str | None) -> Any:
    """The message; ``lease`` lets its program write to the lake under the lock of who submits it."""
    from google.cloud import dataproc_v1 as dataproc

    at = target.staging
    archives = [f"{at}/{program.wheel}#{PROJECT}"]
    if program.packages is not None:
        archives.append(f"{at}/{program.packages}#{PACKAGES}")
    return dataproc.Batch(
        labels={LAKE_LABEL: label(settings.lake_root)},
        pyspark_batch=dataproc.PySparkBatch(
            main_python_file_uri=f"{at}/{program.main}",
            args=["--staging", at, "--batch", batch_id, *([LEASE, lease] if lease else [])],
            jar_file_uris=[f"{at}/{jar}" for jar in program.jars],
            archive_uris=archives,
        ),
        runtime_config=dataproc.RuntimeConfig(
            version=RUNTIME,
            container_image=target.image or "",
            properties=properties(settings, program),
        ),
        environment_config=dataproc.EnvironmentConfig(execution_config=_execution(target)),
    )


def lease(batch: Any) -> str | None:
    """The lease that a batch works under."""
    told = list(batch.pyspark_batch.args)
    return told[told.index(LEASE) + 1] if LEASE in told else None


def properties(settings: Settings, program: Program) -> dict[str, str]:
    """Of Spark: the lake's format, the way to the packages, and the settings of the program as its environment."""
    environment = {"PYTHONPATH": program.path, **_environment(settings)}
    return {
        **delta.OPTIONS,
        "spark.log.level": "WARN",  # the end of the log is to be what went wrong
        **{f"spark.dataproc.driverEnv.{name}": value for name, value in environment.items()},
        "spark.executorEnv.PYTHONPATH": program.path,
    }


def _environment(settings: Settings) -> dict[str, str]:
    # A reference to Secret Manager, never the key itself: target() has seen to that.
    key = settings.hash_key.get_secret_value() if settings.hash_key else ""
    told = {
        "lake": settings.lake_root,
        "interval_minutes": str(settings.interval_minutes),
        "pairs": settings.pairs,
        "engine": "spark",
        "hash_key": key,
        "gcp_api_url": settings.gcp_api_url or "",
    }
    return {f"{PREFIX}{name.upper()}": value for name, value in told.items() if value}


def _execution(target: Target) -> Any:
    from google.cloud import dataproc_v1 as dataproc

    execution = dataproc.ExecutionConfig(
        service_account=target.service_account,
        ttl=LONGEST,
        # This runtime's default is whoever submits, who may be somebody at a laptop.
        authentication_config=dataproc.AuthenticationConfig(
            user_workload_authentication_type=dataproc.AuthenticationConfig.AuthenticationType.SERVICE_ACCOUNT
        ),
    )
    if target.subnet:
        execution.subnetwork_uri = target.subnet
    return execution
