# A work pool for runs of their own, as `twilytics deploy --to cloud-run` uses it: for backfills and maintenance. Not for landing,
# which needs the worker's disk. `twilytics deploy` leaves a pool that is there as it is.
locals {
  # What Prefect's pool has by default, with ours in it.
  pool_defaults = {
    region               = var.region
    image                = local.image
    service_account_name = google_service_account.worker.email
    env                  = merge(local.settings, var.settings)
    env_from_secrets = {
      for name, secret in local.secrets : secret.use => { secret = google_secret_manager_secret.this[name].secret_id, version = "latest" }
      if contains(var.prefect_pool_secrets, name)
    }
  }
}

data "prefect_worker_metadata" "types" {
  count = var.prefect_pool == null ? 0 : 1
}

locals {
  pool_template   = var.prefect_pool == null ? null : jsondecode(data.prefect_worker_metadata.types[0].base_job_configs.cloud_run_v2)
  pool_properties = var.prefect_pool == null ? {} : local.pool_template.variables.properties
}

resource "prefect_work_pool" "cloud_run" {
  count = var.prefect_pool == null ? 0 : 1

  name              = var.prefect_pool
  type              = "cloud-run-v2"
  description       = "Runs of Twilytics as Cloud Run jobs"
  concurrency_limit = var.prefect_pool_limit

  base_job_template = jsonencode(merge(local.pool_template, {
    variables = merge(local.pool_template.variables, {
      properties = merge(local.pool_properties, {
        for name, value in local.pool_defaults : name => merge(local.pool_properties[name], { default = value })
      })
    })
  }))
}
