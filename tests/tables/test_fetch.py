"""Downloads, from a small server on this machine."""

from __future__ import annotations

import hashlib
import re
import socket
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from lpzero.errors import InputError, LpzeroError, MissingError
from lpzero.progress import Progress
from lpzero.tables import fetch, get_entry
from lpzero.tables.published import registry

FILES = {
    "lts/random_GPT2_wt103/ppl_summary.yaml": b"one: 1\n",
    "lts/random_GPT2_wt103/config_0/j0/model_config.yaml": b"two: 2\n",
    "lts/random_GPT2_wt103/config_0/j1/model_config.yaml": b"three: 3\n",
}


class Server(ThreadingHTTPServer):
    """Serves what is in ``content``, and remembers every path that was asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = {"/up/" + file.partition("/")[2]: body for file, body in FILES.items()}
        self.asked: list[str] = []
        self.answers = threading.Event()
        self.answers.set()

    @property
    def base(self) -> str:
        """The address that stands for the pinned upstream folder."""
        return f"http://127.0.0.1:{self.server_port}/up/"


class Handler(BaseHTTPRequestHandler):
    """Answers 404 for what is not in the server's content."""

    server: Server

    def do_GET(self) -> None:
        """Answer with the content, once the server lets it."""
        self.server.asked.append(self.path)
        self.server.answers.wait(timeout=10)
        body = self.server.content.get(self.path)
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *args: object) -> None:
        """Keep the output of the tests clean."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, a table of three files, and no proxy between the test and its server."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("LPZERO_HOME", str(tmp_path))
    digests = {file: hashlib.sha256(body).hexdigest() for file, body in FILES.items()}
    monkeypatch.setattr(registry, "_registry", lambda: digests)
    return tmp_path / "tables"


def present(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_every_file_arrives_in_the_upstream_layout(server: Server, cache: Path) -> None:
    assert fetch("gpt2-wt103", base=server.base) == cache
    assert present(cache) == FILES


def test_files_that_are_there_are_not_asked_for_again(server: Server, cache: Path) -> None:
    del server.content["/up/random_GPT2_wt103/config_0/j1/model_config.yaml"]
    with pytest.raises(MissingError):
        fetch("gpt2-wt103", base=server.base)
    assert len(present(cache)) == 2
    server.content["/up/random_GPT2_wt103/config_0/j1/model_config.yaml"] = b"three: 3\n"
    server.asked.clear()
    fetch("gpt2-wt103", base=server.base)
    assert server.asked == ["/up/random_GPT2_wt103/config_0/j1/model_config.yaml"]
    fetch("gpt2-wt103", base=server.base)
    assert len(server.asked) == 1
    assert present(cache) == FILES


def test_a_damaged_file_is_downloaded_again(server: Server, cache: Path) -> None:
    fetch("gpt2-wt103", base=server.base)
    (cache / "lts/random_GPT2_wt103/ppl_summary.yaml").write_bytes(b"one: 1")
    fetch("gpt2-wt103", base=server.base)
    assert present(cache) == FILES
    assert len(server.asked) == 4


def test_another_file_than_the_pinned_one(server: Server, cache: Path) -> None:
    server.content["/up/random_GPT2_wt103/ppl_summary.yaml"] = b"other: 1\n"
    with pytest.raises(MissingError, match="its SHA-256 is not the pinned one") as caught:
        fetch("gpt2-wt103", base=server.base)
    assert_helps(str(caught.value), server.base)
    assert present(cache) == {}


def test_a_file_that_the_server_does_not_have(server: Server, cache: Path) -> None:
    server.content.clear()
    with pytest.raises(MissingError, match="the server answered 404 Not Found") as caught:
        fetch("gpt2-wt103", base=server.base)
    assert_helps(str(caught.value), server.base)
    assert len(server.asked) == 1
    assert present(cache) == {}


def test_nobody_listens(cache: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{free.getsockname()[1]}/up/"
        with pytest.raises(MissingError, match=r"no connection, or it broke \(ConnectionError\)") as caught:
            fetch("gpt2-wt103", base=base)
    assert_helps(str(caught.value), base)
    assert not cache.exists() or present(cache) == {}


def test_a_server_that_does_not_answer(server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["lpzero.tables.fetch"], "TIMEOUT_S", 0.05)
    server.answers.clear()
    start = time.perf_counter()
    with pytest.raises(MissingError, match=r"no answer in 0\.05 s"):
        fetch("gpt2-wt103", base=server.base)
    assert time.perf_counter() - start < 2.0
    server.answers.set()
    assert present(cache) == {}


def test_an_unreachable_proxy(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free.getsockname()[1]}")
        monkeypatch.setenv("no_proxy", "")
        with pytest.raises(MissingError, match="the proxy refused or could not be reached"):
            fetch("gpt2-wt103", base="http://upstream.invalid/up/")
    assert server.asked == []


def test_a_cache_that_cannot_be_written(server: Server, cache: Path) -> None:
    cache.write_text("a file where the folder should be")
    with pytest.raises(LpzeroError, match=r"expected a cache folder that can be written, found .*LPZERO_HOME"):
        fetch("gpt2-wt103", base=server.base)
    assert server.asked == []


def test_an_unknown_table() -> None:
    with pytest.raises(InputError, match="unknown table 'imagenet'"):
        fetch("imagenet")


def test_nothing_is_printed_and_whoever_watches_is_told(server: Server, capfd: pytest.CaptureFixture[str]) -> None:
    told: list[Progress] = []
    fetch("gpt2-wt103", watch=told.append, base=server.base)
    assert [one.facts for one in told] == ["1/3 files", "2/3 files", "3/3 files"]
    assert {one.step for one in told} == {"fetching gpt2-wt103"}
    assert told[-1].share == 1.0
    assert capfd.readouterr() == ("", "")


def test_the_timeout_is_short() -> None:
    assert sys.modules["lpzero.tables.fetch"].TIMEOUT_S == 10.0
    published = get_entry("gpt2-wt103").published
    assert published is not None
    assert published.base.startswith("https://")


def test_what_comes_with_the_package_is_not_fetched() -> None:
    assert fetch("gpt2-own", base="http://nowhere.invalid/").name == "gpt2-own"


def assert_helps(message: str, base: str) -> None:
    assert "\n" not in message
    assert re.search(rf"could not download {re.escape(base)}random_GPT2_wt103/\S+: ", message)
    assert message.endswith(
        "check the network and the proxy settings, or put the upstream files into $LPZERO_DATA, "
        "this one as lts/random_GPT2_wt103/ppl_summary.yaml"
    )
