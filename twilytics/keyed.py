"""The key of the keyed hashes: of the settings, of Secret Manager, or one that is made once and kept in HOME/secrets."""

from filelock import FileLock

from twilytics.embedded import passwords
from twilytics.settings import VAULT, Settings

NAME = "hash-key"


def key(settings: Settings) -> bytes:
    """The key of TWILYTICS_HASH_KEY, else the one in HOME/secrets, made once. With another key, no hash is the same any more."""
    if settings.hash_key is not None:
        told = settings.hash_key.get_secret_value()
        if not told.startswith(VAULT):
            return told.encode()
        from twilytics import secret_manager

        return secret_manager.held(told, settings)
    if not passwords.path(settings.home, NAME).exists():
        settings.home.mkdir(parents=True, exist_ok=True)
        with FileLock(settings.home / f"{NAME}.lock"):
            return passwords.kept(settings.home, NAME).encode()
    return passwords.kept(settings.home, NAME).encode()
