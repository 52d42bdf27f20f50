"""Which commands there are. Their modules are loaded when they are called, so that `--help` answers at once."""

from itertools import count

from cyclopts import App, Group, Parameter

WHAT = """An open trend observatory: what trends where, how fast it changes, who is first.

Settings are read from TWILYTICS_* in the environment or in .env; README.md lists them. Every command takes --debug."""


def released() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("twilytics")
    except PackageNotFoundError:  # run from a folder that was never installed
        return "unreleased"


app = App(
    name="twilytics",
    help=WHAT,
    help_epilogue="Example: twilytics demo",
    help_format="plaintext",
    version=released,
    default_parameter=Parameter(show_default=False),  # flags are off; other defaults stand in the help
)

PIPELINE = Group("The pipeline", sort_key=1)
CAPTURE = Group("Answers in", sort_key=2)
READING = Group("What came of it", sort_key=3)
SETUP = Group("Setting up", sort_key=4)
_order = count()


def _add(path: str, group: Group, told: str, example: str, *, name: str = "") -> None:
    app.command(
        f"twilytics.cli.{path}",
        name=name or path.rpartition(":")[2],
        group=group,
        help=told,
        help_epilogue=f"Example: {example}",
        sort_key=next(_order),
    )


_add(
    "pipeline:demo",
    PIPELINE,
    """Fill a fresh HOME with a simulated fortnight of German cities and run everything on it.

    Nothing in it is real, and every topic's name says so. Ends with where everything is and what to type next.""",
    "twilytics demo",
)
_add(
    "pipeline:run",
    PIPELINE,
    """Run one cycle: catch up whatever is unfinished, check it and publish it.

    Goes on from its own watermarks, so it may be stopped and repeated at any time. What takes long comes last, slice by slice.""",
    "twilytics run --no-land",
)
_add(
    "pipeline:backfill",
    PIPELINE,
    """Compute a range of time again, from the answers as they were landed.

    Slice by slice, so that cycles come in between. Without a range, goes on with what was put off. --plan only tells what it takes.""",
    "twilytics backfill --since 2020-07-01 --until 2020-08-01",
)
_add(
    "pipeline:maintain",
    PIPELINE,
    """Join the lake's small files, remove old versions after TWILYTICS_RETENTION_HOURS, vacuum PostgreSQL.

    No result changes. `twilytics serve` does it daily.""",
    "twilytics maintain",
)
_add(
    "erasing:forget",
    PIPELINE,
    """Erase topics, posts or authors from every layer, at once and for good.

    A replay does not bring them back. What other people wrote about them stays.""",
    "twilytics forget --tweet 1276035977375477760",
)
_add(
    "erasing:comply",
    PIPELINE,
    """Erase what a compliance job of X lists: its result, or a file of IDs, one a line.

    Where a line can't be read, nothing is erased, and every such line is told.""",
    "twilytics comply results.jsonl",
)
_add(
    "pipeline:serve",
    PIPELINE,
    """Run the cycle every interval, with Prefect's pages to watch it, until Ctrl-C.

    Runs that became due while it was busy or down are folded into one. Other commands of the same HOME show up there too.""",
    "twilytics serve --port 4200",
)
_add(
    "deploying:deploy",
    PIPELINE,
    """Have a Prefect server (PREFECT_API_URL) know the flows, schedules and work queues of deployments/prefect.yaml.

    What is of ours there and no longer in that file is removed. Workers of the pool then run what is due.""",
    "twilytics deploy --to process --dry-run",
)
_add(
    "asking:land",
    CAPTURE,
    """Ask the source once for the current slot, and land what it answers. The next cycle does the rest.

    Places that the slot has already are not asked for again.""",
    "twilytics land --source mastodon --place mastodon.social",
)
_add(
    "asking:plan",
    CAPTURE,
    """Tell what following these places comes to in a month: calls, share of the rate limit, cost, rows.

    Nothing is asked or spent.""",
    "twilytics plan --place berlin --place hamburg --interval 60",
)
_add(
    "capture:replay",
    CAPTURE,
    """Land archived answers (JSON Lines, plain or gzip) and run the rest of the cycle for them.

    Again and in any order is harmless: an answer that is there already adds nothing.""",
    "twilytics replay answers-2020.jsonl.gz answers-2021.jsonl.gz",
)
_add(
    "capture:simulate",
    CAPTURE,
    """Write an archive of simulated answers: the same options give the same file.

    Every topic's name says that it is simulated.""",
    "twilytics simulate --places 12 --hours 336 --out simulated.jsonl.gz",
)
_add(
    "reading:query",
    READING,
    """Ask the published tables, in SQL. The database lets this command read only.""",
    'twilytics query "SELECT * FROM gold.batches" --format csv',
)
_add(
    "reading:status",
    READING,
    """Tell what is captured, refined and published up to when, what is missing and what was set aside.""",
    "twilytics status --json",
)
_add(
    "reporting:report",
    READING,
    """Write one HTML page that says how it stands, what came of it, and what each number means. It opens offline.

    The same lake gives the same page, byte for byte. It reads the lake alone.""",
    "twilytics report --out report.html",
)
_add(
    "exporting:export",
    READING,
    """Write published tables to files, each with a page that says what it is, what is missing and how to cite it.

    All files are of one publication, and none has its name before it is whole.""",
    "twilytics export change_rate trends --format parquet",
)
_add(
    "differing:diff",
    READING,
    """Tell what changed between two versions of a gold table in the lake: rows, columns, and by how much.

    Each write is a version: without V1 and V2 it is what the last one changed.""",
    "twilytics diff trend_equality 3 5",
)
app.command(
    "twilytics.cli.quarantine:app",
    name="quarantine",
    group=READING,
    help="""Tell what was set aside and why: list counts it, show shows it as it came.

    After a fix, retry tries it again; drop takes out what nobody will fix.""",
    sort_key=next(_order),
)
app.command(
    "twilytics.cli.watching:app",
    name="watch",
    group=READING,
    help="""Tell of a topic when it enters a place's list, peaks there or leaves it: add, list, remove.

    What is told, and to whom, is what TWILYTICS_ALERTS or Grafana says.""",
    sort_key=next(_order),
)
_add(
    "reading:places",
    READING,
    """Search the places that can be followed.""",
    "twilytics places germany",
)
_add(
    "doctor:doctor",
    SETUP,
    """Check Java, the stores, the lake, credentials and the clock, and say what to mend.""",
    "twilytics doctor",
)
_add(
    "migrating:migrate",
    SETUP,
    """Bring the database of TWILYTICS_POSTGRES_DSN up to date, as its owner: tables, roles and rights. Again is harmless.

    A publication does it too where its user may. Passwords of the other two roles are set from files.""",
    "twilytics migrate --publisher-password-file publisher.txt --reader-password-file reader.txt",
)
_add(
    "moving:move",
    SETUP,
    """Move the observatory's answers, lake or database, or several of them, to where they are given, and compare both sides.

    Stopped or killed, the same command goes on. The source stays as it is.""",
    "twilytics move --to-mongodb file:mongodb.txt --to-lake gs://bucket/prefix --to-postgres file:postgres.txt",
)
_add(
    "completion:install",
    SETUP,
    "Let the shell complete commands and options (bash, zsh, fish).",
    "twilytics --install-completion",
    name="--install-completion",
)
