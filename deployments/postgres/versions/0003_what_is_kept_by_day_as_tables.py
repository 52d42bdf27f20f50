"""What is kept by day, as tables."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute(SQL)


# Once they were views, which maintenance refreshed. The next publication fills the tables.
SQL = """
DO $$ DECLARE old text; BEGIN
    FOR old IN SELECT matviewname FROM pg_matviews WHERE schemaname = 'gold' AND right(matviewname, 7) = '_by_day' LOOP
        EXECUTE format('DROP MATERIALIZED VIEW gold.%I', old);
    END LOOP;
END $$;
CREATE TABLE IF NOT EXISTS "gold"."change_rate_by_day" (
    "place" text COLLATE "C" NOT NULL,
    "day" timestamp with time zone NOT NULL,
    "n_slots" bigint NOT NULL,
    "change_rate" double precision,
    "n_change_rate" bigint NOT NULL,
    "n_topics" bigint,
    "n_new" bigint,
    "n_gone" bigint,
    PRIMARY KEY ("place", "day")
);
CREATE INDEX IF NOT EXISTS "change_rate_by_day_day" ON "gold"."change_rate_by_day" ("day");
CREATE TABLE IF NOT EXISTS "gold"."trend_equality_by_day" (
    "place_a" text COLLATE "C" NOT NULL,
    "place_b" text COLLATE "C" NOT NULL,
    "day" timestamp with time zone NOT NULL,
    "n_slots" bigint NOT NULL,
    "trend_equality" double precision,
    "jaccard" double precision,
    "rbo" double precision,
    "n_trend_equality" bigint NOT NULL,
    "n_jaccard" bigint NOT NULL,
    "n_rbo" bigint NOT NULL,
    "n_shared" bigint,
    PRIMARY KEY ("place_a", "place_b", "day")
);
CREATE INDEX IF NOT EXISTS "trend_equality_by_day_day" ON "gold"."trend_equality_by_day" ("day");
CREATE TABLE IF NOT EXISTS "gold"."trendsetter_by_day" (
    "leader" text COLLATE "C" NOT NULL,
    "follower" text COLLATE "C" NOT NULL,
    "lag" bigint NOT NULL,
    "day" timestamp with time zone NOT NULL,
    "n_slots" bigint NOT NULL,
    "trendsetter" double precision,
    "arrival_share" double precision,
    "n_trendsetter" bigint NOT NULL,
    "n_arrival_share" bigint NOT NULL,
    "n_arrivals" bigint,
    PRIMARY KEY ("leader", "follower", "lag", "day")
);
CREATE INDEX IF NOT EXISTS "trendsetter_by_day_day" ON "gold"."trendsetter_by_day" ("day");
"""
