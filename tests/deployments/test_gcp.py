"""Each rule of `deployments/gcp`, broken once in a copy of the real files; what is told names the file and the block."""

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from deployments.checks import gcp, gcp_guarded
from deployments.checks.hcl import blocks, parsed, references
from deployments.checks.read import ROOT
from twilytics.settings import Settings

FOLDER = ROOT / "deployments/gcp"
RULES = (gcp.variables, gcp.outputs, gcp.resolve, gcp.pins, gcp.literals, *gcp_guarded.RULES)


@cache
def real() -> dict[str, dict]:
    return {path.name: parsed(path) for path in sorted(FOLDER.glob("*.tf"))}


def told(tmp_path: Path, file: str, before: str, after: str) -> list[str]:
    """What the rules say where ``before``, at its first place in the file, is ``after``."""
    text = (FOLDER / file).read_text()
    assert before in text
    (tmp_path / file).write_text(text.replace(before, after, 1))
    found = blocks(real() | {file: parsed(tmp_path / file)})
    return [problem for rule in RULES for problem in rule(found)]


def test_the_real_files_break_no_rule():
    assert gcp.problems(FOLDER) == []


PUBLIC = "network_interface {\n    subnetwork = google_compute_subnetwork.worker.id\n  }"
BROKEN = [
    ("variables.tf", 'variable "region" {\n  description = "', 'variable "region" {\n  title = "', "variable region has no description"),
    ("variables.tf", "type        = bool", "type        = any", "variable deletion_protection is of any type"),
    ("variables.tf", "  type        = bool\n", "", "variable deletion_protection has no type"),
    ("variables.tf", "# Money.\n", 'variable "spare" {\n  description = "x"\n  type = string\n}\n', "variable spare is read by nothing"),
    ("variables.tf", "# Money.\n", 'variable "region" {\n  description = "x"\n  type = string\n}\n', "var.region is defined twice"),
    ("outputs.tf", '  description = "The service accounts, by what they do."\n', "", "output accounts has no description"),
    ("worker.tf", "var.worker_machine", "var.machine", "google_compute_instance.worker refers to var.machine, which is not there"),
    ("worker.tf", "zone = var.zone", "zone = local.zone", "google_compute_disk.home refers to local.zone, which is not there"),
    (
        "accounts.tf",
        "google_storage_bucket.lake.name",
        "google_storage_bucket.pond.name",
        "refers to google_storage_bucket.pond, which is not",
    ),
    (
        "worker.tf",
        "data.google_compute_image.container_optimized",
        "data.google_compute_image.cos",
        "refers to data.google_compute_image.cos",
    ),
    ("versions.tf", '"~> 8.7"', '">= 8.7"', "provider google is not pinned"),
    ("versions.tf", '"~> 8.7"', '"~> 8"', "provider google is not pinned"),
    ("versions.tf", ">= 1.9, < 2.0", ">= 1.9", "required_version has no upper bound"),
    ("versions.tf", "prefect = {", "prefects = {", "provider prefect is used, and not in required_providers"),
    ("versions.tf", "prefect = {", "prefects = {", "provider prefects is in required_providers, and used by nothing"),
    ("lake.tf", "var.region", '"europe-west3"', "google_storage_bucket.lake: location has a region in it, europe-west3"),
    (
        "variables.tf",
        'default     = "cos-stable"',
        'default     = "us-east1-b"',
        "variable.worker_image_family: default has a region in it",
    ),
    ("accounts.tf", "google_service_account.worker.member", '"user:me@example.org"', "has an e-mail address in it, me@example.org"),
    (
        "budget.tf",
        "var.billing_account\n  display",
        '"012345-6789AB-CDEF01"\n  display',
        "has a billing account in it, 012345-6789AB-CDEF01",
    ),
    ("budget.tf", "${data.google_project.this.number}", "123456789012", "has a number of a project in it, 123456789012"),
    ("accounts.tf", "project = var.project", 'project = "trends"', "google_project_iam_member.worker_submits: project is"),
    ("database.tf", "var.database_disk_gb", "20", "settings.disk_size is 20: make it a variable"),
    ("worker.tf", PUBLIC, PUBLIC[:-1] + "access_config {}\n  }", "google_compute_instance.worker has a public address"),
    ("database.tf", "ipv4_enabled    = false", "ipv4_enabled    = true", "google_sql_database_instance.published has a public address"),
    ("database.tf", '"ENCRYPTED_ONLY"', '"ALLOW_UNENCRYPTED_AND_ENCRYPTED"', "published lets in who does not encrypt"),
    ("network.tf", "var.iap_ranges", '["0.0.0.0/0"]', "google_compute_firewall.operators lets in the whole internet"),
    ("variables.tf", '["35.235.240.0/20"]', '["0.0.0.0/0"]', "variable.iap_ranges lets in the whole internet"),
    ("accounts.tf", "roles/dataproc.worker", "roles/editor", "batch_is_dataproc_worker grants roles/editor"),
    ("accounts.tf", "roles/dataproc.worker", "roles/storage.admin", "grants roles/storage.admin on the whole project"),
    ("accounts.tf", "google_service_account.worker.member", '"allUsers"', "is open to allUsers"),
    (
        "accounts.tf",
        'resource "google_service_account" "migrator"',
        'resource "google_service_account_key" "worker" {\n  service_account_id = google_service_account.worker.name\n}\n'
        'resource "google_service_account" "migrator"',
        "google_service_account_key.worker would be readable in the state",
    ),
    (
        "secrets.tf",
        'resource "google_secret_manager_secret_iam_member" "reads" {',
        'resource "google_secret_manager_secret_version" "x" {\n  secret = "s"\n  secret_data = var.name\n}\n'
        'resource "google_secret_manager_secret_iam_member" "reads" {',
        "google_secret_manager_secret_version.x has secret_data in the state",
    ),
    ("worker.tf", "service_account {", "no_account {", "google_compute_instance.worker runs as Google's default account"),
    ("migration.tf", "service_account = ", "account = ", "google_cloud_run_v2_job.migrate runs as Google's default account"),
    ("lake.tf", "uniform_bucket_level_access = true", "uniform_bucket_level_access = false", "google_storage_bucket.lake can have objects"),
    ("lake.tf", '"enforced"', '"inherited"', "google_storage_bucket.lake could be made public"),
    ("lake.tf", "enabled = true", "enabled = false", "google_storage_bucket.lake keeps nothing of what is overwritten"),
    ("lake.tf", "days_since_noncurrent_time", "num_newer_versions", "google_storage_bucket.lake keeps noncurrent versions for ever"),
    ("lake.tf", "days_since_noncurrent_time", "age", "google_storage_bucket.lake loses live objects by their age"),
    ("lake.tf", '"AbortIncompleteMultipartUpload"', '"Delete"', "google_storage_bucket.lake keeps unfinished uploads for ever"),
    ("lake.tf", "force_destroy               = false", "force_destroy = true", "google_storage_bucket.lake goes with all that is in it"),
    ("database.tf", "deletion_protection = var.deletion_protection", "deletion_protection = false", "published can be deleted by a slip"),
    ("database.tf", "point_in_time_recovery_enabled = true", "point_in_time_recovery_enabled = false", "published cannot be set back"),
    ("worker.tf", "prevent_destroy = true", "prevent_destroy = false", "google_compute_disk.home can be deleted by a slip"),
    ("variables.tf", "default     = true", "default     = false", "variable.deletion_protection is not on by default"),
    ("secrets.tf", '"TWILYTICS_ALERTS"', '"TWILYTICS_ALARMS"', "alerts is for TWILYTICS_ALARMS, which is no setting"),
    ("secrets.tf", '"TWILYTICS_ALERTS"', '"TWILYTICS_PLACES"', "TWILYTICS_ALERTS is secret, and no secret is for it"),
    ("secrets.tf", "secrets = {", "names = {", "secrets.tf: no local secrets"),
    (
        "worker.tf",
        'worker_device = "home"',
        'env = { TWILYTICS_X_BEARER_TOKEN = "x" }',
        "sets env.TWILYTICS_X_BEARER_TOKEN, which is secret",
    ),
]


