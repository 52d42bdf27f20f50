"""Settings: the only reader of the environment. Names and defaults are a contract with the users."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SecretsSettingsSource, SettingsConfigDict

from twilytics import channels, pairs
from twilytics.errors import SettingError
from twilytics.sources import LIVE

PREFIX = "TWILYTICS_"
if TYPE_CHECKING:
    SourceName = str
else:
    SourceName = Literal[tuple(LIVE)]
#: A secret that reads so names a block of Prefect's, which holds its value.
BLOCK = "prefect:"
#: A hash key that reads so names a secret in Google's Secret Manager.
VAULT = "gcp-secret:"
#: The Spark master that stands for serverless batches.
DATAPROC = "dataproc"
MINUTES_OF_A_DAY = 1440
MOST_TOPICS = 50
#: Where a container finds its secrets: a file each, named like the setting, as in ``twilytics_postgres_dsn``.
SECRETS = Path("/run/secrets")


class Secrets(SecretsSettingsSource):
    """A file that is empty sets nothing: a compose file names every secret, whether somebody has it or not."""

    def __call__(self) -> dict[str, Any]:
        return {name: value for name, value in super().__call__().items() if value}


class Settings(BaseSettings):
    """All settings, from ``TWILYTICS_*`` in the environment, in ``.env`` or in a container's secrets; the first of them wins."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True)

    home: Path = Field(Path(".twilytics"), description="the folder that everything embedded lives in")
    places: Annotated[tuple[str, ...], NoDecode] = Field(("berlin", "stuttgart"), description="the places to follow, comma separated; all")
    pairs: str = Field("all", description="the pairs of places to compare: all, same-country, or berlin:stuttgart,…")
    source: SourceName = Field("x-v2", description="where trends are asked for")
    interval_minutes: int = Field(60, ge=5, le=MINUTES_OF_A_DAY, description="minutes between two captures, a divisor of 1440")
    mongodb_uri: SecretStr | None = Field(None, description="a MongoDB in place of the embedded store")
    lake: str | None = Field(None, description="the folder of the lake, or gs://bucket/prefix; by default HOME/lake")
    gcp_credentials: SecretStr | None = Field(
        None, description="a service account's key, as JSON or the file of it, for gs://; by default what the machine has"
    )
    postgres_dsn: SecretStr | None = Field(None, description="a PostgreSQL 13 or later in place of the embedded server")
    engine: Literal["duckdb", "spark"] = Field("duckdb", description="what refines: in this process, or Spark")
    spark_master: str = Field("local[*]", description="the Spark master; dataproc for serverless batches of Google's")
    gcp_project: str | None = Field(None, description="the Google Cloud project that batches run in")
    gcp_region: str | None = Field(None, description="the region that batches run in, as in europe-west3")
    staging: str | None = Field(None, description="gs://bucket/prefix that the program and the outcome of a batch are kept in")
    spark_image: str | None = Field(None, description="an image with the locked packages, for batches; without one they are packed")
    spark_service_account: str | None = Field(None, description="the service account that batches run as")
    spark_subnet: str | None = Field(None, description="the subnetwork that batches run in; by default the network default's")
    gcp_api_url: str | None = Field(None, description="another server that speaks Dataproc's and Secret Manager's API")
    # A day: no reader and no backfill takes longer, and what one changed can still be compared on the day after.
    retention_hours: int = Field(168, ge=24, le=87_600, description="hours that older versions of the lake's tables stay readable")
    x_bearer_token: SecretStr | None = Field(None, description="X's access token")
    x_api_url: str | None = Field(None, description="another server that speaks X's API")
    x_monthly_budget_usd: float | None = Field(None, ge=0, description="landing stops before this is spent")
    tweets: Literal["off"] | int = Field("off", description="how many top topics of each place X is asked about, 1 to 50; each costs")
    alerts: SecretStr | None = Field(None, description="who is told what is wrong: URLs of apprise, comma or blank separated")
    hash_key: SecretStr | None = Field(
        None,
        description="the key that authors and what was erased are hashed with, or gcp-secret:projects/…; by default in HOME/secrets",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - it takes empty files for values
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        secrets = Secrets(settings_cls, SECRETS if SECRETS.is_dir() else None)
        return init_settings, env_settings, dotenv_settings, secrets

    @field_validator("places", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("tweets", mode="before")
    @classmethod
    def _counts_topics(cls, value: object) -> object:
        if value != "off" and not (str(value).isdigit() and 1 <= int(str(value)) <= MOST_TOPICS):
            raise ValueError(f"has to be off, or how many topics of each place, from 1 to {MOST_TOPICS}")
        return value

    @field_validator("alerts")
    @classmethod
    def _names_channels(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(BLOCK):
            channels.listed(value.get_secret_value())
        return value

    @field_validator("pairs")
    @classmethod
    def _names_pairs(cls, value: str) -> str:
        pairs.listed(value)
        return value

    @field_validator("home")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("interval_minutes")
    @classmethod
    def _divides_a_day(cls, value: int) -> int:
        if MINUTES_OF_A_DAY % value:
            raise ValueError("has to divide a day of 1440 minutes, as 5, 15, 60 or 480 do")
        return value

    @property
    def interval(self) -> timedelta:
        return timedelta(minutes=self.interval_minutes)

    @property
    def refines_in_batches(self) -> bool:
        """Whether refinement is submitted to Dataproc; everything else is done in this process then."""
        return self.engine == "spark" and self.spark_master == DATAPROC

    @property
    def lake_root(self) -> str:
        return self.lake or str(self.home / "lake")


def load() -> Settings:
    """Read the environment. Raise :class:`SettingError`, one line a setting that cannot be used, never showing a secret."""
    return _read()


def changed(settings: Settings, **chosen: object) -> Settings:
    """The settings with others in place of those that are named and not None. Raise :class:`SettingError` as :func:`load` does."""
    told = {name: getattr(settings, name) for name in settings.model_fields_set}
    return _read(**told | {name: value for name, value in chosen.items() if value is not None})


def _read(**told: Any) -> Settings:
    try:
        return Settings(**told)
    except ValidationError as error:
        lines = [
            f"{PREFIX}{'_'.join(str(part) for part in problem['loc']).upper()}: {problem['msg'].removeprefix('Value error, ')}"
            for problem in error.errors(include_input=False, include_url=False)
        ]
    # Not from where it was handled: the library's error holds what was given, which may be a secret.
    raise SettingError("; ".join(lines))
