"""A real small instruct model behind a real OpenAI-compatible server on this machine, from end to end."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lpzero.cli.main import run
from lpzero.llm import Access, Ceilings, Endpoint, Number, Numbers, ReplyStatus, Request, fill

TOOL = Path(__file__).resolve().parents[3] / "shared" / "tools" / "local-llm"
pytestmark = pytest.mark.slow

STARTS_S = 120.0


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where the model is; skips where the tool, or the environment that it makes in many minutes, is not there."""
    environment = Path(os.environ.get("LPZERO_LLM_ENV") or Path.home() / ".cache" / "lpzero-local-llm")
    if not TOOL.exists():
        pytest.skip(f"no tool in {TOOL}, which serves a small model")
    if not (environment / "ready").exists():
        pytest.skip(f"no model in {environment}: run `{TOOL} serve 8000` once, or name its folder in LPZERO_LLM_ENV")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # of threads that wait for each other each reply takes minutes where others work
    alone = {**os.environ, "N_THREADS": "1", "N_THREADS_BATCH": "1"}
    server = subprocess.Popen(
        [str(TOOL), "serve", str(port)], env=alone, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + STARTS_S
        while not _listens(port):
            assert server.poll() is None, "the server ended"
            assert time.monotonic() < deadline, "the server does not start"
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.terminate()
        server.wait(timeout=30)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def _access(address: str, folder: Path, calls: int | None = None) -> Access:
    endpoint = Endpoint(address, "smollm2", key_variable=None, max_tokens=40, timeout=120.0)
    return Access(endpoint, cache=folder / "c.sqlite", ledger=folder / "l.jsonl", ceilings=Ceilings(calls=calls))


TEMPLATE = "You estimate the BLEU score of a translation model.\n\n$rows\n\nDecoder layers: $layers\nBLEU: "
ROWS = "Decoder layers: 1\nBLEU: 24.5\n\nDecoder layers: 2\nBLEU: 25.4\n\nDecoder layers: 3\nBLEU: 25.9"


def test_a_real_model_gives_numbers_in_the_range_and_a_second_run_calls_nobody(address: str, tmp_path: Path) -> None:
    requests = [Request.of([fill(TEMPLATE, {"layers": n}, {"rows": ROWS})], Number(0, 100, "BLEU")) for n in (1, 2, 3)]
    with _access(address, tmp_path).open() as model:
        replies = model.ask_all(requests)
        spent = model.ledger.spent
    assert [reply.status for reply in replies] == [ReplyStatus.OK] * 3
    assert all(0 <= reply.value <= 100 for reply in replies)
    assert spent.usage.tokens > 100
    assert not spent.usage.estimated
    with _access(address, tmp_path, calls=spent.calls).open() as model:
        again = model.ask_all(requests)
        assert model.ledger.spent == spent
    assert [(reply.value, reply.source) for reply in again] == [(reply.value, "cache") for reply in replies]


def test_several_numbers_are_those_asked_for_or_have_a_status(address: str, tmp_path: Path) -> None:
    expected = Numbers(("a1", "a2"), 0, 100)
    prompt = f"{ROWS}\n\nEstimate BLEU for a1 (1 decoder layer) and a2 (3 decoder layers). {expected.instruction}"
    with _access(address, tmp_path).open() as model:
        reply = model.ask(Request.of([prompt], expected))
    assert reply.ok == (reply.value is not None)
    assert reply.turns <= 3


def test_check_describes_the_server(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["llm", "check", "--endpoint", address, "--model", "smollm2", "--no-key", "--json"])
    document = json.loads(capsys.readouterr().out)
    assert code == 0
    assert document["status"] == "ok"
    assert not document["tokens"]["estimated"]