@pytest.mark.parametrize(("file", "before", "after", "message"), BROKEN)
def test_each_rule_is_told_with_the_file_and_the_block(tmp_path: Path, file, before, after, message):
    found = told(tmp_path, file, before, after)
    assert [line for line in found if message in line], found


def test_what_is_no_hcl_is_told_by_its_file(tmp_path: Path):
    (tmp_path / "lake.tf").write_text('resource "google_storage_bucket" {{\n')
    (line,) = gcp.problems(tmp_path)
    assert line.startswith("lake.tf: no HCL: ")


def test_a_name_inside_a_text_is_no_reference():
    found = {'"a"': '"var.plain ${var.region} and ${local.x[0]}"', "b": "${google_storage_bucket.lake.name}"}
    assert list(references(found)) == [("var", "region"), ("local", "x"), ("google_storage_bucket", "lake.name")]


def test_what_secrets_are_for_is_known_to_prefect_and_to_migrate():
    from prefect.settings import Settings as OfPrefect

    from twilytics.cli.commands import app

    of_api = OfPrefect.model_fields["api"].annotation.model_fields
    assert [name for name in gcp_guarded.PREFECT if name.removeprefix("PREFECT_API_").lower() not in of_api] == []
    options = {name for argument in app["migrate"].assemble_argument_collection() for name in argument.names}
    assert set(gcp_guarded.OPTIONS) <= options


def test_the_settings_that_are_handed_on_exist():
    (local,) = [block.body for block in gcp.read(FOLDER) if block.file == "locals.tf"]
    named = set(re.findall(r"TWILYTICS_[A-Z_]+", local["settings"]))
    assert {"TWILYTICS_LAKE", "TWILYTICS_STAGING", "TWILYTICS_SPARK_SUBNET"} <= named
    assert {name.removeprefix("TWILYTICS_").lower() for name in named} <= set(Settings.model_fields)


@pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not here: its format is not checked")
def test_the_files_are_formatted(tmp_path: Path):
    command = ["terraform", f"-chdir={FOLDER}", "fmt", "-check", "-recursive"]
    ended = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "HOME": str(tmp_path)}, check=False)
    assert (ended.returncode, ended.stdout) == (0, "")
