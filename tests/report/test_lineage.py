"""Which table and which column comes from which."""

from tests.report.parsed import parsed
from twilytics.report.diagram import HEIGHT, WIDTH, diagram
from twilytics.report.lineage import columns
from twilytics.tables import definitions


def test_a_columns_values_are_followed_to_the_inputs_columns():
    told = columns("gold.captures", 60)
    assert told["captured_at"] == ("silver.snapshots.captured_at",)
    assert columns("gold.topics", 60)["max_volume"] == ("gold.episodes.max_volume", "gold.topic_places.max_volume")


def test_a_count_of_rows_comes_from_no_column():
    assert columns("gold.captures", 60)["n_topics"] == ()


def test_functions_and_what_comes_from_outside_tell_no_columns():
    assert columns("gold.lead_lag", 60) is None
    assert columns("bronze.answers", 60) is None


def test_every_table_is_in_the_diagram_below_its_inputs_and_no_two_boxes_touch():
    tables = [definition.table for definition in definitions().values()]
    root = parsed(str(diagram(tables)))
    boxes = [
        (group.attributes["class"].split()[1], group.text, float(rect.attributes["x"]), float(rect.attributes["y"]))
        for group in root.all("g")
        for rect in group.all("rect")
    ]
    assert sorted(f"{layer}.{name}" for layer, name, _, _ in boxes) == sorted(table.name for table in tables)
    top = {f"{layer}.{name}": y for layer, name, _, y in boxes}
    assert all(top[made_of.name] < top[table.name] for table in tables for made_of in table.inputs)
    for nth, (_, _, x, y) in enumerate(boxes):
        assert x >= 0
        assert not any(abs(x - other_x) < WIDTH and abs(y - other_y) < HEIGHT for _, _, other_x, other_y in boxes[:nth])
