"""The artifact of a cycle."""

from flows.report import KEY, told
from twilytics import report
from twilytics.observatory import Observatory
from twilytics.settings import Settings


def links(observatory: Observatory, monkeypatch) -> str:
    """What the artifact of a cycle that did nothing says of where things are."""
    written = []
    monkeypatch.setattr("flows.report.create_markdown_artifact", lambda **artifact: written.append(artifact))
    monkeypatch.setattr("flows.report.markdown", lambda _: "")
    monkeypatch.setattr("flows.report.summary", lambda _: "")
    with told(observatory) as tell:
        tell(None)
    ((artifact),) = written
    assert artifact["key"] == KEY
    return artifact["markdown"]


def test_the_artifact_names_the_report_where_one_was_written(tmp_path, monkeypatch):
    path = report.usual_path(tmp_path)
    with Observatory(Settings(home=tmp_path, _env_file=None)) as observatory:
        assert "report:" not in links(observatory, monkeypatch)
        path.touch()
        assert f"- report: ` {path} `" in links(observatory, monkeypatch)
