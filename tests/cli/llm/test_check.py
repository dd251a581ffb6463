"""``lpzero llm check``, against a server that misbehaves; the exit codes of the command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from lpzero.cli.main import run
from tests.llm.server import Server, fails, hangs, says, without_schema

CANARY = "sk-canary-0123456789"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    monkeypatch.setattr("lpzero.llm.retries.FIRST_WAIT_S", 0.001)


def check(server: Server, *words: str) -> int:
    """Its exit code."""
    return run(["llm", "check", "--endpoint", server.address, "--model", "m", "--retries", "1", *words])


def test_an_endpoint_that_answers_is_described(llm_server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    llm_server.does(says('{"value": 7}'))
    assert check(llm_server, "--json", "--seed", "3") == 0
    document = json.loads(capsys.readouterr().out)
    assert document.pop("seconds") > 0
    assert document == {
        "schema": 1,
        "endpoint": llm_server.address,
        "model": "m",
        "status": "ok",
        "value": 7.0,
        "right": True,
        "turns": 1,
        "schema_taken": True,
        "tokens": {"input": 40, "output": 5, "estimated": False},
        "notes": [],
    }
    assert llm_server.seen[0].body["seed"] == 3


def test_what_it_lacks_is_said(llm_server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    llm_server.does(without_schema(says("It has 8 layers", usage=None)))
    assert check(llm_server) == 0
    out = capsys.readouterr().out
    assert "the server takes no JSON schema" in out
    assert "estimated: the server says none" in out
    rows = dict(line.split(maxsplit=1) for line in out.splitlines() if line.strip())
    assert (rows["value"].strip(), rows["right"].strip()) == ("8.0", "False")


def test_a_reply_that_is_none_is_exit_4_and_printed_all_the_same(
    llm_server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    llm_server.does(says("no idea"))
    assert check(llm_server, "--json") == 4
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert (document["status"], document["value"], document["turns"]) == ("malformed", None, 3)
    assert captured.err == "lpzero: error: m: expected a number, found 'no idea': try another model\n"


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        (fails(401, f"bad key {CANARY}"), "bad key [key]: check the key"),
        (fails(404, "no model m"), "check --endpoint and --model"),
        (fails(503), "try again later"),
    ],
)
def test_an_endpoint_that_does_not_answer_is_exit_3_in_one_line(
    llm_server: Server, capsys: pytest.CaptureFixture[str], behaviour: Any, words: str
) -> None:
    llm_server.does(behaviour)
    assert check(llm_server) == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("lpzero: error: ")
    assert captured.err.count("\n") == 1
    assert words in captured.err
    assert CANARY not in captured.err


def test_without_a_key_or_an_endpoint_it_says_what_to_give(
    llm_server: Server, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    assert check(llm_server) == 3
    assert "name another one as --key-variable" in capsys.readouterr().err
    llm_server.does(says("7"))
    assert check(llm_server, "--no-key") == 0
    assert "authorization" not in llm_server.seen[0].headers
    assert run(["llm", "check"]) == 2
    assert "--endpoint and --model are missing" in capsys.readouterr().err


def test_an_interrupt_ends_a_call_at_once(llm_server: Server) -> None:
    llm_server.does(hangs(30.0))
    command = [sys.executable, "-m", "lpzero", "llm", "check", "--endpoint", llm_server.address, "--model", "m"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=dict(os.environ))
    deadline = time.monotonic() + 60
    while not llm_server.seen and time.monotonic() < deadline:
        time.sleep(0.02)
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert (process.returncode, err.strip()) == (130, "lpzero: interrupted")
    assert time.monotonic() - started < 10
