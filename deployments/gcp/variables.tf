# What has no default has to be told: which project, where, and how much money. terraform.tfvars.example shows each of these.

# Where, and what it is called.

variable "project" {
  description = "The ID of the Google Cloud project that everything is made in. Best one that holds nothing else."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "project is an ID, as in my-trends-42: 6 to 30 lower-case letters, digits and hyphens."
  }
}

variable "region" {
  description = "The region that everything is in: data never leave it."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region is a region of Google Cloud, as in europe-west3, without the zone's letter."
  }
}

variable "zone" {
  description = "The zone of the region that the worker and its disk are in."
  type        = string

  validation {
    condition     = can(regex("^${var.region}-[a-z]$", var.zone))
    error_message = "zone is the region and a letter, as in europe-west3-a."
  }
}

variable "name" {
  description = "What the names of all that is made begin with: another one makes another observatory in the same project."
  type        = string
  default     = "twilytics"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,18}[a-z0-9]$", var.name))
    error_message = "name has 4 to 20 lower-case letters, digits and hyphens: longer ones do not fit an account's name."
  }
}

variable "labels" {
  description = "Labels of whatever can have them: bills are told apart by these."
  type        = map(string)
  default     = { app = "twilytics" }

  validation {
    condition     = alltrue([for key, value in var.labels : can(regex("^[a-z][a-z0-9_-]{0,62}$", key)) && can(regex("^[a-z0-9_-]{0,63}$", value))])
    error_message = "labels and their values are lower-case letters, digits, hyphens and underscores, 63 at most."
  }
}

variable "apis" {
  description = "The APIs of the project that are turned on."
  type        = set(string)
  default = [
    "artifactregistry.googleapis.com",
    "billingbudgets.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "compute.googleapis.com",
    "dataproc.googleapis.com",
    "iam.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
    "servicenetworking.googleapis.com",
    "sqladmin.googleapis.com",
    "storage.googleapis.com",
  ]

  validation {
    condition     = alltrue([for api in var.apis : endswith(api, ".googleapis.com")])
    error_message = "apis end in .googleapis.com."
  }
}

variable "deletion_protection" {
  description = "Whether the database and the secrets refuse to be deleted. Set it to false, and apply, before a take-down."
  type        = bool
  default     = true
}

# The network.

variable "worker_range" {
  description = "Addresses of the subnet that the worker and migrations are in."
  type        = string
  default     = "10.40.0.0/24"

  validation {
    condition     = can(cidrhost(var.worker_range, 0))
    error_message = "worker_range is a range of private addresses, as in 10.40.0.0/24."
  }
}

variable "batches_range" {
  description = "Addresses of the subnet that batches are in: each node of a batch takes one."
  type        = string
  default     = "10.40.16.0/22"

  validation {
    condition     = can(cidrhost(var.batches_range, 0)) && try(tonumber(split("/", var.batches_range)[1]) <= 26, false)
    error_message = "batches_range is a range of private addresses of /26 or wider, as in 10.40.16.0/22."
  }
}

variable "database_prefix_length" {
  description = "How large a range of private addresses Google takes for the database: the N of /N."
  type        = number
  default     = 20

  validation {
    condition     = var.database_prefix_length >= 16 && var.database_prefix_length <= 24
    error_message = "database_prefix_length is from 16 to 24."
  }
}

variable "iap_ranges" {
  description = "Where Google's Identity-Aware Proxy comes from, through which operators reach the worker. Empty: nobody does."
  type        = list(string)
  default     = ["35.235.240.0/20"]

  validation {
    condition     = alltrue([for range in var.iap_ranges : can(cidrhost(range, 0)) && !endswith(range, "/0")])
    error_message = "iap_ranges are ranges of addresses, and not the whole internet."
  }
}

variable "flow_logs_interval" {
  description = "How long flows between addresses are summed up before a line is logged."
  type        = string
  default     = "INTERVAL_10_MIN"

  validation {
    condition     = contains(["INTERVAL_5_SEC", "INTERVAL_30_SEC", "INTERVAL_1_MIN", "INTERVAL_5_MIN", "INTERVAL_10_MIN", "INTERVAL_15_MIN"], var.flow_logs_interval)
    error_message = "flow_logs_interval is INTERVAL_5_SEC, _30_SEC, _1_MIN, _5_MIN, _10_MIN or _15_MIN."
  }
}

