"""What Prefect is told before it is imported: where to record, and to tell nobody else."""

import logging
import os
from logging.handlers import RotatingFileHandler
from pathlib import Path

# Neither Prefect's telemetry nor a temporary server (8 to 13 seconds to start) is ever wanted here.
ALWAYS = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
    "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
    # Other libraries chat through Prefect's console.
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "WARNING",
}

#: Of the server: they write every few seconds what nobody here reads, and SQLite has one writer. Late runs are folded by us.
UNWANTED_SERVICES = ("LATE_RUNS", "FOREMAN", "PAUSE_EXPIRATIONS", "REPOSSESSOR")
LOG_BYTES = 1 << 20


def record_at(url: str) -> None:
    """Let this process record its runs at the API of that URL. To be called before Prefect is imported."""
    os.environ.update(ALWAYS, PREFECT_API_URL=url)


def serve_at(home: Path, host: str, port: int) -> str:
    """Let this process be the server of ``home``, and record there; return the API's URL. Before Prefect is imported."""
    folder = home / "prefect"
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)  # the API has no password, so its database should not be everybody's either
    url = f"http://{host}:{port}/api"
    os.environ.update(
        ALWAYS,
        PREFECT_HOME=str(folder),
        PREFECT_API_URL=url,
        PREFECT_SERVER_API_HOST=host,
        PREFECT_SERVER_API_PORT=str(port),
    )
    for service in UNWANTED_SERVICES:
        os.environ.setdefault(f"PREFECT_SERVER_SERVICES_{service}_ENABLED", "false")
    # By default any page in the user's browser may call the API.
    os.environ.setdefault("PREFECT_SERVER_CORS_ALLOWED_ORIGINS", f"http://{host}:{port},http://localhost:{port}")
    os.environ.setdefault("PREFECT_SERVER_LOGGING_LEVEL", "WARNING")
    return url


def keep_the_pages_in(folder: Path) -> None:
    """Prefect unpacks its pages beside its code; where that is read-only, they go to ``folder``. After Prefect is imported."""
    import prefect

    if not os.access(Path(prefect.__file__).parent / "server", os.W_OK):
        os.environ.setdefault("PREFECT_UI_STATIC_DIRECTORY", str(folder))


def quieten() -> None:
    """What a run logs is kept with the run; the terminal hears of it once, from who ran it. After Prefect is imported."""
    for name in ("prefect.flow_runs", "prefect.task_runs"):
        logging.getLogger(name).propagate = False


def log_to(file: Path) -> None:
    """Let the server log there: pages of traceback for what it then tries again are no news for a terminal. After it was made."""
    handler = RotatingFileHandler(file, maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    for name in ("prefect.server", "uvicorn", "fastapi", "docket"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
