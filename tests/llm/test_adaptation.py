"""What a server does not take is sent otherwise, once for all requests, and noted."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from lpzero.llm.adaptation import LENGTH, NOTES, SCHEMA, Adaptation
from lpzero.llm.failure import Failure, FailureKind
from lpzero.llm.reply import Turn

BODY = {"model": "m", "messages": [], "max_tokens": 20, "response_format": {"type": "json_schema"}}


class Fake:
    """A server that takes some names alone."""

    def __init__(self, *refused: str, reason: str = "HTTP 400: {} is not supported") -> None:
        self.refused, self.reason, self.seen = refused, reason, list[dict[str, Any]]()

    def __call__(self, body: dict[str, Any]) -> Turn | Failure:
        """Answer."""
        self.seen.append(body)
        name = next((name for name in self.refused if name in body), None)
        return Turn("25.6") if name is None else Failure(FailureKind.PARAMETER, self.reason.format(name))


def test_what_is_taken_is_sent_as_it_is() -> None:
    fake = Fake()
    assert Adaptation().carried_out(BODY, fake) == Turn("25.6")
    assert fake.seen == [BODY]


def test_a_schema_that_is_refused_is_left_out_once_for_all(caplog: pytest.LogCaptureFixture) -> None:
    fake, adaptation = Fake(SCHEMA), Adaptation()
    with caplog.at_level(logging.INFO, "lpzero"):
        assert adaptation.carried_out(BODY, fake) == Turn("25.6", notes=(NOTES[SCHEMA],))
        assert adaptation.carried_out(BODY, fake) == Turn("25.6", notes=(NOTES[SCHEMA],))
    assert [SCHEMA in body for body in fake.seen] == [True, False, False]
    assert caplog.messages == [f"note: {NOTES[SCHEMA]}"]


def test_a_limit_of_the_length_goes_by_its_other_name() -> None:
    fake = Fake(LENGTH, reason="HTTP 400: use max_completion_tokens in the place of {}")
    assert Adaptation().carried_out(BODY, fake) == Turn("25.6", notes=(NOTES[LENGTH],))
    assert fake.seen[1] == {**{k: v for k, v in BODY.items() if k != LENGTH}, "max_completion_tokens": 20}


def test_both_may_be_refused() -> None:
    fake = Fake(LENGTH, SCHEMA, reason="HTTP 400: {}; there is max_completion_tokens")
    found = Adaptation().carried_out(BODY, fake)
    assert isinstance(found, Turn)
    assert set(found.notes) == set(NOTES.values())
    assert len(fake.seen) == 3


def test_where_another_thing_is_refused_nothing_is_held_for_the_cause() -> None:
    fake, adaptation = Fake("messages"), Adaptation()
    assert isinstance(adaptation.carried_out(BODY, fake), Failure)
    assert len(fake.seen) == 2
    fake.refused = ()
    assert adaptation.carried_out(BODY, fake) == Turn("25.6")
    assert fake.seen[-1] == BODY


def test_other_failures_are_no_refusals() -> None:
    sent = []
    failure = Failure(FailureKind.BUSY, "HTTP 503")
    assert Adaptation().carried_out(BODY, lambda body: sent.append(body) or failure) is failure  # type: ignore[func-returns-value]
    assert len(sent) == 1
