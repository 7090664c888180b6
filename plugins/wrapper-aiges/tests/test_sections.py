"""Upstream's tables, key by key where a key has a meaning of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from athena.errors import SettingsError
from athena_wrapper_aiges.moves import Moves
from athena_wrapper_aiges.sections import SECTIONS, service_keys


def read(name: str, table: dict[str, object], folder: str = ".") -> Moves:
    moves = Moves({}, "it", folder)
    SECTIONS[name](moves, name, table)
    return moves


def test_the_plugins_command_names_an_interpreter_where_it_has_one_of_its_own() -> None:
    moves = read("aiges", {"pythonPluginCmd": f"{sys.executable} -m aiges.serve"})
    assert moves.tables["services"]["it"]["python"] == sys.executable
    assert read("aiges", {"pythonPluginCmd": "/usr/bin/env python -m aiges.serve"}).tables == {}


def test_asynchronous_results_are_callbacks() -> None:
    assert read("aiges", {"asyncMode": True}).tables["services"]["it"]["config"]["aiges"] == {"results": "callback"}
    assert read("aiges", {"asyncMode": False}).tables == {}


def test_a_librarys_options_stand_in_its_own_hosts_table() -> None:
    moves = Moves({"services": {"it": {"wrapper": "./libwrapper.so"}}}, "it", ".")
    SECTIONS["aiges"](moves, "aiges", {"asyncMode": False, "realTimeRlt": False, "headerPass": "uid"})
    native = {"asynchronous": False, "realtime": False, "header_pass": ["uid"]}
    assert moves.tables["services"]["it"]["config"] == {"native": native}
    assert read("aiges", {"realTimeRlt": False}).tables == {}


def test_headers_to_pass_come_from_the_key_and_from_the_file(tmp_path: Path) -> None:
    (tmp_path / "headerPass.wrapper").write_text("device_id\n\n")
    moves = read("aiges", {"headerPass": "uid; appid"}, str(tmp_path))
    assert moves.tables["services"]["it"]["config"]["aiges"]["header_pass"] == ["uid", "appid", "device_id"]


def test_a_configuration_of_its_own_is_read_flat_and_refused_where_it_cannot(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('[model]\nname = "m"\nsize = 3\n')
    moves = read("aiges", {"usrCfg": "own.toml"}, str(tmp_path))
    assert moves.tables["services"]["it"]["config"] == {"model.name": "m", "model.size": "3"}
    with pytest.raises(SettingsError, match=r"none\.toml cannot be read"):
        read("aiges", {"usrCfg": "none.toml"}, str(tmp_path))


def test_a_licence_is_concurrency_without_a_queue() -> None:
    moves = read("fc", {"max": 4, "ttl": 2500})
    assert moves.tables["services"]["it"] == {"max_concurrency": 4, "max_sessions": 4, "threads": 4, "queue": 0}
    assert moves.tables["kernel"]["limits"]["idle_timeout"] == 2.5


@pytest.mark.parametrize(("level", "expected"), [("warn", "warning"), ("fatal", "error"), ("odd", "odd")])
def test_levels_of_the_log_have_our_names(level: str, expected: str) -> None:
    assert read("log", {"level": level}).tables["log"]["level"] == expected


def test_the_services_own_table_says_where_the_rpc_is_served() -> None:
    moves = Moves({}, "it", ".")
    service_keys(moves, "it", {"host": "", "port": 5090, "maxreceive": 10, "odd": 1})
    assert moves.tables["transports"]["grpc"] == {"port": 5090}, "and so on 127.0.0.1"
    assert moves.tables["kernel"]["limits"]["max_message"] == 10
    assert moves.became[-1].text == "not a key upstream reads"
