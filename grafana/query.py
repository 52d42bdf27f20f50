"""A question as Grafana asks its PostgreSQL data source. The SDK has no type for it: these are the fields of Grafana's own."""

from dataclasses import dataclass
from typing import Literal

from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.common import DataSourceRef

UID = "twilytics"
#: Newer versions call it grafana-postgresql-datasource, and take the old name as well.
KIND = "postgres"
SOURCE = DataSourceRef(type_val=KIND, uid=UID)


@dataclass
class Query(Dataquery, Builder["Query"]):
    """``time_series``: a column ``time``, perhaps ``metric``, and numbers. ``table``: anything."""

    sql: str
    format: Literal["table", "time_series"]

    def build(self) -> "Query":
        return self

    def to_json(self) -> dict[str, object]:
        return {
            "refId": "A",
            "datasource": SOURCE,
            "format": self.format,
            "rawQuery": True,
            "rawSql": self.sql,
            "editorMode": "code",
        }
