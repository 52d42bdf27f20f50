"""The entries of every answer, one row each, as they were read.

An answer that cannot be read as a whole has one row with position 0. A row with a `reason` was set aside, wholly
or (`scope` value) in its volume only; promoted entries are kept here and left out of the trends.
"""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pyarrow as pa

from twilytics import columns
from twilytics.bronze import answers
from twilytics.places import place_key
from twilytics.render import arrow
from twilytics.schema import Audit, Check, Column, Table
from twilytics.sources.judgement import FIELDS, judged, not_answered, set_aside
from twilytics.sources.reasons import CALL

# Rows are Python objects for a moment: few at once, as the garbage collector walks through all of them again and again.
ANSWERS_AT_ONCE = 64

TABLE = Table(
    name="silver.entries",
    description=__doc__,
    grain=("answer", "position"),
    columns=(
        columns.ANSWER,
        Column("position", "bigint", "Position in the answer as it came, from 1; 0 stands for the whole answer.", minimum=0),
        columns.SOURCE,
        columns.PLACE,
        columns.SLOT,
        columns.CAPTURED_AT,
        replace(columns.TOPIC, nullable=True),
        replace(columns.TITLE, nullable=True),
        columns.VOLUME,
        Column("is_promoted", "boolean", "Paid for: no trend."),
        Column("scope", "string", "What was set aside: answer, entry or value; call where no answer came; NULL for none.", nullable=True),
        Column("reason", "string", "Why it was set aside.", nullable=True),
        Column("detail", "string", "What exactly was wrong.", nullable=True, identifies="anything"),
    ),
    inputs=(answers.TABLE,),
    checks=(
        Check(
            "topic_or_reason",
            "reason IS NOT NULL OR (topic IS NOT NULL AND title IS NOT NULL)",
            "An entry without a topic that nobody set aside would vanish silently.",
            breaks={"topic": None, "reason": None, "scope": None},
        ),
        Check(
            "scope_with_reason",
            "(scope IS NULL AND reason IS NULL) OR (scope IN ('answer', 'entry', 'value', 'call') AND reason IS NOT NULL)",
            "What was set aside has to say why.",
            breaks={"scope": "entry", "reason": None},
        ),
    ),
    audits=(
        Audit(
            "every_answer_is_read",
            "every answer has to have entries, and every entry its answer",
            """
            WITH landed AS (SELECT DISTINCT time_bucket(getvariable('step'), captured_at, TIMESTAMPTZ '1970-01-01') AS slot, answer
                FROM bronze_answers),
            read AS (SELECT DISTINCT slot, answer FROM silver_entries)
            SELECT slot, left(answer, 12) AS answer, 'never read' AS observed FROM landed ANTI JOIN read USING (answer)
            UNION ALL SELECT slot, left(answer, 12), 'never landed' FROM read ANTI JOIN landed USING (answer)
            """,
            "Nothing that was captured is lost or silently dropped.",
            beside=(answers.TABLE,),
        ),
    ),
)


def transform(answers: pa.Table, *, interval: timedelta) -> pa.Table:
    """Answers in, entries out, in the order of the answers. Each answer's rows depend on it alone."""
    batches = [_batch(batch, interval) for batch in answers.to_batches(max_chunksize=ANSWERS_AT_ONCE) if batch.num_rows]
    return pa.Table.from_batches(batches, schema=arrow.schema(TABLE)).combine_chunks()


def _batch(answers: pa.RecordBatch, interval: timedelta) -> pa.RecordBatch:
    asked = [answers.column(name).to_pylist() for name in ("source", "place_id", "payload", "fault", "detail")]
    found = [
        judged(source, payload) if fault is None else (not_answered(fault, detail) if fault in CALL else set_aside(fault, detail),)
        for source, _, payload, fault, detail in zip(*asked, strict=True)
    ]
    rows = [row for rows_of_answer in found for row in rows_of_answer]
    per_row = dict(zip(FIELDS, zip(*rows, strict=True), strict=True))
    microseconds = answers.column("captured_at").cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())
    per_answer = {
        "answer": answers.column("answer"),
        "source": answers.column("source"),
        "place": pa.array([place_key(source, place_id) for source, place_id in zip(asked[0], asked[1], strict=True)], pa.string()),
        "slot": _floored(microseconds, interval),
        "captured_at": microseconds,
    }
    of_answer = pa.array(np.repeat(np.arange(len(found)), [len(rows_of_answer) for rows_of_answer in found]))
    schema = arrow.schema(TABLE)
    repeated = {name: column.take(of_answer).cast(schema.field(name).type) for name, column in per_answer.items()}
    told = {name: pa.array(values, schema.field(name).type) for name, values in per_row.items()}
    return pa.RecordBatch.from_pydict(repeated | told, schema=schema)


def _floored(microseconds: pa.Array, interval: timedelta) -> pa.Array:
    """:func:`twilytics.slots.floor`, for a column. The remainder is the floor's also before 1970, as Python's is."""
    step = interval // timedelta(microseconds=1)
    values = microseconds.to_numpy(zero_copy_only=False)
    return pa.array(values - np.mod(values, step), pa.int64())
