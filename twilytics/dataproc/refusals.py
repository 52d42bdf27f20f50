"""What Dataproc says in our words: what is wrong, and what to do about it."""

import re

from google.api_core import exceptions
from google.auth.exceptions import GoogleAuthError

from twilytics import gcp
from twilytics.dataproc.target import Target
from twilytics.errors import ServiceError, SettingError, TwilyticsError


def told(error: Exception, target: Target, doing: str) -> TwilyticsError:
    """What to raise instead. ``doing`` is what was asked for, as in "submit the batch …"."""
    cause = error.cause if isinstance(error, exceptions.RetryError) and error.cause is not None else error
    # The library puts the request before what Google says of it.
    says = re.sub(r"^[A-Z]+ \S+: ", "", getattr(cause, "message", "")) or type(cause).__name__
    where = f"the project {target.project} in {target.region}"
    match cause:
        case exceptions.Unauthorized() | GoogleAuthError() if not gcp.can_pass(cause):
            return SettingError(f"Google does not know who wants to {doing}: renew the credentials of this process ({says})")
        case exceptions.Forbidden():
            return SettingError(
                f"not allowed to {doing} in {where}: grant who runs this roles/dataproc.editor on the project and "
                f"roles/iam.serviceAccountUser on {target.service_account}, and enable dataproc.googleapis.com ({says})"
            )
        case exceptions.NotFound():
            return SettingError(
                f"cannot {doing}: there is no {where}, or no such network: check TWILYTICS_GCP_PROJECT and …_REGION ({says})"
            )
        case exceptions.TooManyRequests():
            return ServiceError(
                f"cannot {doing}: a quota of {where} is used up: wait, or ask for more under IAM & Admin, Quotas; "
                f"the next cycle tries again ({says})"
            )
        case exceptions.ClientError():
            return SettingError(f"Dataproc refuses to {doing}: {says}")
        case _:
            return ServiceError(f"cannot {doing}: Dataproc does not answer ({says}): the next cycle goes on from here")
