from datetime import timedelta

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.grouping", "tests.services", "tests.engines", "tests.lakes", "tests.faulty", "tests.published", "tests.cloud"]

# Several processes may share the suite, and a machine more than that: an example may wait for its turn, but not for ever.
settings.register_profile("suite", deadline=timedelta(seconds=10), suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")
