"""`python -m flows.healthy`: whether `twilytics serve` runs for this HOME, as a container's health check asks."""

import sys

from flows import server
from twilytics import settings

if __name__ == "__main__":
    sys.exit("nothing serves this HOME" if server.running(settings.load().home) is None else 0)