variable "flow_logs_sampling" {
  description = "The share of flows that is logged, 0 to 1: each line costs."
  type        = number
  default     = 0.1

  validation {
    condition     = var.flow_logs_sampling > 0 && var.flow_logs_sampling <= 1
    error_message = "flow_logs_sampling is more than 0 and at most 1."
  }
}

# The lake.

variable "lake_prefix" {
  description = "Where in its bucket the lake begins."
  type        = string
  default     = "lake"

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9/_-]*[a-z0-9])?$", var.lake_prefix))
    error_message = "lake_prefix is a path without a slash at either end."
  }
}

variable "staging_prefix" {
  description = "Where in its bucket the programs and outcomes of batches begin."
  type        = string
  default     = "batches"

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9/_-]*[a-z0-9])?$", var.staging_prefix))
    error_message = "staging_prefix is a path without a slash at either end."
  }
}

variable "noncurrent_days" {
  description = "Days that an object of the lake which was deleted or overwritten can still be fetched back as a noncurrent version."
  type        = number
  default     = 7

  validation {
    condition     = var.noncurrent_days >= 1 && var.noncurrent_days <= 365
    error_message = "noncurrent_days is from 1 to 365."
  }
}

variable "soft_delete_days" {
  description = "Days that the lake's bucket keeps what is gone for good otherwise: 0 for none, or 7 to 90. X's terms give 24 hours for an erasure."
  type        = number
  default     = 7

  validation {
    condition     = var.soft_delete_days == 0 || (var.soft_delete_days >= 7 && var.soft_delete_days <= 90)
    error_message = "soft_delete_days is 0, or from 7 to 90."
  }
}

variable "unfinished_upload_days" {
  description = "Days after which an upload that never ended is given up."
  type        = number
  default     = 2

  validation {
    condition     = var.unfinished_upload_days >= 1
    error_message = "unfinished_upload_days is 1 or more: a long upload must be able to end."
  }
}

variable "staging_days" {
  description = "Days that programs and outcomes of batches are kept."
  type        = number
  default     = 14

  validation {
    condition     = var.staging_days >= 2
    error_message = "staging_days is 2 or more: a batch that failed in the night is to be looked at."
  }
}

variable "audit_storage" {
  description = "Whether each read and write of an object is logged. Many lines, which cost."
  type        = bool
  default     = false
}

# The image.

variable "image_tag" {
  description = "The version of the image that runs; null until one was pushed and the secrets have values: no worker and no migration then."
  type        = string
  default     = null

  validation {
    condition     = var.image_tag == null || can(regex("^[0-9]+\\.[0-9]+[0-9A-Za-z._-]*$", var.image_tag))
    error_message = "image_tag is a version, as in 0.1.0: latest would be something else tomorrow."
  }
}

variable "images_kept" {
  description = "How many of the newest images are kept, however old."
  type        = number
  default     = 5

  validation {
    condition     = var.images_kept >= 2
    error_message = "images_kept is 2 or more: the way back from an upgrade is the image before."
  }
}

variable "images_kept_days" {
  description = "Days that older images are kept."
  type        = number
  default     = 90

  validation {
    condition     = var.images_kept_days >= 7
    error_message = "images_kept_days is 7 or more."
  }
}

variable "image_publishers" {
  description = "Who may push images: members as IAM writes them, as the account that CI runs as."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for member in var.image_publishers : can(regex("^(user|group|serviceAccount|principal|principalSet):", member))])
    error_message = "image_publishers are members as IAM writes them, as in group:team@example.org, and never allUsers."
  }
}

# The database.

variable "database_version" {
  description = "The PostgreSQL, as Cloud SQL calls it."
  type        = string
  default     = "POSTGRES_17"

  validation {
    condition     = contains(["POSTGRES_17", "POSTGRES_18"], var.database_version)
    error_message = "database_version is POSTGRES_17 or POSTGRES_18: before 17 only the owner may vacuum."
  }
}

variable "database_edition" {
  description = "The edition of Cloud SQL."
  type        = string
  default     = "ENTERPRISE"

  validation {
    condition     = contains(["ENTERPRISE", "ENTERPRISE_PLUS"], var.database_edition)
    error_message = "database_edition is ENTERPRISE or ENTERPRISE_PLUS."
  }
}

