# `twilytics migrate` as the database's owner: a job, run by hand before a new image works. Only it may read the owner's secret.
locals {
  # By secret: where `twilytics migrate` finds it. A folder each, since Cloud Run mounts one secret into one folder.
  migration_files = {
    "postgres-owner-dsn"          = { folder = "/run/secrets", file = "twilytics_postgres_dsn" }
    "postgres-publisher-password" = { folder = "/secrets/publisher", file = "password" }
    "postgres-reader-password"    = { folder = "/secrets/reader", file = "password" }
  }
}

resource "google_cloud_run_v2_job" "migrate" {
  count = var.image_tag == null ? 0 : 1

  name                = "${var.name}-migrate"
  location            = var.region
  deletion_protection = false # it keeps nothing

  template {
    template {
      service_account = google_service_account.migrator.email
      max_retries     = 0 # a second try is an operator's decision
      timeout         = "${var.migration_minutes * 60}s"

      containers {
        image   = local.image
        command = ["twilytics"]
        args = [
          "migrate",
          "--publisher-password-file", "${local.migration_files["postgres-publisher-password"].folder}/${local.migration_files["postgres-publisher-password"].file}",
          "--reader-password-file", "${local.migration_files["postgres-reader-password"].folder}/${local.migration_files["postgres-reader-password"].file}",
        ]

        env {
          name  = "TWILYTICS_HOME"
          value = "/tmp/twilytics"
        }

        dynamic "volume_mounts" {
          for_each = local.migration_files
          content {
            name       = volume_mounts.key
            mount_path = volume_mounts.value.folder
          }
        }
      }

      dynamic "volumes" {
        for_each = local.migration_files
        content {
          name = volumes.key
          secret {
            secret = google_secret_manager_secret.this[volumes.key].secret_id
            items {
              path    = volumes.value.file
              version = "latest"
            }
          }
        }
      }

      vpc_access {
        egress = "PRIVATE_RANGES_ONLY"
        network_interfaces {
          network    = google_compute_network.this.id
          subnetwork = google_compute_subnetwork.worker.id
        }
      }
    }
  }

  # It cannot be made before its account may read the secrets, and before they have a value.
  depends_on = [google_secret_manager_secret_iam_member.reads]
}
