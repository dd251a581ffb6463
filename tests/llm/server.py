"""A server that answers as a test says, and misbehaves in every way that one can: of ours, on 127.0.0.1."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

USAGE = {"prompt_tokens": 40, "completion_tokens": 5, "total_tokens": 45}


@dataclass(frozen=True)
class Seen:
    """One request.

    Attributes:
        path: Its path.
        headers: Its headers, by lower-case name.
        body: Its JSON document.
    """

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


Behaviour = Callable[[BaseHTTPRequestHandler, Seen], None]


def says(
    text: str | None,
    *,
    finish: str | None = "stop",
    refusal: str | None = None,
    usage: object = USAGE,
) -> Behaviour:
    """A reply of the model."""
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if refusal is not None:
        message["refusal"] = refusal
    document: dict[str, Any] = {"choices": [{"index": 0, "message": message, "finish_reason": finish}]}
    if usage is not None:
        document["usage"] = usage
    return sends(200, document)


def sends(status: int, document: object, headers: dict[str, str] | None = None) -> Behaviour:
    """Any document with any status; bytes and texts go as they are."""
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    return lambda handler, _: _send(handler, status, content, headers or {})


def fails(status: int, message: str = "no", headers: dict[str, str] | None = None, **error: object) -> Behaviour:
    """An error as OpenAI describes it."""
    return sends(status, {"error": {"message": message, **error}}, headers)


def hangs(seconds: float) -> Behaviour:
    """Says nothing for so long."""
    return lambda handler, _: time.sleep(seconds)


def trickles(seconds: float, every: float = 0.05) -> Behaviour:
    """Sends a byte of its body now and then, so that no single read ever takes long."""

    def trickle(handler: BaseHTTPRequestHandler, _: Seen) -> None:
        _head(handler, 200, 10**6, {})
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(every)

    return trickle


def cuts(before: bytes = b'{"choices": [') -> Behaviour:
    """Ends the connection in the middle of its body; before any byte where there is none."""

    def cut(handler: BaseHTTPRequestHandler, _: Seen) -> None:
        if before:
            _head(handler, 200, 10**4, {})
            handler.wfile.write(before)
            handler.wfile.flush()
        handler.close_connection = True
        handler.connection.close()

    return cut


def floods(size: int) -> Behaviour:
    """Sends a body of so many bytes."""
    return lambda handler, _: _send(handler, 200, b" " * size, {})


def without_schema(then: Behaviour, *kinds: str, status: int = 400) -> Behaviour:
    """Refuses what has a schema, of these kinds or any, and does something else otherwise."""
    refuse = fails(status, "response_format: not supported")

    def answer(handler: BaseHTTPRequestHandler, seen: Seen) -> None:
        kind = seen.body.get("response_format", {}).get("type")
        (refuse if kind is not None and kind in (kinds or (kind,)) else then)(handler, seen)

    return answer


def _head(handler: BaseHTTPRequestHandler, status: int, length: int, headers: dict[str, str]) -> None:
    handler.send_response(status)
    for name, value in {"content-type": "application/json", "content-length": str(length), **headers}.items():
        handler.send_header(name, value)
    handler.end_headers()


def _send(handler: BaseHTTPRequestHandler, status: int, content: bytes, headers: dict[str, str]) -> None:
    _head(handler, status, len(content), headers)
    handler.wfile.write(content)


@dataclass
class Server:
    """The server, in a thread; used in a ``with`` block.

    Attributes:
        script: What it does, one for each request; the last goes on for ever.
        seen: The requests so far.
    """

    script: list[Behaviour] = field(default_factory=lambda: [says("25.6")])
    seen: list[Seen] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def does(self, *script: Behaviour) -> None:
        """What it does from now on; what it has seen is forgotten."""
        self.script, self.seen = list(script), []

    def texts(self) -> list[str]:
        """The last message of each request."""
        return [seen.body["messages"][-1]["content"] for seen in self.seen]

    def __enter__(self) -> Server:
        owner, guard = self, threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                """Nothing is said on stderr."""

            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers.get("content-length", 0)))
                seen = Seen(self.path, {k.lower(): v for k, v in self.headers.items()}, json.loads(content))
                with guard:
                    owner.seen.append(seen)
                    behaviour = owner.script.pop(0) if len(owner.script) > 1 else owner.script[0]
                try:
                    behaviour(self, seen)
                except OSError:
                    # whoever asked has gone
                    self.close_connection = True

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
