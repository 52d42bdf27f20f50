locals {
  # Bucket names are shared by all of Google's customers: the project's name makes them ours.
  lake_bucket    = "${var.project}-${var.name}-lake"
  staging_bucket = "${var.project}-${var.name}-staging"

  registry = "${var.region}-docker.pkg.dev"
  image    = var.image_tag == null ? null : "${local.registry}/${var.project}/${google_artifact_registry_repository.images.repository_id}/twilytics:${var.image_tag}"

  # The settings of Twilytics that follow from what is made here; the operator's own go in var.settings.
  settings = merge(
    {
      TWILYTICS_LAKE        = "gs://${google_storage_bucket.lake.name}/${var.lake_prefix}"
      TWILYTICS_STAGING     = "gs://${google_storage_bucket.staging.name}/${var.staging_prefix}"
      TWILYTICS_GCP_PROJECT = var.project
      TWILYTICS_GCP_REGION  = var.region
      TWILYTICS_HASH_KEY    = "gcp-secret:${google_secret_manager_secret.this["hash-key"].id}"
    },
    var.refine_in_batches ? {
      TWILYTICS_ENGINE                = "spark"
      TWILYTICS_SPARK_MASTER          = "dataproc"
      TWILYTICS_SPARK_SERVICE_ACCOUNT = google_service_account.batch.email
      TWILYTICS_SPARK_SUBNET          = google_compute_subnetwork.batches.id
    } : {},
    var.refine_in_batches && var.spark_image != null ? { TWILYTICS_SPARK_IMAGE = var.spark_image } : {},
  )
}
