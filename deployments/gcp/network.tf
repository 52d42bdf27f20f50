# A network of its own: one subnet for what we run, one for batches, addresses for the database, and a way out without a way in.
resource "google_compute_network" "this" {
  name                            = var.name
  auto_create_subnetworks         = false
  delete_default_routes_on_create = false

  depends_on = [google_project_service.needed]
}

resource "google_compute_subnetwork" "worker" {
  name                     = "${var.name}-worker"
  network                  = google_compute_network.this.id
  region                   = var.region
  ip_cidr_range            = var.worker_range
  private_ip_google_access = true

  log_config {
    aggregation_interval = var.flow_logs_interval
    flow_sampling        = var.flow_logs_sampling
    metadata             = "INCLUDE_ALL_METADATA"
  }
}

resource "google_compute_subnetwork" "batches" {
  name                     = "${var.name}-batches"
  network                  = google_compute_network.this.id
  region                   = var.region
  ip_cidr_range            = var.batches_range
  private_ip_google_access = true # a batch has no other way to the lake

  log_config {
    aggregation_interval = var.flow_logs_interval
    flow_sampling        = var.flow_logs_sampling
    metadata             = "INCLUDE_ALL_METADATA"
  }
}

# A driver and its executors talk on ports that Spark picks. Nothing else is in their subnet.
resource "google_compute_firewall" "between_batch_nodes" {
  name          = "${var.name}-between-batch-nodes"
  network       = google_compute_network.this.id
  direction     = "INGRESS"
  source_ranges = [google_compute_subnetwork.batches.ip_cidr_range]

  destination_ranges = [google_compute_subnetwork.batches.ip_cidr_range]

  allow {
    protocol = "all"
  }
}

# Operators reach the worker through Google's proxy, which asks who they are; from nowhere else.
resource "google_compute_firewall" "operators" {
  name                    = "${var.name}-operators"
  network                 = google_compute_network.this.id
  direction               = "INGRESS"
  source_ranges           = var.iap_ranges
  target_service_accounts = [google_service_account.worker.email]

  allow {
    protocol = "tcp"
    ports    = ["22"]
  }

  log_config {
    metadata = "INCLUDE_ALL_METADATA"
  }
}

# The sources' APIs are asked through it. Batches are left out: they need nothing but Google.
resource "google_compute_router" "this" {
  name    = var.name
  network = google_compute_network.this.id
  region  = var.region
}

resource "google_compute_router_nat" "outward" {
  name                               = "${var.name}-outward"
  router                             = google_compute_router.this.name
  region                             = var.region
  nat_ip_allocate_option             = "AUTO_ONLY"
  source_subnetwork_ip_ranges_to_nat = "LIST_OF_SUBNETWORKS"

  subnetwork {
    name                    = google_compute_subnetwork.worker.id
    source_ip_ranges_to_nat = ["ALL_IP_RANGES"]
  }

  log_config {
    enable = true
    filter = "ERRORS_ONLY"
  }
}

# Where Google puts the database's private address.
resource "google_compute_global_address" "database" {
  name          = "${var.name}-database"
  network       = google_compute_network.this.id
  purpose       = "VPC_PEERING"
  address_type  = "INTERNAL"
  prefix_length = var.database_prefix_length
}

resource "google_service_networking_connection" "database" {
  network                 = google_compute_network.this.id
  service                 = "servicenetworking.googleapis.com"
  reserved_peering_ranges = [google_compute_global_address.database.name]
  deletion_policy         = "ABANDON" # else a take-down waits for days until Google lets go of the addresses
}
