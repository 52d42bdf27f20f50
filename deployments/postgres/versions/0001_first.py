"""What a publication made before there were versions, taken over as it is, and the schema `ops`."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute(SCHEMA)


SCHEMA = """
CREATE SCHEMA IF NOT EXISTS "gold";
CREATE SCHEMA IF NOT EXISTS "ops";

CREATE TABLE IF NOT EXISTS "gold"."coverage" (
    "place" text COLLATE "C" NOT NULL,
    "slot" timestamp with time zone NOT NULL,
    "state" text COLLATE "C" NOT NULL,
    "reason" text COLLATE "C",
    PRIMARY KEY ("place", "slot")
);
CREATE INDEX IF NOT EXISTS "coverage_slot" ON "gold"."coverage" ("slot");

CREATE TABLE IF NOT EXISTS "gold"."topic_volume" (
    "place" text COLLATE "C" NOT NULL,
    "slot" timestamp with time zone NOT NULL,
    "topic" text COLLATE "C" NOT NULL,
    "n_tweets" bigint,
    "n_authors" bigint,
    "n_geo" bigint,
    "languages" text COLLATE "C",
    PRIMARY KEY ("place", "slot", "topic")
);
CREATE INDEX IF NOT EXISTS "topic_volume_slot" ON "gold"."topic_volume" ("slot");

CREATE TABLE IF NOT EXISTS "gold"."trends" (
    "place" text COLLATE "C" NOT NULL,
    "slot" timestamp with time zone NOT NULL,
    "rank" bigint NOT NULL,
    "topic" text COLLATE "C" NOT NULL,
    "title" text COLLATE "C" NOT NULL,
    "volume" bigint,
    PRIMARY KEY ("place", "slot", "rank")
);
CREATE INDEX IF NOT EXISTS "trends_slot" ON "gold"."trends" ("slot");

CREATE TABLE IF NOT EXISTS "gold"."captures" (
    "place" text COLLATE "C" NOT NULL,
    "slot" timestamp with time zone NOT NULL,
    "captured_at" timestamp with time zone NOT NULL,
    "source" text COLLATE "C" NOT NULL,
    "n_topics" bigint NOT NULL,
    "n_rejected" bigint NOT NULL,
    PRIMARY KEY ("place", "slot")
);
CREATE INDEX IF NOT EXISTS "captures_slot" ON "gold"."captures" ("slot");

CREATE TABLE IF NOT EXISTS "gold"."change_rate" (
    "place" text COLLATE "C" NOT NULL,
    "slot" timestamp with time zone NOT NULL,
    "n_topics" bigint NOT NULL,
    "n_new" bigint,
    "n_gone" bigint,
    "change_rate" double precision,
    PRIMARY KEY ("place", "slot")
);
CREATE INDEX IF NOT EXISTS "change_rate_slot" ON "gold"."change_rate" ("slot");

CREATE TABLE IF NOT EXISTS "gold"."trend_equality" (
    "place_a" text COLLATE "C" NOT NULL,
    "place_b" text COLLATE "C" NOT NULL,
    "slot" timestamp with time zone NOT NULL,
    "n_shared" bigint NOT NULL,
    "trend_equality" double precision NOT NULL,
    "jaccard" double precision NOT NULL,
    "rbo" double precision NOT NULL,
    PRIMARY KEY ("place_a", "place_b", "slot")
);
CREATE INDEX IF NOT EXISTS "trend_equality_slot" ON "gold"."trend_equality" ("slot");

CREATE TABLE IF NOT EXISTS "gold"."trendsetter" (
    "leader" text COLLATE "C" NOT NULL,
    "follower" text COLLATE "C" NOT NULL,
    "slot" timestamp with time zone NOT NULL,
    "lag" bigint NOT NULL,
    "trendsetter" double precision NOT NULL,
    "n_arrivals" bigint,
    "arrival_share" double precision,
    PRIMARY KEY ("leader", "follower", "slot", "lag")
);
CREATE INDEX IF NOT EXISTS "trendsetter_slot" ON "gold"."trendsetter" ("slot");

CREATE TABLE IF NOT EXISTS "gold"."episodes" (
    "place" text COLLATE "C" NOT NULL,
    "topic" text COLLATE "C" NOT NULL,
    "started_at" timestamp with time zone NOT NULL,
    "title" text COLLATE "C" NOT NULL,
    "last_seen_at" timestamp with time zone NOT NULL,
    "n_slots" bigint NOT NULL,
    "duration_hours" double precision NOT NULL,
    "best_rank" bigint NOT NULL,
    "max_volume" bigint,
    "censored_start" boolean NOT NULL,
    "censored_end" boolean NOT NULL,
    PRIMARY KEY ("place", "topic", "started_at")
);
CREATE INDEX IF NOT EXISTS "episodes_last_seen_at" ON "gold"."episodes" ("last_seen_at");

