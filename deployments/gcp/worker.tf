# The worker: one small machine with a disk. The spool has to be a local disk that outlives the process, which neither Cloud Run
# nor a batch has; and what DuckDB refines in a second of one machine needs no more than that.
locals {
  worker_device = "home"

  # A file for each secret that the worker may read, named as twilytics/settings.py looks for it; Prefect's go into a profile.
  worker_secrets = { for name, secret in local.secrets : lower(secret.use) => google_secret_manager_secret.this[name].id if contains(secret.readers, "worker") && name != "hash-key" }

  worker_settings = merge(
    local.settings,
    var.settings,
    var.prefect_api_url == null ? {} : {
      PREFECT_API_URL       = var.prefect_api_url
      PREFECT_PROFILES_PATH = "/run/secrets/prefect_login"
    },
  )

  cloud_init = var.image_tag == null ? null : templatefile("${path.module}/worker/cloud-init.yaml", {
    image         = local.image
    registry      = local.registry
    device        = "/dev/disk/by-id/google-${local.worker_device}"
    command       = var.worker_command
    memory_mb     = var.worker_memory_mb
    settings      = local.worker_settings
    secrets       = local.worker_secrets
    fetch_secrets = file("${path.module}/worker/fetch_secrets.py")
  })
}

data "google_compute_image" "container_optimized" {
  family  = var.worker_image_family
  project = var.worker_image_project
}

# HOME: the spool and, where no other MongoDB is named, the store.
resource "google_compute_disk" "home" {
  #checkov:skip=CKV_GCP_37: encrypted with Google's keys; a key of one's own would have to be kept as well as the data
  name = "${var.name}-home"
  type = var.worker_disk_type
  size = var.worker_disk_gb
  zone = var.zone

  lifecycle {
    prevent_destroy = true # it may hold answers that are nowhere else yet
  }

  depends_on = [google_project_service.needed]
}

resource "google_compute_resource_policy" "snapshots" {
  name   = "${var.name}-home"
  region = var.region

  snapshot_schedule_policy {
    schedule {
      daily_schedule {
        days_in_cycle = 1
        start_time    = var.worker_snapshot_at
      }
    }
    retention_policy {
      max_retention_days    = var.worker_snapshot_days
      on_source_disk_delete = "KEEP_AUTO_SNAPSHOTS"
    }
  }
}

resource "google_compute_disk_resource_policy_attachment" "home" {
  name = google_compute_resource_policy.snapshots.name
  disk = google_compute_disk.home.name
  zone = var.zone
}

resource "google_compute_instance" "worker" {
  #checkov:skip=CKV_GCP_38: encrypted with Google's keys; a key of one's own would have to be kept as well as the data
  count = var.image_tag == null ? 0 : 1

  name                      = "${var.name}-worker"
  machine_type              = var.worker_machine
  zone                      = var.zone
  allow_stopping_for_update = true
  deletion_protection       = false # what is worth keeping is on the other disk

  boot_disk {
    initialize_params {
      image = data.google_compute_image.container_optimized.self_link
      size  = var.worker_boot_disk_gb
    }
  }

  attached_disk {
    source      = google_compute_disk.home.id
    device_name = local.worker_device
  }

  # No access_config: it has no public address.
  network_interface {
    subnetwork = google_compute_subnetwork.worker.id
  }

  service_account {
    email  = google_service_account.worker.email
    scopes = ["cloud-platform"] # what it may do is what its account may do
  }

  shielded_instance_config {
    enable_secure_boot          = true
    enable_vtpm                 = true
    enable_integrity_monitoring = true
  }

  metadata = {
    user-data              = local.cloud_init
    enable-oslogin         = "TRUE"
    block-project-ssh-keys = "TRUE"
    serial-port-enable     = "FALSE"
    google-logging-enabled = "true"
  }

  lifecycle {
    ignore_changes = [boot_disk[0].initialize_params[0].image] # the machine brings itself up to date
  }

  depends_on = [
    google_artifact_registry_repository_iam_member.pulls,
    google_secret_manager_secret_iam_member.reads,
    google_compute_router_nat.outward,
  ]
}
