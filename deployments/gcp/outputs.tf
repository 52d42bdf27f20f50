output "settings" {
  description = "The settings to use wherever `twilytics` runs beside the worker: export them, or put them in .env. Secrets are left out."
  value       = join("\n", [for name, value in merge(local.settings, var.settings) : "${name}=${value}"])
}

output "secrets" {
  description = "The secrets to fill, each with the setting or option that it is for."
  value       = { for name, secret in google_secret_manager_secret.this : secret.secret_id => local.secrets[name].use }
}

output "image" {
  description = "What to tag the image as, less its version."
  value       = "${local.registry}/${var.project}/${google_artifact_registry_repository.images.repository_id}/twilytics"
}

output "database" {
  description = "Where the database is, for the DSNs: its private address, its name and its instance."
  value = {
    host     = google_sql_database_instance.published.private_ip_address
    name     = google_sql_database.twilytics.name
    instance = google_sql_database_instance.published.name
  }
}

output "accounts" {
  description = "The service accounts, by what they do."
  value = {
    worker   = google_service_account.worker.email
    batch    = google_service_account.batch.email
    migrator = google_service_account.migrator.email
  }
}

output "migrate" {
  description = "What brings the database up to date; null before there is an image."
  value       = one([for job in google_cloud_run_v2_job.migrate : "gcloud run jobs execute ${job.name} --region=${job.location} --project=${var.project} --wait"])
}

output "shell" {
  description = "How an operator gets onto the worker; null before there is an image."
  value       = one([for machine in google_compute_instance.worker : "gcloud compute ssh ${machine.name} --zone=${machine.zone} --project=${var.project} --tunnel-through-iap"])
}
