pytest_plugins = ["tests.services", "tests.engines", "tests.lakes", "tests.faulty", "tests.published"]