variable "database_tier" {
  description = "The database's machine: db-custom-CPUS-MEGABYTES."
  type        = string
  default     = "db-custom-1-3840"

  validation {
    condition     = can(regex("^db-(custom-[0-9]+-[0-9]+|perf-optimized-N-[0-9]+|f1-micro|g1-small)$", var.database_tier))
    error_message = "database_tier is as in db-custom-1-3840: one CPU, 3840 MB."
  }
}

variable "database_availability" {
  description = "ZONAL, or REGIONAL for a standby in another zone, at twice the price."
  type        = string
  default     = "ZONAL"

  validation {
    condition     = contains(["ZONAL", "REGIONAL"], var.database_availability)
    error_message = "database_availability is ZONAL or REGIONAL."
  }
}

variable "database_disk_gb" {
  description = "Gigabytes that the database begins with; it grows by itself."
  type        = number
  default     = 20

  validation {
    condition     = var.database_disk_gb >= 10
    error_message = "database_disk_gb is 10 or more."
  }
}

variable "database_most_disk_gb" {
  description = "Gigabytes that the database never grows beyond."
  type        = number
  default     = 500

  validation {
    condition     = var.database_most_disk_gb >= var.database_disk_gb
    error_message = "database_most_disk_gb is no less than database_disk_gb."
  }
}

variable "database_backup_at" {
  description = "The hour and minute, UTC, from which on the daily backup is made."
  type        = string
  default     = "02:00"

  validation {
    condition     = can(regex("^([01][0-9]|2[0-3]):[0-5][0-9]$", var.database_backup_at))
    error_message = "database_backup_at is as in 02:00."
  }
}

variable "database_backups" {
  description = "How many daily backups are kept."
  type        = number
  default     = 14

  validation {
    condition     = var.database_backups >= 7 && var.database_backups <= 365
    error_message = "database_backups is from 7 to 365."
  }
}

variable "database_log_days" {
  description = "Days within which the database can be set back to any second."
  type        = number
  default     = 7

  validation {
    condition     = var.database_log_days >= 1 && var.database_log_days <= 7
    error_message = "database_log_days is from 1 to 7."
  }
}

variable "database_final_backup_days" {
  description = "Days that the last backup outlives the database."
  type        = number
  default     = 30

  validation {
    condition     = var.database_final_backup_days >= 1 && var.database_final_backup_days <= 365
    error_message = "database_final_backup_days is from 1 to 365."
  }
}

variable "database_maintenance" {
  description = "When Google may restart the database: day of the week, 1 for Monday, and hour, UTC."
  type        = object({ day = number, hour = number })
  default     = { day = 7, hour = 4 }

  validation {
    condition     = contains(range(1, 8), var.database_maintenance.day) && contains(range(0, 24), var.database_maintenance.hour)
    error_message = "database_maintenance has a day from 1 to 7 and an hour from 0 to 23."
  }
}

variable "database_flags" {
  description = "Further flags of PostgreSQL. Those about logs are in database.tf."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for flag in keys(var.database_flags) : !can(regex("^(log_|pgaudit|cloudsql\\.enable_pgaudit)", flag))])
    error_message = "database_flags are others than those about logs, which database.tf sets."
  }
}

variable "database_readers" {
  description = "Who may read the secret with the reader's DSN, as the account that Grafana runs as: members as IAM writes them."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for member in var.database_readers : can(regex("^(user|group|serviceAccount|principal|principalSet):", member))])
    error_message = "database_readers are members as IAM writes them, as in group:team@example.org, and never allUsers."
  }
}

variable "migration_minutes" {
  description = "Minutes after which a migration is given up."
  type        = number
  default     = 30

  validation {
    condition     = var.migration_minutes >= 5
    error_message = "migration_minutes is 5 or more."
  }
}

variable "secret_days" {
  description = "Days that a secret's version which was destroyed can still be restored."
  type        = number
  default     = 7

  validation {
    condition     = var.secret_days >= 1
    error_message = "secret_days is 1 or more."
  }
}

# The worker.

variable "worker_machine" {
  description = "The worker's machine. The default has 2 CPUs, half of the time, and 4 GB: enough for 12 places with the in-process engine."
  type        = string
  default     = "e2-medium"

  validation {
    condition     = can(regex("^[a-z][0-9][a-z]?-[a-z0-9-]+$", var.worker_machine))
    error_message = "worker_machine is a type of machine, as in e2-medium or e2-standard-4."
  }
}