CREATE TABLE IF NOT EXISTS "gold"."places" (
    "place" text COLLATE "C" NOT NULL,
    "name" text COLLATE "C" NOT NULL,
    "country_code" text COLLATE "C",
    "kind" text COLLATE "C" NOT NULL,
    "parent" text COLLATE "C",
    "latitude" double precision,
    "longitude" double precision,
    "woeid" bigint,
    PRIMARY KEY ("place")
);

CREATE TABLE IF NOT EXISTS "gold"."change_summary" (
    "place" text COLLATE "C" NOT NULL,
    "window_hours" bigint NOT NULL,
    "total" double precision,
    "max" double precision,
    "avg" double precision,
    "min" double precision,
    "n_slots" bigint NOT NULL,
    "coverage" double precision NOT NULL,
    PRIMARY KEY ("place", "window_hours")
);

CREATE TABLE IF NOT EXISTS "gold"."top_topics" (
    "place" text COLLATE "C" NOT NULL,
    "window_hours" bigint NOT NULL,
    "position" bigint NOT NULL,
    "topic" text COLLATE "C" NOT NULL,
    "title" text COLLATE "C" NOT NULL,
    "frequency" bigint NOT NULL,
    "best_rank" bigint NOT NULL,
    "max_volume" bigint,
    PRIMARY KEY ("place", "window_hours", "position")
);

CREATE TABLE IF NOT EXISTS "gold"."topics" (
    "topic" text COLLATE "C" NOT NULL,
    "title" text COLLATE "C" NOT NULL,
    "first_seen_at" timestamp with time zone NOT NULL,
    "first_place" text COLLATE "C",
    "last_seen_at" timestamp with time zone NOT NULL,
    "n_places" bigint NOT NULL,
    "n_episodes" bigint NOT NULL,
    "n_slots" bigint NOT NULL,
    "best_rank" bigint NOT NULL,
    "max_volume" bigint,
    "focus" double precision NOT NULL,
    "entropy" double precision NOT NULL,
    PRIMARY KEY ("topic")
);
CREATE INDEX IF NOT EXISTS "topics_last_seen_at" ON "gold"."topics" ("last_seen_at");

CREATE TABLE IF NOT EXISTS "gold"."survival" (
    "place" text COLLATE "C" NOT NULL,
    "duration_hours" double precision NOT NULL,
    "at_risk" bigint NOT NULL,
    "ended" bigint NOT NULL,
    "survival" double precision NOT NULL,
    PRIMARY KEY ("place", "duration_hours")
);

CREATE TABLE IF NOT EXISTS "gold"."lead_lag" (
    "place_a" text COLLATE "C" NOT NULL,
    "place_b" text COLLATE "C" NOT NULL,
    "window_days" bigint NOT NULL,
    "n_shared" bigint NOT NULL,
    "a_first" bigint NOT NULL,
    "b_first" bigint NOT NULL,
    "ties" bigint NOT NULL,
    "median_lead_hours" double precision,
    "p_value" double precision,
    "q_value" double precision,
    "is_nested" boolean NOT NULL,
    PRIMARY KEY ("place_a", "place_b", "window_days")
);

CREATE TABLE IF NOT EXISTS "gold"."quality" (
    "run" timestamp with time zone NOT NULL,
    "table_name" text COLLATE "C" NOT NULL,
    "rule" text COLLATE "C" NOT NULL,
    "severity" text COLLATE "C" NOT NULL,
    "slots" text COLLATE "C" NOT NULL,
    "n_checked" bigint NOT NULL,
    "n_failed" bigint NOT NULL,
    "observed" text COLLATE "C",
    "examples" text COLLATE "C",
    PRIMARY KEY ("run", "table_name", "rule")
);

CREATE TABLE IF NOT EXISTS "gold"."batches" (
    "batch" bigint NOT NULL,
    "published_at" timestamp with time zone NOT NULL,
    "slots" text COLLATE "C" NOT NULL,
    "n_rows" bigint NOT NULL,
    "lake_versions" text COLLATE "C" NOT NULL,
    PRIMARY KEY ("batch")
);
CREATE INDEX IF NOT EXISTS "batches_published_at" ON "gold"."batches" ("published_at");

CREATE TABLE IF NOT EXISTS "ops"."watch" (
    "topic" text COLLATE "C" NOT NULL,
    "title" text COLLATE "C" NOT NULL,
    "added_at" timestamp with time zone NOT NULL,
    PRIMARY KEY ("topic")
);

CREATE TABLE IF NOT EXISTS "ops"."alerts" (
    "alert" text COLLATE "C" NOT NULL,
    "subject" text COLLATE "C" NOT NULL,
    "says" text COLLATE "C" NOT NULL,
    "since" timestamp with time zone NOT NULL,
    "told_at" timestamp with time zone,
    PRIMARY KEY ("alert", "subject")
);
"""
