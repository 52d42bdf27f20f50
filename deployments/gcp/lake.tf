# The lake is Delta tables: `twilytics maintain` removes what only versions older than TWILYTICS_RETENTION_HOURS need, and no
# rule here may delete a live object. What is deleted stays as a noncurrent version for some days, in case it was a mistake.
# `twilytics forget` erases from the tables at once; from the bucket it is gone after noncurrent_days + soft_delete_days.
resource "google_storage_bucket" "lake" {
  #checkov:skip=CKV_GCP_62: access is in Cloud Audit Logs (audit_storage), where usage logs would be one more bucket of its own
  name                        = local.lake_bucket
  location                    = var.region
  storage_class               = "STANDARD" # colder classes charge for each read, and a cycle reads what it wrote
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = false

  versioning {
    enabled = true
  }

  soft_delete_policy {
    retention_duration_seconds = var.soft_delete_days * 86400
  }

  lifecycle_rule {
    condition {
      days_since_noncurrent_time = var.noncurrent_days
      with_state                 = "ARCHIVED"
    }
    action {
      type = "Delete"
    }
  }

  lifecycle_rule {
    condition {
      age = var.unfinished_upload_days
    }
    action {
      type = "AbortIncompleteMultipartUpload"
    }
  }

  depends_on = [google_project_service.needed]
}

# Programs and outcomes of batches. A batch reads its program once and its outcome is read when it ends, so they soon go.
resource "google_storage_bucket" "staging" {
  #checkov:skip=CKV_GCP_62: access is in Cloud Audit Logs (audit_storage), where usage logs would be one more bucket of its own
  name                        = local.staging_bucket
  location                    = var.region
  storage_class               = "STANDARD"
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true # nothing in it is missed

  versioning {
    enabled = true
  }

  soft_delete_policy {
    retention_duration_seconds = 0
  }

  lifecycle_rule {
    condition {
      age = var.staging_days
    }
    action {
      type = "Delete"
    }
  }

  lifecycle_rule {
    condition {
      days_since_noncurrent_time = 1
      with_state                 = "ARCHIVED"
    }
    action {
      type = "Delete"
    }
  }

  lifecycle_rule {
    condition {
      age = var.unfinished_upload_days
    }
    action {
      type = "AbortIncompleteMultipartUpload"
    }
  }

  depends_on = [google_project_service.needed]
}

# Who read or wrote which object. Off by default: a line for each object that a cycle reads costs more than the object.
resource "google_project_iam_audit_config" "storage" {
  count = var.audit_storage ? 1 : 0

  project = var.project
  service = "storage.googleapis.com"

  audit_log_config {
    log_type = "DATA_READ"
  }
  audit_log_config {
    log_type = "DATA_WRITE"
  }
}