variable "worker_memory_mb" {
  description = "Megabytes that the container may take: less than the machine has."
  type        = number
  default     = 3072

  validation {
    condition     = var.worker_memory_mb >= 2048
    error_message = "worker_memory_mb is 2048 or more: one more slot of 12 places has taken 790 MB in one process, and there are several."
  }
}

variable "worker_command" {
  description = "What the worker runs in its container: twilytics serve, or a worker of Prefect's."
  type        = list(string)
  default     = ["twilytics", "serve"]

  validation {
    condition     = length(var.worker_command) > 0 && alltrue([for word in var.worker_command : can(regex("^[A-Za-z0-9_./:=-]+$", word))])
    error_message = "worker_command is a list of plain words, as in [\"twilytics\", \"serve\"]."
  }
}

variable "worker_disk_gb" {
  description = "Gigabytes of the worker's disk: the spool and, where no other MongoDB is named, the store."
  type        = number
  default     = 20

  validation {
    condition     = var.worker_disk_gb >= 10
    error_message = "worker_disk_gb is 10 or more."
  }
}

variable "worker_disk_type" {
  description = "The kind of the worker's disk."
  type        = string
  default     = "pd-balanced"

  validation {
    condition     = contains(["pd-balanced", "pd-ssd", "pd-standard", "hyperdisk-balanced"], var.worker_disk_type)
    error_message = "worker_disk_type is pd-balanced, pd-ssd, pd-standard or hyperdisk-balanced."
  }
}

variable "worker_boot_disk_gb" {
  description = "Gigabytes of the disk that the worker's machine starts from: the system, and two images."
  type        = number
  default     = 20

  validation {
    condition     = var.worker_boot_disk_gb >= 15
    error_message = "worker_boot_disk_gb is 15 or more: the image before is kept beside the new one."
  }
}

variable "worker_snapshot_at" {
  description = "The full hour, UTC, at which the worker's disk is copied each day."
  type        = string
  default     = "02:00"

  validation {
    condition     = can(regex("^([01][0-9]|2[0-3]):00$", var.worker_snapshot_at))
    error_message = "worker_snapshot_at is a full hour, as in 02:00."
  }
}

variable "worker_snapshot_days" {
  description = "Days that the copies of the worker's disk are kept."
  type        = number
  default     = 7

  validation {
    condition     = var.worker_snapshot_days >= 2
    error_message = "worker_snapshot_days is 2 or more."
  }
}

variable "worker_image_family" {
  description = "The family of images that the worker's machine starts from."
  type        = string
  default     = "cos-stable"

  validation {
    condition     = startswith(var.worker_image_family, "cos-")
    error_message = "worker_image_family is one of Container-Optimized OS, as in cos-stable: cloud-init.yaml counts on what it has."
  }
}

variable "worker_image_project" {
  description = "The project that these images are published in."
  type        = string
  default     = "cos-cloud"
}

variable "settings" {
  description = "Further settings of Twilytics, as README.md lists them: TWILYTICS_PLACES, TWILYTICS_PAIRS, TWILYTICS_X_MONTHLY_BUDGET_USD, …"
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.settings) : startswith(name, "TWILYTICS_") && !can(regex("TOKEN|PASSW|_DSN|_URI$|_KEY$|_ALERTS$|CREDENTIALS", name))])
    error_message = "settings are called TWILYTICS_…; what is secret goes into Secret Manager, not in here."
  }

  validation {
    condition     = alltrue([for value in values(var.settings) : !can(regex("[\\r\\n]", value))])
    error_message = "settings have one line each."
  }
}

variable "impersonators" {
  description = "Who may act as the worker from their own machine, as `gcloud --impersonate-service-account` does: members as IAM writes them."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for member in var.impersonators : can(regex("^(user|group):", member))])
    error_message = "impersonators are people: user:… or group:…."
  }
}

# Batches.

variable "refine_in_batches" {
  description = "Whether refinement runs as serverless batches of Dataproc; else in the worker's own process, which the cost table in README.md favours."
  type        = bool
  default     = false
}

