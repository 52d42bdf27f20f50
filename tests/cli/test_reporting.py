"""`twilytics report`, which needs no server."""

from tests.cli.test_commands import archive, line


def test_a_fresh_home_has_a_report_and_is_still_free_for_the_demo(in_an_empty_folder, tmp_path):
    ended = in_an_empty_folder("report", "--json")
    assert (ended.code, ended.err) == (0, "")
    path = tmp_path / "home" / "report.html"
    assert ended.json == {"path": str(path), "bytes": path.stat().st_size}
    assert [other.name for other in path.parent.iterdir()] == ["report.html"]


def test_the_report_is_written_where_it_is_asked_for_and_says_so(in_an_empty_folder, tmp_path):
    ended = in_an_empty_folder("report", "--out", "here/page.html")
    assert (
        ended.out
        == f"{tmp_path}/here/page.html, {(tmp_path / 'here/page.html').stat().st_size / 1000:,.0f} kB. It opens in any browser, offline.\n"
    )
    assert not (tmp_path / "home").exists()


def test_a_place_that_cannot_be_written_is_told_in_a_line(in_an_empty_folder, tmp_path):
    (tmp_path / "file").touch()
    ended = in_an_empty_folder("report", "--out", "file/page.html")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == f"error: {tmp_path}/file/page.html cannot be written: File exists\n"


def test_a_cycle_that_changes_nothing_leaves_the_report_as_it_was_and_one_that_does_does_not(twilytics, tmp_path):
    path = tmp_path / "home" / "report.html"
    twilytics("replay", archive(tmp_path, line(12), line(13)))
    twilytics("report")
    before = path.read_bytes()
    assert b"Duration of the stages, " in before
    for _ in range(2):
        assert "published  nothing" in twilytics("run", "--no-land").out
        twilytics("report")
        assert path.read_bytes() == before
    twilytics("replay", archive(tmp_path, line(14)))
    twilytics("report")
    assert path.read_bytes() != before


def test_the_report_needs_no_database(twilytics, tmp_path, monkeypatch):
    twilytics("replay", archive(tmp_path, line(12), line(13)))
    monkeypatch.setenv("TWILYTICS_POSTGRES_DSN", "postgresql://nobody@127.0.0.1:1/none")
    monkeypatch.setenv("TWILYTICS_MONGODB_URI", "mongodb://127.0.0.1:1")
    ended = twilytics("report")
    assert ended.code == 0, ended.err
    assert "2020-07-18 13:00" in (tmp_path / "home" / "report.html").read_text(encoding="utf-8")
