# Secrets without their values: these are put there by hand (README.md), so that they are in no file and no state.
locals {
  # By name: the setting or the option of `twilytics` that it is for, and the accounts that may read it.
  secrets = {
    "x-bearer-token"              = { use = "TWILYTICS_X_BEARER_TOKEN", readers = ["worker"] }
    "mongodb-uri"                 = { use = "TWILYTICS_MONGODB_URI", readers = ["worker"] }
    "alerts"                      = { use = "TWILYTICS_ALERTS", readers = ["worker"] }
    "hash-key"                    = { use = "TWILYTICS_HASH_KEY", readers = ["worker", "batch"] }
    "postgres-owner-dsn"          = { use = "TWILYTICS_POSTGRES_DSN", readers = ["migrator"] }
    "postgres-publisher-dsn"      = { use = "TWILYTICS_POSTGRES_DSN", readers = ["worker"] }
    "postgres-publisher-password" = { use = "--publisher-password-file", readers = ["migrator"] }
    "postgres-reader-password"    = { use = "--reader-password-file", readers = ["migrator"] }
    "postgres-reader-dsn"         = { use = "TWILYTICS_POSTGRES_DSN", readers = [] } # var.database_readers may
    "prefect-api-key"             = { use = "PREFECT_API_KEY", readers = ["worker"] }
    "prefect-api-auth-string"     = { use = "PREFECT_API_AUTH_STRING", readers = ["worker"] }
  }

  accounts = {
    worker   = google_service_account.worker.member
    batch    = google_service_account.batch.member
    migrator = google_service_account.migrator.member
  }

  secret_readers = merge(
    [for name, secret in local.secrets : { for reader in secret.readers : "${name}/${reader}" => { secret = name, member = local.accounts[reader] } }]...
  )
}

resource "google_secret_manager_secret" "this" {
  for_each = local.secrets

  secret_id           = "${var.name}-${each.key}"
  annotations         = { use = each.value.use }
  deletion_protection = var.deletion_protection
  version_destroy_ttl = "${var.secret_days * 86400}s" # a version that was destroyed by mistake comes back until then

  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }

  depends_on = [google_project_service.needed]
}

resource "google_secret_manager_secret_iam_member" "reads" {
  for_each = local.secret_readers

  secret_id = google_secret_manager_secret.this[each.value.secret].id
  role      = "roles/secretmanager.secretAccessor"
  member    = each.value.member
}

# Grafana, or whoever else asks the published tables.
resource "google_secret_manager_secret_iam_member" "reads_as_reader" {
  for_each = var.database_readers

  secret_id = google_secret_manager_secret.this["postgres-reader-dsn"].id
  role      = "roles/secretmanager.secretAccessor"
  member    = each.value
}
