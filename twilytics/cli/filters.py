"""The options that say which rows of the quarantine are meant."""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from twilytics.cli.options import Instant

if TYPE_CHECKING:
    from twilytics.aside import Chosen


@Parameter(name="*")
@dataclass(frozen=True)
class Filters:
    """Which rows: those of which all holds that is given."""

    reason: Annotated[str | None, Parameter(help="Only what was set aside for this reason, as `quarantine list` names it.")] = None
    source: Annotated[str | None, Parameter(help="Only of answers of this source.")] = None
    place: Annotated[str | None, Parameter(help="Only of this place's answers.")] = None
    since: Annotated[Instant | None, Parameter(help="Only of what was captured from then on.")] = None
    until: Annotated[Instant | None, Parameter(help="Only of what was captured before.")] = None
    answer: Annotated[str | None, Parameter(help="Only of the answers whose identity begins so.")] = None

    def given(self) -> dict[str, Any]:
        return {field.name: value for field in fields(self) if (value := getattr(self, field.name)) is not None}

    def chosen(self) -> "Chosen":
        from twilytics.aside import Chosen

        return Chosen(**self.given())


ALL = Filters()
