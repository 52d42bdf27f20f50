"""What was set aside, and measurements of the pipeline."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute(SQL)


SQL = """
CREATE TABLE IF NOT EXISTS "gold"."set_aside" (
    "place" text COLLATE "C" NOT NULL,
    "slot" timestamp with time zone NOT NULL,
    "scope" text COLLATE "C" NOT NULL,
    "reason" text COLLATE "C" NOT NULL,
    "n_rows" bigint NOT NULL,
    PRIMARY KEY ("place", "slot", "scope", "reason")
);
CREATE INDEX IF NOT EXISTS "set_aside_slot" ON "gold"."set_aside" ("slot");
CREATE TABLE IF NOT EXISTS "gold"."measurements" (
    "measured_at" timestamp with time zone NOT NULL,
    "measure" text COLLATE "C" NOT NULL,
    "value" double precision NOT NULL,
    PRIMARY KEY ("measured_at", "measure")
);
"""
