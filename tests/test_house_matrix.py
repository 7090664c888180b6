"""The matrix takes its axes from the disk and its table from the report."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import house, matrix

REPORT = """<testsuites><testsuite>
<testcase name="test_once[http-thread-echo]" time="0"/>
<testcase name="test_session[http-thread-echo]"><failure message="x"/></testcase>
<testcase name="test_once[zmq-process-echo]"><skipped/></testcase>
<testcase name="test_something_else"/>
</testsuite></testsuites>"""


def test_every_transport_executor_and_wrapper_of_the_disk_is_on_an_axis() -> None:
    axes = matrix.axes(house.ROOT, [])
    assert {"loopback", "http", "grpc", "zmq"} <= set(axes.transports)
    assert {"thread", "process"} <= set(axes.executors)
    assert axes.wrappers == ("echo",)
    listing = axes.listing()
    assert "* http       process    echo" in listing
    assert "  http       process    rapidocr" in listing
    assert axes.env()["ATHENA_MATRIX_WRAPPERS"] == "echo"


def test_a_choice_selects_and_a_name_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    axes = matrix.axes(house.ROOT, ["--transports", "zmq,http", "--wrappers", "rapidocr"])
    assert axes.transports == ("zmq", "http")
    assert axes.env()["ATHENA_MATRIX_WRAPPERS"] == "rapidocr"
    with pytest.raises(SystemExit):
        matrix.axes(house.ROOT, ["--executors", "fiber"])
    assert "--executors: not on the disk: fiber; there are process, thread" in capsys.readouterr().err


def test_a_run_asks_only_for_what_it_chose(tmp_path: Path) -> None:
    axes = matrix.axes(house.ROOT, ["--transports", "zmq,loopback"])
    lines = axes.requirements(house.ROOT, tmp_path).read_text(encoding="utf-8").splitlines()
    assert lines[0] == f"-e {house.ROOT}[cli,testing]"
    assert {line.rpartition("/")[2] for line in lines[1:]} == {"proto", "zmq", "wrapper-echo"}


def test_the_table_counts_every_row_and_hides_no_failure(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(REPORT, encoding="utf-8")
    rows = matrix.read(report)
    assert [(row.name, row.passed, row.failed, row.skipped) for row in rows] == [
        (("", "", "(not one row)"), 1, 0, 0),
        (("http", "thread", "echo"), 1, 1, 0),
        (("zmq", "process", "echo"), 0, 0, 1),
    ]
    assert matrix.render(rows).splitlines()[-1].split() == ["all", "2", "1", "1"]
    assert matrix.render([]).splitlines()[-1].split() == ["all", "0", "0", "0"]
