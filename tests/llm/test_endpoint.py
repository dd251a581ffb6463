"""The settings of an endpoint: what is none is refused in one line that shows no secret."""

from __future__ import annotations

from typing import Any

import pytest

from lpzero.errors import InputError
from lpzero.llm.endpoint import Endpoint

LOCAL = "http://127.0.0.1:8000/v1"


def test_an_endpoint_says_everything_by_itself() -> None:
    endpoint = Endpoint(LOCAL, "m")
    assert (endpoint.timeout, endpoint.deadline, endpoint.retries, endpoint.temperature) == (60.0, 300.0, 4, 0.0)
    assert endpoint.key_variable == "OPENAI_API_KEY"
    assert Endpoint("https://api.openai.com/v1", "m", key_variable=None, temperature=None, seed=None)


@pytest.mark.parametrize(
    "address",
    [
        *("", "api.openai.com/v1", "ftp://host/v1", "file:///etc/passwd", "http://", "http://host:port/v1"),
        *("http://host:99999/v1", "http://host:0/v1", "http://ho st/v1", "http://host/v1\nX-Evil: 1", "http://hôst/v1"),
        *("http://host/v1#part", "http://[::1/v1"),
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(InputError, match=r"^`endpoint`: expected http\(s\)://HOST") as caught:
        Endpoint(address, "m")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("address", ["https://me:sk-canary-1234@host/v1", "https://host/v1?api-key=sk-canary-1234"])
def test_an_address_with_a_secret_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(InputError, match="the key comes from the environment") as caught:
        Endpoint(address, "m")
    assert "canary" not in str(caught.value)


def test_a_key_in_the_place_of_the_name_of_its_variable_is_refused_and_not_repeated() -> None:
    with pytest.raises(InputError, match="`key_variable`: expected the name of an environment variable") as caught:
        Endpoint(LOCAL, "m", key_variable="sk-canary-1234")
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model": ""}, "`model`"),
        ({"model": "a\nb"}, "`model`"),
        ({"model": "m" * 201}, "`model`"),
        ({"timeout": 0.0}, "`timeout`: expected a number of seconds above 0, found 0.0"),
        ({"timeout": float("inf")}, "`timeout`"),
        ({"deadline": float("nan")}, "`deadline`"),
        ({"retries": -1}, "`retries`: expected from 0 to 100, found -1"),
        ({"retries": 101}, "`retries`"),
        ({"temperature": 2.1}, "`temperature`: expected from 0 to 2, found 2.1"),
        ({"temperature": float("nan")}, "`temperature`"),
        ({"seed": -1}, "`seed`: expected at least 0, found -1"),
        ({"max_tokens": 0}, "`max_tokens`: expected at least 1, found 0"),
    ],
)
def test_a_value_out_of_its_range_is_refused_by_name(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as caught:
        Endpoint(**{"address": LOCAL, "model": "m", **changes})
    assert words in str(caught.value)
