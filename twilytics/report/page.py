"""The whole page, from a lake and its ledger."""

import base64
import hashlib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import jinja2
from altair.utils.schemapi import debug_mode

from twilytics import durable
from twilytics.observatory import Observatory
from twilytics.report import dictionary, panels, state
from twilytics.report.diagram import diagram
from twilytics.report.facts import MOST_PLACES, Facts
from twilytics.report.names import shown
from twilytics.tables import definitions

STYLE = "style.css"
TEMPLATE = "page.html.jinja"


@dataclass(frozen=True)
class Written:
    path: Path
    n_bytes: int


def write(observatory: Observatory, path: Path) -> Written:
    """Write the page, as a whole or not at all. Reads nothing but the lake, its ledger and the spool's listing."""
    facts = Facts(observatory.lake, observatory.ledger, observatory.spool.waiting())
    try:
        # Altair holds each part of a chart against its schema as it is made, which takes longer than to draw it; tests do that.
        with debug_mode(False):
            content = page(facts).encode()
    finally:
        facts.close()
    durable.write(path, content)
    return Written(path, len(content))


def page(facts: Facts) -> str:
    """The page: the same for the same lake."""
    tables = [definition.table for definition in definitions().values()]
    style = _own(STYLE)
    has_captures = facts.newest is not None
    return _environment().from_string(_own(TEMPLATE)).render(
        style=style,
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        notice=facts.notice,
        newest=facts.newest,
        state=state.state(facts) if has_captures else None,
        waiting=facts.waiting,
        in_vain=state.in_vain(facts),
        n_places=facts.n_places,
        most_places=MOST_PLACES,
        standing=panels.standing(facts) if has_captures else (),
        metrics=panels.metrics(facts) if has_captures else (),
        more=panels.more(facts) if has_captures else (),
        tables=tables,
        diagram=diagram(tables),
        entries=dictionary.entries(tables, facts.ledger.interval_minutes),
    )  # fmt: skip


def _own(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"ticked": dictionary.ticked, "prose": dictionary.prose, "shown": shown, "address": dictionary.key}
    return environment
