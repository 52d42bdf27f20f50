"""The jars that no wheel brings: the embedded store's and Delta's for Spark.

`python -m twilytics.embedded.jars` fetches them, once for all HOMEs of a user, with the resolver that PySpark
brings along: no Maven installation, no address. After that nothing asks the network.
"""

import hashlib
import importlib.util
import ssl
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from twilytics import durable
from twilytics.embedded import java
from twilytics.errors import ServiceError


class Jar(NamedTuple):
    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def path(self) -> Path:
        return java.cache_folder() / "jars" / f"{self.group}_{self.artifact}-{self.version}.jar"


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


# Where a machine keeps the certificates that it trusts: what OpenSSL was told, then where Linux distributions and macOS have them.
AUTHORITIES = (
    ssl.get_default_verify_paths().cafile,
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
)
KEYSTORE_PASSWORD = "changeit"  # noqa: S105  (every Java's own, and no secret: the store holds public certificates)


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


def _present(jars: Iterable[Jar]) -> list[Path]:
    paths = [jar.path for jar in jars]
    missing = [path.name for path in paths if not path.exists()]
    if missing:
        raise ServiceError(f"{missing[0]} and {len(missing) - 1} more jars are missing in {paths[0].parent}: run `make setup`")
    return paths


def fetch() -> None:
    """Bring all jars into the cache folder; those that are there and whole are not fetched again. Raise :class:`ServiceError`."""
    wanted = [jar for jar in STORE + SPARK if not jar.path.exists() or _sha256(jar.path) != jar.sha256]
    if not wanted:
        return
    wanted[0].path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=java.cache_folder(), prefix="fetch-") as folder:
        _resolve(wanted, Path(folder))
        for jar in wanted:
            fetched = Path(folder, "jars", jar.path.name)
            if _sha256(fetched) != jar.sha256:
                raise ServiceError(
                    f"{jar.path.name} came with other content than it was pinned with: it was not kept; fetch it from another mirror"
                )
            durable.write(jar.path, fetched.read_bytes(), mode=0o644)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _resolve(jars: Iterable[Jar], folder: Path) -> None:
    from py4j.java_gateway import GatewayParameters, JavaGateway, launch_gateway
    from py4j.protocol import Py4JError

    with tempfile.TemporaryFile("w+") as told:
        port, token = launch_gateway(
            jarpath=str(next(pyspark_jars().glob("py4j-*.jar"))),
            classpath=str(pyspark_jars() / "*"),
            java_path=str(java.java_home() / "bin/java"),
            redirect_stderr=told,
            die_on_exit=True,
            enable_auth=True,
        )
        gateway = JavaGateway(gateway_parameters=GatewayParameters(port=port, auth_token=token))
        try:
            jvm = gateway.jvm
            _trust_like_the_system(gateway, folder)
            maven, nothing, stderr = jvm.org.apache.spark.util.MavenUtils, jvm.scala.Option.empty(), jvm.java.lang.System.err
            no_exclusions = getattr(getattr(jvm.scala.collection.immutable, "Nil$"), "MODULE$")
            settings = maven.buildIvySettings(nothing, jvm.scala.Option.apply(str(folder)), True, stderr)
            coordinates = ",".join(f"{jar.group}:{jar.artifact}:{jar.version}" for jar in jars)
            # Not transitive: what the rest of their dependencies is for, PySpark has in versions that fit it.
            maven.resolveMavenCoordinates(coordinates, settings, nothing, False, no_exclusions, False, stderr)
        except Py4JError:
            told.seek(0)
            report = told.read()
            sys.stderr.write(report)
            raise ServiceError(
                "the jars can't be fetched (what the resolver said stands above): is there a network? Then run `make setup` again"
            ) from None
        finally:
            gateway.shutdown()


def _trust_like_the_system(gateway: Any, folder: Path) -> None:
    """Let this JVM trust the authorities that the machine trusts too: a runtime that came as a wheel only knows its own."""
    bundle = next((path for path in map(Path, filter(None, AUTHORITIES)) if path.is_file()), None)
    if bundle is None:
        return
    jvm = gateway.jvm
    security, file_in, password = jvm.java.security, jvm.java.io.FileInputStream, gateway.new_array(jvm.char, len(KEYSTORE_PASSWORD))
    for position, letter in enumerate(KEYSTORE_PASSWORD):
        password[position] = letter
    trusted = security.KeyStore.getInstance(security.KeyStore.getDefaultType())
    trusted.load(file_in(str(Path(jvm.java.lang.System.getProperty("java.home"), "lib/security/cacerts"))), password)
    for number, authority in enumerate(security.cert.CertificateFactory.getInstance("X.509").generateCertificates(file_in(str(bundle)))):
        trusted.setCertificateEntry(f"system-{number}", authority)
    store = folder / "trusted"
    trusted.store(jvm.java.io.FileOutputStream(str(store)), password)
    jvm.java.lang.System.setProperty("javax.net.ssl.trustStore", str(store))
    jvm.java.lang.System.setProperty("javax.net.ssl.trustStorePassword", KEYSTORE_PASSWORD)


if __name__ == "__main__":
    try:
        fetch()
    except ServiceError as error:
        sys.exit(f"twilytics: {error}")
