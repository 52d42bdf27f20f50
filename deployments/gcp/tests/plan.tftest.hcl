# Plans all of it with mocked clouds: no account, no network but for the providers themselves.

mock_provider "google" {}

mock_provider "prefect" {
  mock_data "prefect_worker_metadata" {
    defaults = {
      base_job_configs = {
        cloud_run_v2 = "{\"job_configuration\":{},\"variables\":{\"properties\":{\"region\":{\"title\":\"Region\"},\"image\":{},\"service_account_name\":{},\"env\":{},\"env_from_secrets\":{}}}}"
      }
    }
  }
}

variables {
  project      = "my-trends-42"
  region       = "europe-west3"
  zone         = "europe-west3-a"
  budget_month = 100
}

run "before_there_is_an_image" {
  command = plan

  assert {
    condition     = length(google_compute_instance.worker) == 0 && length(google_cloud_run_v2_job.migrate) == 0
    error_message = "nothing can run before there is an image"
  }

  assert {
    condition     = length(google_billing_budget.month) == 0 && length(prefect_work_pool.cloud_run) == 0
    error_message = "neither a billing account nor a pool was named"
  }
}

run "in_process" {
  command = plan

  variables {
    image_tag = "0.1.0"
    settings  = { TWILYTICS_PLACES = "berlin,hamburg" }
  }

  assert {
    condition     = !can(local.settings.TWILYTICS_SPARK_MASTER)
    error_message = "refinement is in process by default"
  }

  assert {
    condition     = sort(keys(local.worker_secrets)) == tolist(["prefect_api_auth_string", "prefect_api_key", "twilytics_alerts", "twilytics_mongodb_uri", "twilytics_postgres_dsn", "twilytics_x_bearer_token"])
    error_message = "a file for each secret that the worker may read, as Twilytics looks for it"
  }

  assert {
    condition     = sort([for key in keys(local.secret_readers) : key if endswith(key, "/batch")]) == tolist(["hash-key/batch"])
    error_message = "a batch reads the hash key, and no other secret"
  }
}

run "in_batches" {
  command = plan

  variables {
    image_tag         = "0.1.0"
    refine_in_batches = true
    billing_account   = "012345-6789AB-CDEF01"
    budget_mails      = ["team@example.org"]
    prefect_api_url   = "https://prefect.example.org/api"
    prefect_pool      = "twilytics-cloud-run"
  }

  assert {
    condition     = local.settings.TWILYTICS_SPARK_MASTER == "dataproc" && local.settings.TWILYTICS_ENGINE == "spark"
    error_message = "refinement is in batches"
  }

  assert {
    condition     = local.worker_settings.PREFECT_API_URL == "https://prefect.example.org/api"
    error_message = "the worker tells the Prefect that is named"
  }
}

run "what_cannot_be_is_refused" {
  command = plan

  variables {
    zone         = "us-east1-b"
    settings     = { TWILYTICS_X_BEARER_TOKEN = "abc" }
    prefect_pool = "twilytics-cloud-run"
    iap_ranges   = ["0.0.0.0/0"]
  }

  expect_failures = [var.zone, var.settings, var.prefect_pool, var.iap_ranges]
}