variable "spark_image" {
  description = "An image with the locked packages that batches run in; null has them packed and sent along."
  type        = string
  default     = null

  validation {
    condition     = var.spark_image == null || can(regex("^[a-z0-9.-]+/[a-z0-9/._-]+:[0-9A-Za-z._-]+$", var.spark_image))
    error_message = "spark_image is an image with its tag, as in europe-west3-docker.pkg.dev/project/twilytics/twilytics-batch:0.1.0."
  }
}

# Prefect.

variable "prefect_api_url" {
  description = "The API of the Prefect that keeps the record of runs; null has the worker run its own."
  type        = string
  default     = null

  validation {
    condition     = var.prefect_api_url == null || can(regex("^https?://[^@]+/api", var.prefect_api_url))
    error_message = "prefect_api_url ends in /api, or in Prefect Cloud has /api/ in it, and holds no password."
  }
}

variable "prefect_account_id" {
  description = "The account in Prefect Cloud; null for a server of one's own."
  type        = string
  default     = null

  validation {
    condition     = var.prefect_account_id == null || can(regex("^[0-9a-f-]{36}$", var.prefect_account_id))
    error_message = "prefect_account_id is a UUID."
  }
}

variable "prefect_workspace_id" {
  description = "The workspace in Prefect Cloud; null for a server of one's own."
  type        = string
  default     = null

  validation {
    condition     = var.prefect_workspace_id == null || can(regex("^[0-9a-f-]{36}$", var.prefect_workspace_id))
    error_message = "prefect_workspace_id is a UUID."
  }
}

variable "prefect_pool" {
  description = "The name of a work pool of type cloud-run-v2 to make, as in twilytics-cloud-run; null for none."
  type        = string
  default     = null

  validation {
    condition     = var.prefect_pool == null || (var.prefect_api_url != null && var.image_tag != null)
    error_message = "prefect_pool needs prefect_api_url, where the pool is made, and image_tag, which its runs are of."
  }
}

variable "prefect_pool_limit" {
  description = "How many runs of the pool there may be at once."
  type        = number
  default     = 2

  validation {
    condition     = var.prefect_pool_limit >= 1
    error_message = "prefect_pool_limit is 1 or more."
  }
}

variable "prefect_pool_secrets" {
  description = "The secrets that runs of the pool get, by their names in secrets.tf: those that were filled, of those that the worker may read."
  type        = set(string)
  default     = ["postgres-publisher-dsn", "mongodb-uri"]

  validation {
    condition     = length(setsubtract(var.prefect_pool_secrets, ["x-bearer-token", "mongodb-uri", "alerts", "postgres-publisher-dsn"])) == 0
    error_message = "prefect_pool_secrets are of x-bearer-token, mongodb-uri, alerts and postgres-publisher-dsn."
  }
}

# Money.

variable "billing_account" {
  description = "The billing account that the budget is of, as in 012345-6789AB-CDEF01; null for no budget."
  type        = string
  default     = null

  validation {
    condition     = var.billing_account == null || can(regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.billing_account))
    error_message = "billing_account is as in 012345-6789AB-CDEF01."
  }
}

variable "budget_month" {
  description = "What the project is meant to cost a month, in whole units of budget_currency. X's own bill is not in it."
  type        = number

  validation {
    condition     = var.budget_month >= 1 && floor(var.budget_month) == var.budget_month
    error_message = "budget_month is a whole number of 1 or more."
  }
}

variable "budget_currency" {
  description = "The billing account's currency."
  type        = string
  default     = "USD"

  validation {
    condition     = can(regex("^[A-Z]{3}$", var.budget_currency))
    error_message = "budget_currency is as in USD or EUR."
  }
}

variable "budget_thresholds" {
  description = "The shares of the budget at which mails are sent; one more is sent when the forecast passes it."
  type        = set(number)
  default     = [0.5, 0.8, 1]

  validation {
    condition     = length(var.budget_thresholds) > 0 && alltrue([for share in var.budget_thresholds : share > 0])
    error_message = "budget_thresholds are shares, as in 0.5, 0.8 and 1."
  }
}

variable "budget_mails" {
  description = "Who else gets these mails, beside the billing account's administrators: five addresses at most."
  type        = set(string)
  default     = []

  validation {
    condition     = length(var.budget_mails) <= 5 && alltrue([for mail in var.budget_mails : can(regex("^[^@\\s]+@[^@\\s]+$", mail))])
    error_message = "budget_mails are five e-mail addresses at most."
  }
}
