# The APIs that the rest needs. They stay on when this is taken down: something else in the project may use them.
resource "google_project_service" "needed" {
  for_each = var.apis

  service            = each.value
  disable_on_destroy = false
}
