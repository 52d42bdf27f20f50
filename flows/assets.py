"""What a run wrote, for Prefect's pages and automations: an event that names it all, and each table as an asset with its lineage.

The events of the assets are those of Prefect's ``@materialize``, which would take a task for each table to keep their inputs apart.
Nothing in them was written by strangers, and no key holds a machine, a path or a bucket.
"""

from collections.abc import Mapping
from functools import cache

from prefect.assets import Asset, AssetProperties
from prefect.context import AssetContext
from prefect.events import emit_event

from twilytics.cycle import CycleReport
from twilytics.publication import LAKE, Published
from twilytics.tables import definitions, named

PUBLISHED = "twilytics.published"
MATERIALIZED = "prefect.asset.materialization.succeeded"
REFERENCED = "prefect.asset.referenced"

Counts = Mapping[str, int]


def emit(report: CycleReport, engine: str) -> None:
    """Tell Prefect of the publication, and of the tables that were written for it; of nothing where nothing was published.

    They are sent by and by, by a thread of Prefect's.
    """
    published = report.published
    if published is None:
        return
    tables = written(report.refined.rows, published)
    emit_event(
        event=PUBLISHED,
        resource={"prefect.resource.id": f"twilytics.lake.{published.lake_versions.get(LAKE)}", "prefect.resource.name": "Twilytics"},
        related=[AssetContext.asset_as_related(asset(name)) for name in tables],
        payload={
            "batch": published.batch,
            "published_at": published.published_at.isoformat(),
            "slots": published.slots,
            "tables": {name: dict(counts) for name, counts in tables.items()},
        },
    )
    for name in sorted({upstream for table in tables for upstream in _inputs(table)} - tables.keys()):
        emit_event(event=REFERENCED, resource=AssetContext.asset_as_resource(asset(name)), related=[])
    for name, counts in tables.items():
        related = [AssetContext.asset_as_related(asset(upstream)) for upstream in _inputs(name)]
        emit_event(
            event=MATERIALIZED,
            resource=AssetContext.asset_as_resource(asset(name)),
            related=[*related, AssetContext.related_materialized_by(engine)],
            payload={"batch": published.batch, **counts},
        )


def written(made: Counts, published: Published) -> dict[str, Counts]:
    """By name, inputs first, the tables that were made again or published: the rows that the lake was given (``n_made``), those that
    PostgreSQL holds of these slots (``n_rows``) and that are new there or differ (``n_written``), and the version in the lake."""
    counted = {"n_made": made, "n_rows": published.n_rows, "n_written": published.n_written}
    versions = published.lake_versions
    return {
        name: {count: by_table[name] for count, by_table in counted.items() if name in by_table}
        | ({"lake_version": version} if isinstance(version := versions.get(name), int) else {})
        for name in definitions()
        if name in made or name in published.n_rows
    }


@cache
def asset(table: str) -> Asset:
    """`twilytics://gold/trends`: the same wherever the lake and PostgreSQL are."""
    says = named(table).description.strip().partition("\n")[0]
    return Asset(key=f"twilytics://{table.replace('.', '/')}", properties=AssetProperties(name=table, description=says))


def _inputs(table: str) -> list[str]:
    return [upstream.name for upstream in named(table).inputs]
