"""What is erased is watched no more, and no word of it stays in what was told."""

from tests.alerts.conftest import Gold, gold
from twilytics import watching

__all__ = ["gold"]


def test_what_was_erased_is_neither_watched_nor_told_of_any_more(gold: Gold):
    watching.add(gold.dsn, ["#HSV", "HSV Hamburg"])
    gold.do(
        "INSERT INTO ops.alerts VALUES ('watched_topic', '#HSV enters berlin', 'rank 1', now(), now()),"
        " ('watched_topic', 'HSV Hamburg enters berlin', 'rank 2', now(), now()), ('gate_failed', 'gold.trends: x', '#HSV', now(), now())"
    )
    watching.forget(gold.dsn, lambda topic: topic == "hsv")
    assert [one.title for one in watching.listed(gold.dsn)] == ["HSV Hamburg"]
    blank = "not kept, as something was erased"
    assert gold.do("SELECT subject, says FROM ops.alerts ORDER BY subject") == [
        ("HSV Hamburg enters berlin", blank),
        ("gold.trends: x", blank),
    ]
