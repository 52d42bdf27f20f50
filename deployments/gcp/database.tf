# The published tables. Its owner is made by hand (README.md), so that no password is in a state.
resource "google_sql_database_instance" "published" {
  #checkov:skip=CKV2_GCP_13: log_duration writes a line for each query of each reader; query insights count them already
  #checkov:skip=CKV_GCP_6: TLS is required (ENCRYPTED_ONLY); client certificates would be one more secret beside each password
  #checkov:skip=CKV_GCP_79: the version is a variable, which admits 17 and 18 only
  name                = "${var.name}-published"
  region              = var.region
  database_version    = var.database_version
  deletion_protection = var.deletion_protection

  settings {
    tier                        = var.database_tier
    edition                     = var.database_edition
    availability_type           = var.database_availability
    disk_type                   = "PD_SSD"
    disk_size                   = var.database_disk_gb
    disk_autoresize             = true
    disk_autoresize_limit       = var.database_most_disk_gb
    deletion_protection_enabled = var.deletion_protection
    user_labels                 = var.labels

    ip_configuration {
      ipv4_enabled    = false
      private_network = google_compute_network.this.id
      ssl_mode        = "ENCRYPTED_ONLY"
    }

    backup_configuration {
      enabled                        = true
      start_time                     = var.database_backup_at
      location                       = var.region
      point_in_time_recovery_enabled = true
      transaction_log_retention_days = var.database_log_days

      backup_retention_settings {
        retained_backups = var.database_backups
        retention_unit   = "COUNT"
      }
    }

    final_backup_config {
      enabled        = true
      retention_days = var.database_final_backup_days
    }

    maintenance_window {
      day          = var.database_maintenance.day
      hour         = var.database_maintenance.hour
      update_track = "stable"
    }

    insights_config {
      query_insights_enabled = true
    }

    # Who comes and goes, waits, and changes tables is logged. What readers ask for is not: it is theirs.
    database_flags {
      name  = "cloudsql.enable_pgaudit"
      value = "on"
    }
    database_flags {
      name  = "pgaudit.log"
      value = "ddl,role"
    }
    database_flags {
      name  = "log_checkpoints"
      value = "on"
    }
    database_flags {
      name  = "log_connections"
      value = "on"
    }
    database_flags {
      name  = "log_disconnections"
      value = "on"
    }
    database_flags {
      name  = "log_hostname"
      value = "on"
    }
    database_flags {
      name  = "log_lock_waits"
      value = "on"
    }
    database_flags {
      name  = "log_min_duration_statement"
      value = "-1"
    }
    database_flags {
      name  = "log_min_error_statement"
      value = "error"
    }
    database_flags {
      name  = "log_min_messages"
      value = "warning"
    }
    database_flags {
      name  = "log_statement"
      value = "ddl"
    }
    dynamic "database_flags" {
      for_each = var.database_flags
      content {
        name  = database_flags.key
        value = database_flags.value
      }
    }
  }

  depends_on = [google_service_networking_connection.database]
}

resource "google_sql_database" "twilytics" {
  name     = var.name
  instance = google_sql_database_instance.published.name
}
