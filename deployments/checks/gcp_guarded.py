"""The rules of `deployments/gcp` that keep strangers out and data in: addresses, roles, buckets, the database, secrets."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from deployments.checks.hcl import Block, arguments, inner, unquoted
from twilytics.settings import PREFIX, Settings

PRIMITIVE = ("roles/owner", "roles/editor", "roles/viewer")
#: Of a whole project: they reach more than one of our parts.
BROAD = ("roles/storage.", "roles/secretmanager.", "roles/iam.", "roles/cloudsql.", "roles/artifactregistry.")
EVERYBODY = ("allUsers", "allAuthenticatedUsers")
ANYWHERE = ("0.0.0.0/0", "::/0")
#: A key or a password of theirs would stand in the state.
KEPT_IN_STATE = ("google_service_account_key", "google_secret_manager_secret_version", "google_storage_hmac_key", "random_password")
SECRETIVE = ("password", "root_password", "secret_data", "private_key", "api_key", "basic_auth_key")
#: Accounts that are attached to what runs; one of Google's defaults may edit the project.
DEFAULT_ACCOUNT = "developer.gserviceaccount.com"
#: What a secret may be for beside a setting of Twilytics.
PREFECT = ("PREFECT_API_KEY", "PREFECT_API_AUTH_STRING")
OPTIONS = ("--publisher-password-file", "--reader-password-file")


def addresses(found: Sequence[Block]) -> Iterator[str]:
    """What could be reached from the internet."""
    for block in _resources(found, "google_compute_instance"):
        if any(inner(block.body, "network_interface", "access_config")):
            yield f"{_at(block)} has a public address: remove access_config"
    for block in _resources(found, "google_sql_database_instance"):
        told: Mapping[str, Any] = next(inner(block.body, "settings", "ip_configuration"), {})
        if told.get("ipv4_enabled") is not False or "private_network" not in told:
            yield f"{_at(block)} has a public address: set ipv4_enabled to false, and private_network"
        if unquoted(told.get("ssl_mode")) != "ENCRYPTED_ONLY":
            yield f"{_at(block)} lets in who does not encrypt: set ssl_mode to ENCRYPTED_ONLY"
    for block in found:  # a variable's default counts: most people leave it
        if any(unquoted(value) in ANYWHERE for _, value in arguments(block.body)):
            yield f"{_at(block)} lets in the whole internet"


def roles(found: Sequence[Block]) -> Iterator[str]:
    """Who may more than one thing needs, or everybody; and keys, which can be carried away."""
    for block in _resources(found):
        kind = block.labels[0]
        if kind in KEPT_IN_STATE:
            yield f"{_at(block)} would be readable in the state: attach accounts, and fill secrets by hand"
        for path, value in arguments(block.body):
            text = str(unquoted(value))
            if text in PRIMITIVE:
                yield f"{_at(block)} grants {text}: grant the role of the one thing that is needed"
            if text in EVERYBODY:
                yield f"{_at(block)} is open to {text}"
            if kind.startswith("google_project_iam_") and text.startswith(BROAD):
                yield f"{_at(block)} grants {text} on the whole project: grant it on the one bucket, secret or account"
            if path[-1] in SECRETIVE:
                yield f"{_at(block)} has {path[-1]} in the state"
            if DEFAULT_ACCOUNT in text:
                yield f"{_at(block)} runs as Google's default account, which may edit the project"
        if kind in ("google_compute_instance", "google_cloud_run_v2_job") and not _has(block, "service_account"):
            yield f"{_at(block)} runs as Google's default account: name one in service_account"


def buckets(found: Sequence[Block]) -> Iterator[str]:
    for block in _resources(found, "google_storage_bucket"):
        if block.body.get("uniform_bucket_level_access") is not True:
            yield f"{_at(block)} can have objects with rights of their own: set uniform_bucket_level_access"
        if unquoted(block.body.get("public_access_prevention")) != "enforced":
            yield f"{_at(block)} could be made public: set public_access_prevention to enforced"
        if not any(told.get("enabled") is True for told in inner(block.body, "versioning")):
            yield f"{_at(block)} keeps nothing of what is overwritten: set versioning"
        rules = [
            ({unquoted(one.get("type")) for one in inner(rule, "action")}, {name for one in inner(rule, "condition") for name in one})
            for rule in inner(block.body, "lifecycle_rule")
        ]
        if not any("Delete" in actions and "days_since_noncurrent_time" in conditions for actions, conditions in rules):
            yield f"{_at(block)} keeps noncurrent versions for ever: add a lifecycle_rule with days_since_noncurrent_time"
        if not any("AbortIncompleteMultipartUpload" in actions for actions, _ in rules):
            yield f"{_at(block)} keeps unfinished uploads for ever: add a lifecycle_rule that aborts them"
        # Only what can be made again may go by its age, and with the bucket: a table's live files are as old as its rows.
        if block.body.get("force_destroy") is not True and any("Delete" in did and "age" in when for did, when in rules):
            yield f"{_at(block)} loses live objects by their age: the lake's files are removed by `twilytics maintain` alone"
    for block in _resources(found, "google_storage_bucket"):
        if block.labels[1] == "lake" and block.body.get("force_destroy") is not False:
            yield f"{_at(block)} goes with all that is in it: set force_destroy to false"


def kept(found: Sequence[Block]) -> Iterator[str]:
    """A database and a disk that could be deleted by a slip, or that nothing is left of then."""
    for block in _resources(found, "google_sql_database_instance"):
        if block.body.get("deletion_protection") not in (True, "${var.deletion_protection}"):
            yield f"{_at(block)} can be deleted by a slip: set deletion_protection"
        backups = list(inner(block.body, "settings", "backup_configuration"))
        if not any(told.get("enabled") is True and told.get("point_in_time_recovery_enabled") is True for told in backups):
            yield f"{_at(block)} cannot be set back: set enabled and point_in_time_recovery_enabled in backup_configuration"
    for block in _resources(found, "google_compute_disk"):
        if not any(told.get("prevent_destroy") is True for told in inner(block.body, "lifecycle")):
            yield f"{_at(block)} can be deleted by a slip: set prevent_destroy"
    for block in found:
        if block.kind == "variable" and block.labels[0] == "deletion_protection" and block.body.get("default") is not True:
            yield f"{_at(block)} is not on by default"


def secrets(found: Sequence[Block]) -> Iterator[str]:
    """Secrets that are for nothing that exists, and settings that are secret and have none."""
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    secret = {f"{PREFIX}{name.upper()}" for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)}
    listed = [told for block in found if block.kind == "locals" for told in inner(block.body, "secrets")]
    if not listed:
        yield "secrets.tf: no local secrets, by name what each is for"
        return
    used = {unquoted(name): unquoted(told.get("use")) for name, told in listed[0].items() if isinstance(told, dict)}
    for name, use in used.items():
        if use not in (*known, *PREFECT, *OPTIONS):
            yield f"secrets.tf: {name} is for {use}, which is no setting"
    # A key file is what we do without.
    for missing in sorted(secret - set(used.values()) - {f"{PREFIX}GCP_CREDENTIALS"}):
        yield f"secrets.tf: {missing} is secret, and no secret is for it"
    for block in found:
        if block.kind in ("resource", "locals"):
            for path, value in arguments(block.body):
                if any(part in secret for part in path) and not str(unquoted(value)).startswith("gcp-secret:"):
                    yield f"{_at(block)} sets {'.'.join(path)}, which is secret"


RULES = (addresses, roles, buckets, kept, secrets)


def _resources(found: Sequence[Block], kind: str | None = None) -> list[Block]:
    return [block for block in found if block.kind == "resource" and kind in (None, block.labels[0])]


def _has(block: Block, name: str) -> bool:
    return any(path[-1] == name or name in path for path, _ in arguments(block.body))


def _at(block: Block) -> str:
    return f"{block.file}: {block.address or block.kind}"
