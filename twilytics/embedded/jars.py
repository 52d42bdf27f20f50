"""The jars that no wheel brings: the embedded store's, Delta's for Spark, and Google's for Spark on gs://.

`python -m twilytics.embedded.jars` fetches the first two, once for all HOMEs of a user; with `--cloud` Google's as well, which is
40 MB that few need, and otherwise comes with the first Spark session that meets a gs:// lake. After that nothing asks the network.
"""

import argparse
import hashlib
import importlib.util
import logging
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from twilytics import durable
from twilytics.embedded import java
from twilytics.embedded.resolver import Coordinates, resolve
from twilytics.errors import ServiceError

_log = logging.getLogger(__name__)


class Jar(NamedTuple):
    group: str
    artifact: str
    version: str
    sha256: str
    classifier: str = ""

    @property
    def coordinates(self) -> Coordinates:
        return Coordinates(self.group, self.artifact, self.version, self.classifier)

    @property
    def path(self) -> Path:
        return (
            java.cache_folder() / "jars" / f"{'-'.join(filter(None, (f'{self.group}_{self.artifact}', self.version, self.classifier)))}.jar"
        )


STORE = (
    Jar("de.bwaldvogel", "mongo-java-server", "1.47.0", "37fc487ab0ef924dee0acdc62e2de1ef1daffa7eb2fdf9b56e5d2f3bdc2b909b"),
    Jar("de.bwaldvogel", "mongo-java-server-core", "1.47.0", "9a34c9ad6ac6261906295481838256033ec1efc8c93a3e3828e5d47a006b0bd4"),
    Jar("de.bwaldvogel", "mongo-java-server-h2-backend", "1.47.0", "58ca6760a25f8a05adfe8a0f7a8a042ca22bd472869028755931507cdce20e71"),
    Jar("com.h2database", "h2", "2.3.232", "8dae62d22db8982c3dcb3826edb9c727c5d302063a67eef7d63d82de401f07d3"),
)
SPARK = (
    Jar("io.delta", "delta-spark_4.0_2.13", "4.4.0", "49e899667168b9412f83cbe894ce264107d7b896d6c5e12edca4e216845c1104"),
    Jar("io.delta", "delta-storage", "4.4.0", "c46735481fa8e326b0957be02b4420cbcab4b325bb08009b7f2045a95133f1cc"),
    Jar("io.delta", "delta-kernel-api", "4.4.0", "ee9b5a14ac3b7efdff4d61a58478fe8eb0e5a3fbca43889dca7290795fe79a11"),
    Jar("io.delta", "delta-kernel-defaults", "4.4.0", "225c975199e4718b38ee5b7e6da7f19e9585024262b2cec2656b32151a856b0b"),
    Jar("io.delta", "delta-kernel-unitycatalog", "4.4.0", "cea22dfb4ac562b3cd27bf652697750e8336009d73fb06631363aaaad5345ffa"),
    Jar("io.unitycatalog", "unitycatalog-client", "0.6.0", "48257499a86b801a3e2372cec55ac226ca1c1c7eabe5c118e7302f29a1fdbc19"),
    Jar("io.unitycatalog", "unitycatalog-hadoop", "0.6.0", "c47b63c961c87102b9e1d63809a0915ba4c86b7652f57c8d39ca3a05b441a150"),
    Jar("org.roaringbitmap", "RoaringBitmap", "0.9.25", "73f8e24f636a1ba6509decacbb5605c833eb5ead6db3971722ffcc2543b3e393"),
)
#: The one jar with all that it depends on, under names of its own: PySpark has other versions of these.
GOOGLE = (
    Jar(
        "com.google.cloud.bigdataoss",
        "gcs-connector",
        "4.0.4",
        "dfb5832738686436e597026a8e4bab01aa22e75ebfb15d37d096981f6599d73c",
        "shaded",
    ),
)
SETUP, CLOUD = "make setup", "python -m twilytics.embedded.jars --cloud"
# What the store needs and PySpark has: its network library, its log interface, and the bridge that we start it by.
FROM_PYSPARK = (
    "netty-buffer-*",
    "netty-codec-4*",
    "netty-common-*",
    "netty-handler-4*",
    "netty-resolver-4*",
    "netty-transport-4*",
    "slf4j-api-*",
    "py4j-*",
)


def pyspark_jars() -> Path:
    """The folder of the jars in PySpark's wheel, found without importing PySpark."""
    found = importlib.util.find_spec("pyspark")
    if not found or not found.origin:
        raise ServiceError("PySpark is missing: run `make setup`")
    return Path(found.origin).parent / "jars"


def store_jars() -> list[Path]:
    """The class path of the embedded store. Raise :class:`ServiceError` before set-up."""
    bundled = [path for pattern in FROM_PYSPARK for path in sorted(pyspark_jars().glob(f"{pattern}.jar"))]
    return _present(STORE) + bundled


def spark_jars() -> list[Path]:
    """What a Spark session needs for Delta, for `spark.jars`. Raise :class:`ServiceError` before set-up."""
    return _present(SPARK)


def google_jars() -> list[Path]:
    """What a Spark session needs for gs:// besides, fetched where it is not there yet. Raise :class:`ServiceError` where it cannot be."""
    if not all(jar.path.exists() for jar in GOOGLE):
        _log.warning("fetching Google's connector, which Spark needs for gs://: 40 MB, this once")
        fetch(GOOGLE, CLOUD)
    return [jar.path for jar in GOOGLE]


def _present(jars: Iterable[Jar]) -> list[Path]:
    paths = [jar.path for jar in jars]
    missing = [path.name for path in paths if not path.exists()]
    if missing:
        raise ServiceError(f"{missing[0]} and {len(missing) - 1} more jars are missing in {paths[0].parent}: run `{SETUP}`")
    return paths


def fetch(jars: Sequence[Jar] = STORE + SPARK, command: str = SETUP) -> None:
    """Bring the jars into the cache folder; those that are there and whole are not fetched again.

    Raise :class:`ServiceError` where they cannot be had, or kept; ``command`` is what it says to try again.
    """
    wanted = [jar for jar in jars if not jar.path.exists() or _sha256(jar.path) != jar.sha256]
    if not wanted:
        return
    try:
        wanted[0].path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=java.cache_folder(), prefix="fetch-") as folder:
            fetched = resolve([jar.coordinates for jar in wanted], pyspark_jars(), Path(folder))
            for jar in wanted:
                _keep(jar, fetched[jar.coordinates])
    except OSError as error:
        raise ServiceError(f"{java.cache_folder()} can't be written ({error.strerror}): free it, then run `{command}`") from None
    except ServiceError as error:
        raise ServiceError(f"{error} Then run `{command}`") from None


def _keep(jar: Jar, fetched: Path) -> None:
    if _sha256(fetched) != jar.sha256:
        raise ServiceError(f"{jar.path.name} came with other content than it was pinned with and was not kept: use another mirror.")
    durable.write(jar.path, fetched.read_bytes(), mode=0o644)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cloud", action="store_true", help="Google's connector too, for Spark on a gs:// lake")
    try:
        fetch(STORE + SPARK + GOOGLE, CLOUD) if parser.parse_args().cloud else fetch()
    except ServiceError as error:
        sys.exit(f"twilytics: {error}")


if __name__ == "__main__":
    main()
