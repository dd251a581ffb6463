"""One attempt, against a server that misbehaves: every fault is a value, and none outlasts its seconds."""

from __future__ import annotations

import builtins
import gzip
import json
import logging
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from lpzero.errors import MissingError
from lpzero.llm.endpoint import Endpoint
from lpzero.llm.failure import Failure, FailureKind
from lpzero.llm.key import Key
from lpzero.llm.reply import Turn, Usage
from lpzero.llm.service import GIVEN_UP, LARGEST_REPLY, OpenAiService
from tests.llm.server import Server, cuts, fails, floods, hangs, says, sends, trickles

CANARY = "sk-canary-0123456789"
BODY: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "BLEU:"}], "max_tokens": 20}


@pytest.fixture
def service(llm_server: Server) -> Iterator[OpenAiService]:
    with OpenAiService(Endpoint(llm_server.address, "m"), Key(CANARY)) as service:
        yield service


def failure(service: OpenAiService, seconds: float = 5.0) -> Failure:
    """What an attempt that fails gives."""
    found = service.attempt(BODY, seconds)
    assert isinstance(found, Failure), found
    assert found.reason.isprintable()
    assert CANARY not in found.reason
    return found


def test_a_reply_is_its_words_and_what_it_took(llm_server: Server, service: OpenAiService) -> None:
    assert service.attempt(BODY, 5) == Turn("25.6", "stop", "", Usage(40, 5))
    (seen,) = llm_server.seen
    assert (seen.path, seen.body) == ("/v1/chat/completions", BODY)
    assert seen.headers["authorization"] == f"Bearer {CANARY}"


def test_without_a_key_none_is_sent_and_nothing_is_taken_from_other_variables(
    llm_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, CANARY)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", f"Authorization: Bearer {CANARY}")
    with OpenAiService(Endpoint(llm_server.address, "m"), Key("")) as service:
        assert isinstance(service.attempt(BODY, 5), Turn)
    assert CANARY not in str(llm_server.seen)
    assert "authorization" not in llm_server.seen[0].headers


@pytest.mark.parametrize(
    ("status", "error", "kind", "again"),
    [
        (401, {"code": "invalid_api_key"}, FailureKind.KEY, False),
        (403, {}, FailureKind.KEY, False),
        (404, {"code": "model_not_found"}, FailureKind.UNKNOWN, False),
        (400, {"param": "temperature"}, FailureKind.PARAMETER, False),
        (422, {}, FailureKind.PARAMETER, False),
        (400, {"code": "content_filter"}, FailureKind.FILTERED, False),
        (429, {}, FailureKind.BUSY, True),
        (429, {"code": "insufficient_quota"}, FailureKind.QUOTA, False),
        (429, {"type": "insufficient_quota"}, FailureKind.QUOTA, False),
        (402, {}, FailureKind.QUOTA, False),
        (408, {}, FailureKind.BUSY, True),
        (500, {}, FailureKind.BUSY, True),
        (503, {}, FailureKind.BUSY, True),
    ],
)
def test_every_status_has_its_kind(
    llm_server: Server, service: OpenAiService, status: int, error: dict[str, str], kind: FailureKind, again: bool
) -> None:
    llm_server.does(fails(status, f"the key {CANARY}\nis \x1b[31mbad", **error))
    found = failure(service)
    assert (found.kind, found.again, found.wait, found.unseen) == (kind, again, None, False)
    assert found.reason == f"HTTP {status}: the key [key] is [31mbad"
    # the client makes no attempt of its own
    assert len(llm_server.seen) == 1


@pytest.mark.parametrize("document", [b"", b"<html>no</html>", b"\xff", b"[]", b'"no"', b'{"error": "no"}', b"{}"])
def test_an_error_may_be_any_document(llm_server: Server, service: OpenAiService, document: bytes) -> None:
    llm_server.does(sends(503, document))
    assert failure(service).kind is FailureKind.BUSY


def test_retry_after_is_read(llm_server: Server, service: OpenAiService) -> None:
    llm_server.does(fails(429, headers={"retry-after": "7"}))
    found = failure(service)
    assert (found.wait, found.reason) == (7.0, "HTTP 429: no (it asks to wait 7 s)")


@pytest.mark.parametrize("behaviour", [hangs(3.0), trickles(3.0)], ids=["hangs", "trickles"])
def test_what_never_ends_is_cut_off(llm_server: Server, service: OpenAiService, behaviour: Any) -> None:
    service.attempt(BODY, 5)
    llm_server.does(behaviour)
    started = time.monotonic()
    found = failure(service, seconds=0.3)
    assert time.monotonic() - started < 2.0
    assert (found.kind, found.again, found.unseen) == (FailureKind.TIMEOUT, True, True)
    assert found.reason == "no whole reply in 0.3 s"


@pytest.mark.parametrize("before", [b"", b'{"choices": ['], ids=["at once", "in the middle"])
def test_a_connection_that_is_cut_is_tried_again(llm_server: Server, service: OpenAiService, before: bytes) -> None:
    llm_server.does(cuts(before))
    found = failure(service)
    assert (found.kind, found.again, found.unseen) == (FailureKind.CONNECTION, True, True)


def test_where_nobody_is_nothing_was_done(service: OpenAiService) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{nobody.getsockname()[1]}/v1"
        with OpenAiService(Endpoint(address, "m"), Key(CANARY)) as other:
            found = failure(other)
    assert (found.kind, found.again, found.unseen) == (FailureKind.CONNECTION, True, False)


