"""Fetching jars by their coordinates, with the resolver that PySpark brings along: no Maven installation, no address."""

import ssl
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from twilytics.embedded import java
from twilytics.errors import ServiceError

# Where a machine keeps the certificates that it trusts: what OpenSSL was told, then where Linux distributions and macOS have them.
AUTHORITIES = (
    ssl.get_default_verify_paths().cafile,
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
)
KEYSTORE_PASSWORD = "changeit"  # noqa: S105  (every Java's own, and no secret: the store holds public certificates)
# Ivy's name for "whatever the module offers".
ALL = "default"


class Coordinates(NamedTuple):
    """A jar by Maven's names; ``classifier`` tells it from the module's other jars."""

    group: str
    artifact: str
    version: str
    classifier: str = ""


def resolve(jars: Iterable[Coordinates], pyspark_jars: Path, folder: Path) -> dict[Coordinates, Path]:
    """Fetch the jars into ``folder``, and nothing that they depend on.

    Raise :class:`ServiceError` where one cannot be had; what the resolver said goes to stderr.
    """
    from py4j.java_gateway import GatewayParameters, JavaGateway, launch_gateway
    from py4j.protocol import Py4JError

    with tempfile.TemporaryFile("w+") as told:
        port, token = launch_gateway(
            jarpath=str(next(pyspark_jars.glob("py4j-*.jar"))),
            classpath=str(pyspark_jars / "*"),
            java_path=str(java.java_home() / "bin/java"),
            redirect_stderr=told,
            die_on_exit=True,
            enable_auth=True,
        )
        gateway = JavaGateway(gateway_parameters=GatewayParameters(port=port, auth_token=token))
        try:
            _trust_like_the_system(gateway, folder)
            found = _found(gateway.jvm, list(jars), folder)
        except Py4JError:
            found = {}
        finally:
            gateway.shutdown()
        if set(jars) - set(found):
            told.seek(0)
            sys.stderr.write(told.read())
            raise ServiceError("the jars can't be fetched (what the resolver said stands above): is there a network?")
        return found


def _found(jvm: Any, jars: list[Coordinates], folder: Path) -> dict[Coordinates, Path]:
    """By Ivy with the repositories and the mirrors that Spark asks. Spark's own call knows no classifiers, so Ivy is asked itself."""
    ivy, stderr = jvm.org.apache.ivy, jvm.java.lang.System.err
    jvm.java.lang.System.setOut(stderr)
    settings = jvm.org.apache.spark.util.MavenUtils.buildIvySettings(
        jvm.scala.Option.empty(), jvm.scala.Option.apply(str(folder)), True, stderr
    )
    resolver = ivy.Ivy.newInstance(settings)
    resolver.getLoggerEngine().pushLogger(ivy.util.DefaultMessageLogger(ivy.util.Message.MSG_WARN))
    module, descriptor = ivy.core.module.id.ModuleRevisionId, ivy.core.module.descriptor
    asking = descriptor.DefaultModuleDescriptor.newDefaultInstance(module.newInstance("twilytics", "jars", "1"))
    for jar in jars:
        wanted = descriptor.DefaultDependencyDescriptor(
            asking, module.newInstance(jar.group, jar.artifact, jar.version), False, False, False
        )
        attributes = jvm.java.util.HashMap()
        if jar.classifier:
            attributes.put("classifier", jar.classifier)
        wanted.addDependencyArtifact(
            ALL, descriptor.DefaultDependencyArtifactDescriptor(wanted, jar.artifact, "jar", "jar", None, attributes)
        )
        wanted.addDependencyConfiguration(ALL, ALL)
        asking.addDependency(wanted)
    # Not transitive: what the rest of their dependencies is for, PySpark has in versions that fit it.
    options = ivy.core.resolve.ResolveOptions().setTransitive(False).setOutputReport(False)
    fetched = {}
    for report in resolver.resolve(asking, options).getAllArtifactsReports():
        if report.getLocalFile() is not None:
            artifact = report.getArtifact()
            one = artifact.getModuleRevisionId()
            classifier = artifact.getExtraAttribute("classifier") or ""
            fetched[Coordinates(one.getOrganisation(), one.getName(), one.getRevision(), classifier)] = Path(str(report.getLocalFile()))
    return fetched


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
