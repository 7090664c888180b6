"""A configuration's identity: the same text has the same hash, and every one that was taken or refused counts."""

from __future__ import annotations

from pathlib import Path

from athena.kernel.edition import Edition
from athena.models import Document
from athena.telemetry import Metrics


def test_the_hash_is_the_texts_and_the_generation_counts() -> None:
    edition = Edition()
    edition.took(Document("[kernel]\n"))
    first = edition.hash
    edition.took(Document("[log]\n"))
    assert (edition.hash != first, edition.generation) == (True, 2)
    edition.took(Document("[kernel]\n", "another version"))
    assert (edition.hash, edition.generation) == (first, 3)


def test_a_files_origin_is_its_whole_path(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("")
    edition = Edition()
    edition.took(Document("", origin=str(tmp_path / "x" / ".." / "a.toml")))
    assert edition.origin == str(tmp_path / "x" / ".." / "a.toml")  # no such file: as it was given
    (tmp_path / "x").mkdir()
    edition.took(Document("", origin=str(tmp_path / "x" / ".." / "a.toml")))
    assert edition.origin == str(tmp_path / "a.toml")


def test_the_metrics_tell_of_it() -> None:
    metrics, edition = Metrics(), Edition()
    edition.register(metrics)
    edition.took(Document(""))
    edition.refused = 2
    lines = metrics.render().decode().splitlines()
    assert "athena_config_generation 1.0" in lines
    assert f'athena_config_info{{hash="{edition.hash}"}} 1.0' in lines
    assert "# TYPE athena_config_reload_failed_total counter" in lines
    assert "athena_config_reload_failed_total 2.0" in lines
