"""What a server does not take is sent otherwise, once for all requests, and noted."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from lpzero.llm.adaptation import FORMAT, LENGTH, NOTES, OBJECT, SCHEMA, Adaptation
from lpzero.llm.failure import Failure, FailureKind
from lpzero.llm.reply import Turn

TYPE = {"type": "object"}
BODY: dict[str, Any] = {
    "model": "m",
    "messages": [],
    "max_tokens": 20,
    "response_format": {"type": "json_schema", "json_schema": {"name": "reply", "schema": TYPE, "strict": True}},
}
Refuses = Callable[[dict[str, Any]], bool]


class Fake:
    """A server that refuses some requests."""

    def __init__(self, *refused: Refuses, reason: str = "HTTP 400: no") -> None:
        self.refused, self.reason, self.seen = refused, reason, list[dict[str, Any]]()

    def __call__(self, body: dict[str, Any]) -> Turn | Failure:
        """Answer."""
        self.seen.append(body)
        refused = any(refuses(body) for refuses in self.refused)
        return Failure(FailureKind.PARAMETER, self.reason) if refused else Turn("25.6")

    @property
    def kinds(self) -> list[str | None]:
        """Of the schema of each request."""
        return [body.get(FORMAT, {}).get("type") for body in self.seen]


def kind(*kinds: str) -> Refuses:
    return lambda body: body.get(FORMAT, {}).get("type") in kinds


def has(name: str) -> Refuses:
    return lambda body: name in body


def test_what_is_taken_is_sent_as_it_is() -> None:
    fake = Fake()
    assert Adaptation().carried_out(BODY, fake) == Turn("25.6")
    assert fake.seen == [BODY]


def test_a_schema_goes_in_the_other_form_once_for_all() -> None:
    fake, adaptation = Fake(kind(SCHEMA)), Adaptation()
    for _ in range(2):
        assert adaptation.carried_out(BODY, fake) == Turn("25.6", notes=(NOTES[SCHEMA],))
    assert fake.kinds == [SCHEMA, OBJECT, OBJECT]
    assert fake.seen[1][FORMAT] == {"type": "json_object", "schema": TYPE}


def test_a_schema_that_is_refused_in_both_forms_is_left_out_once_for_all(caplog: pytest.LogCaptureFixture) -> None:
    fake, adaptation = Fake(has(FORMAT)), Adaptation()
    with caplog.at_level(logging.INFO, "lpzero"):
        for _ in range(2):
            assert adaptation.carried_out(BODY, fake) == Turn("25.6", notes=(NOTES[OBJECT],))
    assert fake.kinds == [SCHEMA, OBJECT, None, None]
    assert caplog.messages == [f"note: {NOTES[OBJECT]}"]


def test_a_limit_of_the_length_goes_by_its_other_name() -> None:
    fake = Fake(has(LENGTH), reason="HTTP 400: use max_completion_tokens in the place of max_tokens")
    assert Adaptation().carried_out(BODY, fake) == Turn("25.6", notes=(NOTES[LENGTH],))
    assert fake.seen[1] == {**{k: v for k, v in BODY.items() if k != LENGTH}, "max_completion_tokens": 20}


def test_both_may_be_refused() -> None:
    fake = Fake(has(LENGTH), has(FORMAT), reason="HTTP 400: there is max_completion_tokens")
    found = Adaptation().carried_out(BODY, fake)
    assert isinstance(found, Turn)
    assert found.notes == (NOTES[OBJECT], NOTES[LENGTH])
    assert len(fake.seen) == 4


def test_where_another_thing_is_refused_nothing_is_held_for_the_cause() -> None:
    fake, adaptation = Fake(has("messages")), Adaptation()
    assert isinstance(adaptation.carried_out(BODY, fake), Failure)
    assert fake.kinds == [SCHEMA, OBJECT, None]
    fake.refused = ()
    assert adaptation.carried_out(BODY, fake) == Turn("25.6")
    assert fake.seen[-1] == BODY


def test_a_request_without_a_schema_has_no_note_of_one() -> None:
    fake, adaptation = Fake(has(FORMAT)), Adaptation()
    adaptation.carried_out(BODY, fake)
    plain = {name: value for name, value in BODY.items() if name != FORMAT}
    assert adaptation.carried_out(plain, fake) == Turn("25.6")
    assert fake.seen[-1] == plain


def test_other_failures_are_no_refusals() -> None:
    sent = list[dict[str, Any]]()
    failure = Failure(FailureKind.BUSY, "HTTP 503")

    def send(body: dict[str, Any]) -> Failure:
        sent.append(body)
        return failure

    assert Adaptation().carried_out(BODY, send) is failure
    assert len(sent) == 1
