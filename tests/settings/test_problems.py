"""How a problem reads."""

from __future__ import annotations

from athena.errors import PluginBroken
from athena.settings.problems import Problem, dotted, nearest, ordered, refusal, unknown


def test_a_problem_is_file_line_key_and_sentence() -> None:
    problem = Problem(("transports", "http", "prot"), "unknown key; expected one of: host, port, tls", "aiges.toml", 3)
    assert str(problem) == "aiges.toml:3: transports.http.prot: unknown key; expected one of: host, port, tls"


def test_what_is_not_known_is_left_out() -> None:
    assert str(Problem((), "no such file", "x.toml")) == "x.toml: no such file"
    assert str(Problem(("config", "size"), "expected int, got a table")) == "config.size: expected int, got a table"


def test_a_path_reads_as_in_a_toml() -> None:
    assert dotted(("services", "*", "remote")) == 'services."*".remote'
    assert dotted(("services", "a", "guards", "[1]")) == "services.a.guards[1]"
    assert dotted(("a b", "")) == '"a b".""'


def test_the_closest_of_a_few_is_left_to_the_eye_and_of_many_is_named() -> None:
    assert unknown("key", "prot", ("host", "port", "tls")) == "unknown key; expected one of: host, port, tls"
    many = ("host", "port", "tls", "cert", "key", "pages")
    assert unknown("key", "prot", many).endswith("cert, key, pages; did you mean: port")
    assert unknown("key", "zzzz", many).endswith("cert, key, pages")
    assert unknown("key", "any", ()) == "unknown key; none is expected here"


def test_nothing_is_near_to_what_is_far() -> None:
    assert nearest("transprots", ("transports", "services")) == "transports"
    assert nearest("database", ("transports", "services")) == ""


def test_problems_are_in_the_order_of_the_file_and_each_once() -> None:
    later, first = Problem(("b",), "x", "f", 9), Problem(("a",), "y", "f", 10)
    assert ordered([first, later, first]) == (later, first)


def test_a_refused_plugin_is_the_problem_of_the_key_that_names_it() -> None:
    broken = PluginBroken("tracing has no such hook", plugin="middleware.tracing")
    assert str(refusal(broken)) == "middleware: tracing has no such hook"
    assert str(refusal(PluginBroken("no", plugin="wrappers.echo"))) == "wrapper: no"
    assert str(refusal(PluginBroken("the worker left"))) == "wrapper: the worker left"
