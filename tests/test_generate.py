from pathlib import Path

from twilytics import generate


def test_the_committed_files_are_what_the_declarations_generate() -> None:
    assert generate.stale() == []


def test_generating_twice_changes_nothing(tmp_path: Path) -> None:
    assert generate.write(tmp_path) == sorted(path for path, _ in generate.files())
    written = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert generate.write(tmp_path) == []
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == written


def test_what_is_edited_missing_or_left_over_is_stale_and_mended(tmp_path: Path) -> None:
    generate.write(tmp_path)
    (tmp_path / "expectations/README.md").write_text("by hand", encoding="utf-8")
    (tmp_path / "deployments/postgres/schema.sql").unlink()
    (tmp_path / "expectations/gold.renamed.json").write_text("{}", encoding="utf-8")
    (tmp_path / "deployments/postgres/roles.sql").write_text("by hand, and nobody else's", encoding="utf-8")
    outdated = ["deployments/postgres/schema.sql", "expectations/README.md", "expectations/gold.renamed.json"]
    assert generate.stale(tmp_path) == outdated
    assert generate.write(tmp_path) == outdated
    assert generate.stale(tmp_path) == []
    assert (tmp_path / "deployments/postgres/roles.sql").exists()


def test_the_check_names_what_is_stale_and_fails(tmp_path: Path, capsys) -> None:
    assert generate.main(["--check"], tmp_path) == 1
    assert "expectations/gold.trends.json" in capsys.readouterr().err
    assert generate.main([], tmp_path) == 0
    assert "expectations/gold.trends.json\n" in capsys.readouterr().out
    assert generate.main(["--check"], tmp_path) == 0
    assert generate.main(["--chekc"], tmp_path) == 2
