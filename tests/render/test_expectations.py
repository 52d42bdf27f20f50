import json
from dataclasses import replace

import pytest

from tests import valid
from twilytics import quality
from twilytics.generate import ROOT, judged_tables
from twilytics.gold import change_rate, trends
from twilytics.render import expectations
from twilytics.schema import Check, Column, Table

BARE = Table("gold.bare", "One column.", ("place",), (Column("place", "string", "Where."),), time=None)


def stated(table: Table) -> list[str]:
    return [rule.says for rule in expectations.rules(table)]


def test_the_rules_of_a_table_in_words() -> None:
    assert stated(change_rate.TABLE) == [
        "the columns must be place, slot, n_topics, n_new, n_gone, change_rate",
        "place must not be NULL",
        "slot must not be NULL",
        "n_topics must not be NULL",
        "n_topics must be at least 1",
        "n_new must be at least 0",
        "n_gone must be at least 0",
        "change_rate must be from 0 to 1",
        "change_rate must not be -0",
        "change_rate must be a finite number",
        "place, slot must be unique together",
        "new_within_topics must hold (n_new IS NULL OR n_new <= n_topics)",
        "known_together must hold ((n_new IS NULL) = (change_rate IS NULL) AND (n_gone IS NULL) = (change_rate IS NULL))",
    ]
    assert "place, slot, topic must be unique together" in stated(trends.TABLE)


@pytest.mark.parametrize(
    ("column", "says"),
    [
        (
            Column("x", "double", "", minimum=0, maximum=1),
            {"x must not be NULL or NaN", "x must be from 0 to 1", "x must not be -0"},
        ),
        (Column("x", "double", "", maximum=0.5), {"x must not be NULL or NaN", "x must be at most 0.5", "x must be a finite number"}),
        (Column("x", "double", "", nullable=True), {"x must be a finite number"}),
        (Column("x", "bigint", "", nullable=True, minimum=-1), {"x must be at least -1"}),
        (Column("x", "boolean", "", nullable=True), set()),
    ],
)
def test_a_columns_rules_hold_what_its_type_does_not(column: Column, says: set[str]) -> None:
    told = set(stated(replace(BARE, columns=(*BARE.columns, column)))) - set(stated(BARE))
    assert {sentence for sentence in told if not sentence.startswith("the columns")} == says


def test_severity_reason_and_expression_go_into_the_suite() -> None:
    check = Check("short", "length(place) < 10", "Keys are short.", breaks={"place": "x" * 10}, severity="warn")
    noted = Column("x", "bigint", "", severity="note")
    suite = expectations.suite(replace(BARE, columns=(*BARE.columns, noted), checks=(check,)))
    by_rule = {found["meta"]["rule"]: found for found in suite["expectations"]}
    assert by_rule["x.not_null"]["severity"] == "info"
    assert by_rule["short"] == {
        "type": "expect_column_values_to_be_in_set",
        "kwargs": {"column": "check_short", "value_set": [True]},
        "severity": "warning",
        "description": "short must hold (length(place) < 10)",
        "notes": "Keys are short.",
        "meta": {"rule": "short", "severity": "warn", "expression": "(length(place) < 10) IS NOT FALSE"},
    }
    assert suite["meta"]["tags"] == {"check_short": "(length(place) < 10) IS NOT FALSE"}


@pytest.mark.parametrize("table", judged_tables(), ids=lambda table: table.name)
def test_the_committed_suites_are_what_great_expectations_reads_and_runs(table: Table) -> None:
    quality.warm_up()  # without telemetry
    import great_expectations as gx

    told = json.loads((ROOT / "expectations" / f"{table.name}.json").read_text(encoding="utf-8"))
    suite = gx.ExpectationSuite(**told)
    rows = valid.rows(table, valid.row(table)).to_pandas()
    for tag in told["meta"]["tags"]:
        rows[tag] = True
    batches = (
        gx.get_context(mode="ephemeral").data_sources.add_pandas("p").add_dataframe_asset("a").add_batch_definition_whole_dataframe("b")
    )
    outcome = batches.get_batch({"dataframe": rows}).validate(suite)
    assert outcome.success
    assert len(outcome.results) == len(told["expectations"]) > 3
