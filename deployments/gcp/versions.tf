# Terraform from 1.9 on, or OpenTofu from 1.9 on: validations here look at more than one variable.
terraform {
  required_version = ">= 1.9, < 2.0"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 8.7"
    }
    prefect = {
      source  = "prefecthq/prefect"
      version = "~> 2.0"
    }
  }

  # Bucket and prefix are told at `terraform init -backend-config=backend.hcl`: the state lies outside of what it describes.
  backend "gcs" {}
}

# Credentials come from the environment: `gcloud auth application-default login`, or workload identity in CI.
provider "google" {
  project = var.project
  region  = var.region

  default_labels = var.labels

  # A budget is asked of the billing account, and needs a project that pays for the asking.
  user_project_override = true
  billing_project       = var.project
}

# PREFECT_API_KEY or PREFECT_BASIC_AUTH_KEY is read from the environment, so that it gets into no file and no state.
provider "prefect" {
  endpoint     = var.prefect_api_url
  account_id   = var.prefect_account_id
  workspace_id = var.prefect_workspace_id
}
