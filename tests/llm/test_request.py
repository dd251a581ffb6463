"""Requests: what is sent, its digest, and a bound of what it takes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lpzero.llm.endpoint import Endpoint
from lpzero.llm.numbers import Number
from lpzero.llm.request import Message, Request, body_of, digest_of, expected_usage, most_usage

ENDPOINT = Endpoint("http://127.0.0.1:8000/v1", "m", max_tokens=20)
REQUEST = Request.of(["You estimate.", "", "BLEU:"], Number(0, 100, "BLEU"))


def body(endpoint: Endpoint = ENDPOINT, request: Request = REQUEST) -> dict[str, Any]:
    return body_of(endpoint, request, request.messages)


def digest(endpoint: Endpoint = ENDPOINT, request: Request = REQUEST) -> str:
    return digest_of(endpoint, request, body(endpoint, request))


def test_parts_are_one_message_with_empty_lines_between() -> None:
    assert REQUEST.messages == (Message("user", "You estimate.\n\nBLEU:"),)
    both = Request.of(["a"], REQUEST.expected, system="s")
    assert both.messages == (Message("system", "s"), Message("user", "a"))


def test_what_is_sent_is_what_was_set() -> None:
    sent = body()
    assert sent == {
        "model": "m",
        "messages": [{"role": "user", "content": "You estimate.\n\nBLEU:"}],
        "max_tokens": 20,
        "temperature": 0.0,
        "seed": 0,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "reply", "schema": REQUEST.expected.schema, "strict": True},
        },
    }
    bare = body(replace(ENDPOINT, temperature=None, seed=None, structured=False))
    assert set(bare) == {"model", "messages", "max_tokens"}
    assert body(request=replace(REQUEST, sample=3))["seed"] == 3


def test_control_characters_are_not_sent() -> None:
    request = Request.of(["a\x00\u202eb\nc"], REQUEST.expected)
    assert body(request=request)["messages"][0]["content"] == "ab\nc"


@pytest.mark.parametrize(
    "other",
    [
        digest(replace(ENDPOINT, address="http://127.0.0.1:8001/v1")),
        digest(replace(ENDPOINT, model="n")),
        digest(replace(ENDPOINT, temperature=0.1)),
        digest(replace(ENDPOINT, seed=1)),
        digest(replace(ENDPOINT, seed=None)),
        digest(replace(ENDPOINT, max_tokens=21)),
        digest(replace(ENDPOINT, structured=False)),
        digest(request=replace(REQUEST, sample=1)),
        digest(request=replace(REQUEST, expected=Number(0, 99, "BLEU"))),
        digest(request=Request.of(["You estimate!", "BLEU:"], REQUEST.expected)),
        digest(request=Request.of(["BLEU:"], REQUEST.expected, system="You estimate.")),
    ],
)
def test_everything_that_is_sent_is_in_the_digest(other: str) -> None:
    assert other != digest()


def test_what_decides_no_reply_is_not_in_the_digest() -> None:
    same = replace(ENDPOINT, address=ENDPOINT.address + "/", timeout=1, deadline=2, retries=0, key_variable=None)
    assert digest(same) == digest()
    # without a seed samples are told apart all the same
    unseeded = replace(ENDPOINT, seed=None)
    assert digest(unseeded, replace(REQUEST, sample=1)) != digest(unseeded)


def test_the_most_that_a_turn_takes_is_above_what_it_is_expected_to() -> None:
    most, about = most_usage(body()), expected_usage(body())
    assert most.input > about.input
    assert most.output == about.output == 20
    # a letter of three bytes may be three tokens
    assert most_usage(body(request=Request.of(["漢" * 100], REQUEST.expected))).input >= 300
