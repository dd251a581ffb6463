"""The key: from one environment variable, shown nowhere, and taken out of what servers say."""

from __future__ import annotations

import pytest

from lpzero.errors import MissingError
from lpzero.llm.key import Key, read_key

CANARY = "sk-canary-0123456789"


def test_the_key_is_read_from_the_variable_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "another-one")
    monkeypatch.setenv("MINE", f" {CANARY}\n")
    assert read_key("MINE").text == CANARY
    assert read_key(None).text == ""


def test_no_key_is_exit_3_and_says_which_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MINE", raising=False)
    with pytest.raises(MissingError, match=r"^MINE: expected the key of the endpoint in this environment variable"):
        read_key("MINE")
    monkeypatch.setenv("MINE", "")
    with pytest.raises(MissingError, match="found none"):
        read_key("MINE")


@pytest.mark.parametrize("text", ["sk-canary\nX-Evil: 1", "sk-canäry-123", "sk canary 123"])
def test_what_no_header_can_hold_is_refused_and_not_repeated(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINE", text)
    with pytest.raises(MissingError, match="printable ASCII letters") as caught:
        read_key("MINE")
    assert "can" not in str(caught.value)


def test_a_key_is_not_shown_and_is_taken_out_of_texts() -> None:
    key = Key(CANARY)
    assert CANARY not in f"{key!r} {key}"
    assert key.redacted(f"Incorrect API key {CANARY}, {CANARY}.") == "Incorrect API key [key], [key]."
    # what local servers are given is no secret, and may stand in any text
    assert Key("none").redacted("there is none") == "there is none"
    assert Key("").redacted("abc") == "abc"
