"""`export`, as its users have it: by table names, into a folder."""

from pathlib import Path


def test_tables_are_written_where_they_are_wanted_and_unknown_ones_told_with_the_nearest(twilytics, tmp_path: Path):
    assert twilytics("simulate", "--places", "2", "--hours", "3", "--out", str(tmp_path / "a.jsonl.gz")).code == 0
    assert twilytics("replay", str(tmp_path / "a.jsonl.gz")).code == 0
    ended = twilytics("export", "change_rate", "gold.captures", "--out", str(tmp_path / "out"))
    assert ended.code == 0
    assert "change_rate.csv: 6 rows, " in ended.out
    names = ["captures.about.md", "captures.csv", "change_rate.about.md", "change_rate.csv"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == names
    assert "This is simulated data" in (tmp_path / "out" / "captures.about.md").read_text(encoding="utf-8")
    (told,) = twilytics("export", "captures", "--format", "json", "--out", str(tmp_path / "out"), "--json").json
    assert (told["table"], told["n_rows"]) == ("gold.captures", 6)

    unknown = twilytics("export", "tends")
    assert (unknown.code, unknown.out) == (1, "")
    assert unknown.err.startswith("error: no table 'tends' is published. Nearest: trends")
    assert twilytics("export", "trends", "--since", "2026-01-02", "--until", "2026-01-01").err.startswith("error: --since has to be before")
