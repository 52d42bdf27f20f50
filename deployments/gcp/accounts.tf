# Who may do what. Each account is attached to what runs as it; there are no keys. `roles/owner` and `roles/editor` are nobody's.

# The worker: lands, writes the lake, publishes, and has batches run.
resource "google_service_account" "worker" {
  account_id   = "${var.name}-worker"
  display_name = "Twilytics: lands, writes the lake, publishes"

  depends_on = [google_project_service.needed]
}

# What a batch runs as: reads and writes the lake, and nothing else.
resource "google_service_account" "batch" {
  account_id   = "${var.name}-batch"
  display_name = "Twilytics: runs batches of Dataproc"

  depends_on = [google_project_service.needed]
}

# The owner of the database, for as long as a migration takes.
resource "google_service_account" "migrator" {
  account_id   = "${var.name}-migrator"
  display_name = "Twilytics: brings the database up to date"

  depends_on = [google_project_service.needed]
}

resource "google_storage_bucket_iam_member" "lake" {
  for_each = { worker = google_service_account.worker.member, batch = google_service_account.batch.member }

  bucket = google_storage_bucket.lake.name
  role   = "roles/storage.objectUser"
  member = each.value
}

resource "google_storage_bucket_iam_member" "staging_worker" {
  bucket = google_storage_bucket.staging.name
  role   = "roles/storage.objectAdmin"
  member = google_service_account.worker.member
}

resource "google_storage_bucket_iam_member" "staging_batch" {
  bucket = google_storage_bucket.staging.name
  role   = "roles/storage.objectUser"
  member = google_service_account.batch.member
}

# Google's narrowest role that can submit a batch may delete clusters too.
resource "google_project_iam_custom_role" "submits_batches" {
  role_id     = replace("${var.name}_submits_batches", "-", "_")
  title       = "Submits batches of Dataproc"
  description = "Creates, follows and cancels serverless batches, and reads what they logged."
  permissions = [
    "dataproc.batches.cancel",
    "dataproc.batches.create",
    "dataproc.batches.get",
    "dataproc.batches.list",
    "dataproc.operations.cancel",
    "dataproc.operations.get",
    "logging.logEntries.list",
  ]
}

resource "google_project_iam_member" "worker_submits" {
  project = var.project
  role    = google_project_iam_custom_role.submits_batches.name
  member  = google_service_account.worker.member
}

# Only as this one account: the worker cannot have a batch run with more rights than these.
resource "google_service_account_iam_member" "worker_acts_as_batch" {
  service_account_id = google_service_account.batch.name
  role               = "roles/iam.serviceAccountUser"
  member             = google_service_account.worker.member
}

# Dataproc's agent in the nodes needs it. It also lets a batch read and write objects of the whole project:
# give Twilytics a project of its own where others' buckets would be in reach.
resource "google_project_iam_member" "batch_is_dataproc_worker" {
  project = var.project
  role    = "roles/dataproc.worker"
  member  = google_service_account.batch.member
}

resource "google_project_iam_member" "worker_tells" {
  for_each = toset(["roles/logging.logWriter", "roles/monitoring.metricWriter"])

  project = var.project
  role    = each.value
  member  = google_service_account.worker.member
}

resource "google_artifact_registry_repository_iam_member" "pulls" {
  for_each = {
    worker   = google_service_account.worker.member
    batch    = google_service_account.batch.member
    migrator = google_service_account.migrator.member
  }

  location   = google_artifact_registry_repository.images.location
  repository = google_artifact_registry_repository.images.name
  role       = "roles/artifactregistry.reader"
  member     = each.value
}

resource "google_artifact_registry_repository_iam_member" "pushes" {
  for_each = var.image_publishers

  location   = google_artifact_registry_repository.images.location
  repository = google_artifact_registry_repository.images.name
  role       = "roles/artifactregistry.writer"
  member     = each.value
}

# People who may do on their own machine what the worker does, as `gcloud --impersonate-service-account` has it. Nobody by default.
resource "google_service_account_iam_member" "impersonates_worker" {
  for_each = var.impersonators

  service_account_id = google_service_account.worker.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = each.value
}