def test_a_redirect_is_not_followed(llm_server: Server, service: OpenAiService) -> None:
    with Server() as elsewhere:
        llm_server.does(sends(307, b"", {"location": f"{elsewhere.address}/chat/completions"}))
        assert failure(service).kind is FailureKind.UNKNOWN
        assert elsewhere.seen == []


@pytest.mark.parametrize(
    "behaviour",
    [
        sends(200, b"<html>welcome</html>", {"content-type": "text/html"}),
        sends(200, b""),
        sends(200, b"\xff\xfe\x00"),
        sends(200, b"[" * 10**5),
        sends(200, []),
        sends(200, {"object": "list"}),
        sends(200, {"choices": "x"}),
        sends(200, {"choices": [{"message": None}]}),
        sends(200, {"choices": [{"message": {"content": ["x"]}}]}),
        sends(200, {"choices": [{"text": "x"}]}),
        floods(LARGEST_REPLY + 1),
    ],
)
def test_what_is_no_completion_is_foreign(llm_server: Server, service: OpenAiService, behaviour: Any) -> None:
    llm_server.does(behaviour)
    assert failure(service).kind is FailureKind.FOREIGN


def test_an_error_beside_a_good_status_is_an_error(llm_server: Server, service: OpenAiService) -> None:
    llm_server.does(sends(200, {"error": {"message": "overloaded", "code": 502}}))
    assert failure(service).kind is FailureKind.BUSY


def test_empty_refused_and_cut_replies_are_replies(llm_server: Server, service: OpenAiService) -> None:
    llm_server.does(says(None), says("", refusal="I can't."), says("25.", finish="length"), sends(200, {"choices": []}))
    turns = [service.attempt(BODY, 5) for _ in range(4)]
    assert [(t.text, t.finish, t.refusal) for t in turns if isinstance(t, Turn)] == [
        ("", "stop", ""),
        ("", "stop", "I can't."),
        ("25.", "length", ""),
        ("", "stop", ""),
    ]


def test_control_characters_and_the_key_are_taken_out_of_a_reply(llm_server: Server, service: OpenAiService) -> None:
    llm_server.does(says(f"\x1b[31m25.6 {CANARY}\x00", finish=f"stop {CANARY}"))
    assert service.attempt(BODY, 5) == Turn("[31m25.6 [key]", "stop [key]", "", Usage(40, 5))
    # a key that is spelt otherwise in JSON is found in what it means
    text = json.dumps({"choices": [{"message": {"content": "@"}, "finish_reason": "stop"}]})
    spelt = "".join(f"\\u{ord(letter):04x}" for letter in CANARY)
    llm_server.does(sends(200, text.replace("@", spelt).encode()))
    found = service.attempt(BODY, 5)
    assert isinstance(found, Turn)
    assert found.text == "[key]"


@pytest.mark.parametrize(
    "usage",
    [
        *(None, {}, [], "x", {"prompt_tokens": -1, "completion_tokens": 5}),
        {"prompt_tokens": "40", "completion_tokens": 5},
        {"prompt_tokens": 10**12, "completion_tokens": 5},
        {"prompt_tokens": True, "completion_tokens": 5},
    ],
)
def test_a_usage_that_cannot_be_is_estimated_and_says_so(
    llm_server: Server, service: OpenAiService, usage: object
) -> None:
    llm_server.does(says("25.6", usage=usage))
    found = service.attempt(BODY, 5)
    assert isinstance(found, Turn)
    # five and four letters, four to a token
    assert found.usage == Usage(2, 1, estimated=True)


def test_a_compressed_reply_is_read(llm_server: Server, service: OpenAiService) -> None:
    content = gzip.compress(json.dumps({"choices": [{"message": {"content": "25.6"}}]}).encode())
    llm_server.does(sends(200, content, {"content-encoding": "gzip"}))
    found = service.attempt(BODY, 5)
    assert isinstance(found, Turn)
    assert found.text == "25.6"
    llm_server.does(sends(200, b"no gzip", {"content-encoding": "gzip"}))
    assert failure(service).kind is FailureKind.CONNECTION


def test_what_is_under_way_when_it_closes_is_given_up(llm_server: Server) -> None:
    llm_server.does(hangs(5.0))
    endpoint = Endpoint(llm_server.address, "m")
    with ThreadPoolExecutor(2) as pool:
        with OpenAiService(endpoint, Key(CANARY)) as service:
            futures = [pool.submit(service.attempt, BODY, 30.0) for _ in range(2)]
            while len(llm_server.seen) < 2:
                time.sleep(0.01)
            started = time.monotonic()
        assert [future.result() for future in futures] == [GIVEN_UP, GIVEN_UP]
        assert time.monotonic() - started < 2.0
    assert service.attempt(BODY, 30.0) is GIVEN_UP
    assert not GIVEN_UP.again


def test_no_log_holds_the_key(llm_server: Server, service: OpenAiService, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        service.attempt(BODY, 5)
        llm_server.does(fails(401, f"Incorrect API key: {CANARY}"))
        service.attempt(BODY, 5)
    assert CANARY not in caplog.text


def test_a_missing_package_is_exit_3_and_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "openai":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingError, match=r"python -m pip install 'lpzero\[llm\]'"):
        OpenAiService(Endpoint("http://127.0.0.1:9/v1", "m"), Key(""))
