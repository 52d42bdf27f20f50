"""Mark runs as crashed whose process on this machine was killed, and have a cycle go on from there. For a process work pool.

A deployment that takes one run at a time would start no other before that.
"""

from prefect import flow
from prefect.client.orchestration import get_client

from flows import worked


@flow(name="watch", description=__doc__, persist_result=False)
def watch() -> int:
    """Return how many runs were found dead."""
    with get_client(sync_client=True) as client:
        dead = worked.bury(client)
        if dead:
            worked.go_on(client)
    return len(dead)
