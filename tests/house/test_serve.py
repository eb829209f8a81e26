"""Server and worker start together, stop together, and say in a sentence why they do not start."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest

from tests.support.running import running

STOPS = [("a terminal's Ctrl-C", signal.SIGINT, True), ("a service manager's stop", signal.SIGTERM, False)]


@pytest.mark.parametrize(("number", "whole_group"), [stop[1:] for stop in STOPS], ids=[stop[0] for stop in STOPS])
def test_a_signal_stops_both_cleanly(tmp_path: Path, number: signal.Signals, whole_group: bool):
    with running(tmp_path) as product:
        product.wait_until_ready()
        assert product.get("/readyz")[0] == 200
        both = product.children()
        assert len(both) == 2
        exit_code, said = product.stop(number=number, whole_group=whole_group)
        assert exit_code == 0, said
        assert "Traceback" not in said
        for pid in both:
            with pytest.raises(ProcessLookupError):
                os.kill(pid, 0)


@pytest.mark.parametrize(("position", "name"), [(0, "server"), (1, "worker")])
def test_neither_goes_on_without_the_other(tmp_path: Path, position: int, name: str):
    with running(tmp_path) as product:
        product.wait_until_ready()
        os.kill(product.children()[position], signal.SIGKILL)
        exit_code, said = product.end()
        assert exit_code == 1
        assert f"The {name} ended by itself (exit code -9), so everything was stopped." in said


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"HOST": "0.0.0.0", "DEMO": "1"}, "DEMO is on and HOST is 0.0.0.0"),
        ({"PORT": "eighty"}, "PORT is 'eighty', but must be a whole number from 1 to 65535."),
        ({"DATABASE_URL": "postgresql://me:secret@127.0.0.1:1/hiring"}, "***@127.0.0.1:1/hiring cannot be used:"),
    ],
    ids=["the demo for everybody", "a wrong setting", "a database that is away"],
)
def test_what_is_wrong_at_the_start_is_one_sentence(tmp_path: Path, settings: dict[str, str], sentence: str):
    with running(tmp_path, **settings) as product:
        exit_code, said = product.end()
        assert exit_code == 1
        assert sentence in said
        assert "Traceback" not in said
        assert "secret" not in said


def test_a_port_in_use_is_named_before_anything_is_started(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with running(tmp_path, PORT=str(port)) as product:
            exit_code, said = product.end()
    assert exit_code == 1
    assert f"Pitchproof cannot listen on 127.0.0.1 port {port}" in said
    assert not (tmp_path / "pitchproof.sqlite").exists()
