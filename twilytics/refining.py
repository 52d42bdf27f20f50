"""Where refinement is done: in this process, or by a batch on Dataproc."""

from twilytics import refinement
from twilytics.noting import Extent
from twilytics.observatory import Observatory
from twilytics.refinement import Progress, Refined, told_nobody


def refine(observatory: Observatory, *, extent: Extent = "all", progress: Progress = told_nobody) -> Refined:
    """As :func:`twilytics.refinement.refine`, which the settings may have done elsewhere: all of it then, whatever the ``extent``.

    Only under the lake's lock.
    """
    if not observatory.settings.refines_in_batches:
        return refinement.refine(observatory, extent=extent, progress=progress)
    from twilytics.dataproc import remote

    observatory.save(observatory.ledger.all_at_once())
    return remote.refine(observatory, progress=progress)
