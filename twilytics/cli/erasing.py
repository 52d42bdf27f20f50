"""Commands that erase, on request or as X's terms ask."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from twilytics import stopping
from twilytics.cli import tell
from twilytics.cli.options import Json

if TYPE_CHECKING:
    from twilytics.erasing import Forgotten
    from twilytics.named import Named


def forget(
    *,
    topic: Annotated[tuple[str, ...], Parameter(negative="", help="A topic, as the trends show it; again for more.")] = (),
    tweet: Annotated[tuple[str, ...], Parameter(negative="", help="A post's ID; again for more.")] = (),
    author: Annotated[tuple[str, ...], Parameter(negative="", help="An author's ID: all posts by it go; again for more.")] = (),
    as_json: Json = False,
) -> None:
    from twilytics.named import Named

    _told(_forgotten(Named(topic, tweet, author)), instead="--author ID", as_json=as_json)


def comply(
    file: Annotated[Path, Parameter(help="What the job answered, a JSON object a line, or plain IDs, one a line.")],
    /,
    *,
    tweets: Annotated[bool, Parameter(negative="", help="The IDs are of posts; so it is without --authors.")] = False,
    authors: Annotated[bool, Parameter(negative="", help="The IDs are of authors.")] = False,
    as_json: Json = False,
) -> None:
    from twilytics import compliance
    from twilytics.errors import TwilyticsError
    from twilytics.named import Named

    if tweets and authors:
        raise TwilyticsError("a file lists posts or authors: give --tweets or --authors, not both")
    ids = compliance.read(file)
    if not ids:
        tell.note(f"{file} asks for nothing to be erased")
        return
    _told(_forgotten(Named(authors=ids) if authors else Named(tweets=ids)), instead="--authors", as_json=as_json)


def _forgotten(named: "Named") -> "Forgotten":
    from flows.blocks import load
    from twilytics import erasing
    from twilytics.observatory import Observatory

    # Never a run of a Prefect server: that one keeps the parameters of its runs, and shows them. The lake's lock keeps the two apart.
    with Observatory(load()) as observatory, tell.progress() as progress:
        return stopping.attended(lambda: erasing.forget(observatory, named, progress=progress))


def _told(done: "Forgotten", *, instead: str, as_json: bool) -> None:
    """Tell what was erased. Raise :class:`TwilyticsError` where all that is known of it here was given as what it is not."""
    from twilytics.errors import TwilyticsError

    for path in done.damaged:
        tell.note(f"{path} is damaged and could not be searched: look into it, and remove it where it holds what was erased")
    if as_json:
        tell.json(asdict(done))
    else:
        _lines(done)
    if done.n_authors:
        told = (
            f"{done.n_authors:,} of the IDs that were given as posts' are authors' here, and their posts stay: if authors are meant, "
            f"give the same command again with {instead}"
        )
        if not done.n_known:
            raise TwilyticsError(f"none of the posts that were named is known here: {told}")
        tell.note(f"warning: {told}")


def _lines(done: "Forgotten") -> None:
    rewritten, n_unknown = done.rewritten, done.n_named - done.n_known
    rest = f"; the other {n_unknown:,} were in nothing that is kept here, or are gone already" if n_unknown else ""
    tell.line(f"known      {done.n_known:,} of {done.n_named:,} names and IDs{rest}")
    tell.line(f"rewritten  {rewritten.n_rewritten:,} answers, {rewritten.n_erased:,} entries, posts or people taken out of them")
    tell.line(f"dropped    {rewritten.n_dropped:,} answers as a whole")
    tell.line(f"refined    {done.n_slots:,} slots" if done.n_slots else "refined    nothing, no slot held it")
    tell.line(f"removed    {done.n_files_removed:,} files of older versions in the lake; PostgreSQL is rid of it as well")
    if done.is_report_gone:
        tell.line("removed    the report in HOME, which showed names: `twilytics report` makes it anew")
    tell.line(
        "Backups, archives that were replayed, exports and reports elsewhere, a HOME that was left behind by `twilytics move`, and "
        "a MongoDB's or PostgreSQL's own logs are not reached from here."
    )
