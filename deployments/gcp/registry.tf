# The image's repository. A tag is never moved: what ran yesterday can be run again.
resource "google_artifact_registry_repository" "images" {
  #checkov:skip=CKV_GCP_84: encrypted with Google's keys; the image holds nothing secret
  repository_id          = var.name
  location               = var.region
  format                 = "DOCKER"
  description            = "Images of Twilytics"
  cleanup_policy_dry_run = false

  docker_config {
    immutable_tags = true
  }

  # Keeping wins over deleting.
  cleanup_policies {
    id     = "keep-the-newest"
    action = "KEEP"
    most_recent_versions {
      keep_count = var.images_kept
    }
  }

  cleanup_policies {
    id     = "delete-the-old"
    action = "DELETE"
    condition {
      tag_state  = "ANY"
      older_than = "${var.images_kept_days * 86400}s"
    }
  }

  depends_on = [google_project_service.needed]
}
