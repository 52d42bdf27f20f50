"""Where batches run and as whom: the settings that they need."""

from dataclasses import dataclass

from twilytics.errors import SettingError
from twilytics.settings import DATAPROC, PREFIX, VAULT, Settings

NEEDED = ("gcp_project", "gcp_region", "staging", "spark_service_account")
BUCKETS = "gs://"


@dataclass(frozen=True)
class Target:
    """``staging`` is a prefix without a slash at its end; ``image`` and ``subnet`` are None where Dataproc chooses."""

    project: str
    region: str
    staging: str
    service_account: str
    image: str | None
    subnet: str | None

    @property
    def parent(self) -> str:
        return f"projects/{self.project}/locations/{self.region}"

    def name(self, batch: str) -> str:
        return f"{self.parent}/batches/{batch}"

    def url(self, batch: str) -> str:
        return f"https://console.cloud.google.com/dataproc/batches/{self.region}/{batch}/monitoring?project={self.project}"


def target(settings: Settings) -> Target:
    """Raise :class:`SettingError`, naming all that is missing, or what a batch could not reach."""
    told = {name: getattr(settings, name) or "" for name in NEEDED}
    missing = [f"{PREFIX}{name.upper()}" for name, value in told.items() if not value]
    if missing:
        raise SettingError(f"{PREFIX}SPARK_MASTER={DATAPROC} needs {', '.join(missing)}: set {'it' if len(missing) == 1 else 'them'}")
    for name, place in (("lake", settings.lake_root), ("staging", told["staging"])):
        if not place.startswith(BUCKETS):
            raise SettingError(f"{PREFIX}{name.upper()}: a batch cannot reach {place}: name {BUCKETS}bucket/prefix")
    key = settings.hash_key.get_secret_value() if settings.hash_key else ""
    if not key.startswith(VAULT):
        raise SettingError(
            f"{PREFIX}HASH_KEY: a batch needs the key, and whoever may see a batch would see it: keep it in Secret Manager "
            f"(from here, or from HOME/secrets/hash-key), and set {PREFIX}HASH_KEY={VAULT}projects/{told['gcp_project']}/secrets/NAME"
        )
    return Target(
        told["gcp_project"],
        told["gcp_region"],
        told["staging"].rstrip("/"),
        told["spark_service_account"],
        settings.spark_image,
        settings.spark_subnet,
    )
