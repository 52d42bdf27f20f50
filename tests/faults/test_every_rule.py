"""Every rule over several tables, or over time, has a fault that is planted in real data and that it alone is meant for."""

from tests.faults import test_in_answers, test_in_hours, test_in_tables
from twilytics.generate import judged_tables

PLANTED = [
    *(expected for _, expected in test_in_answers.FAULTS.values()),
    *(expected for _, expected in test_in_hours.FAULTS.values()),
    *(expected for *_, expected in test_in_tables.FAULTS.values()),
    test_in_hours.UNLIKE,
]


def test_every_audit_has_a_planted_fault_that_names_it():
    declared = {(table.name, audit.name) for table in judged_tables() for audit in table.audits}
    assert declared - {rule for expected in PLANTED for rule in expected} == set()


def test_there_are_thirty_planted_faults_and_more():
    assert len(PLANTED) + len(test_in_answers.SET_ASIDE) >= 30
