"""Failures: what an HTTP status and the document beside it mean, whatever stands there."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest

from lpzero.llm.failure import FailureKind, failure_of, said, wait_of
from lpzero.llm.key import Key


def test_retry_after_may_be_a_number_or_a_date_and_nothing_else() -> None:
    assert wait_of({}) is None
    assert wait_of({"retry-after": "0.5"}) == 0.5
    assert wait_of({"retry-after": "-3"}) == 0.0
    for odd in ("soon", "nan", "inf", "1e999", "", "Mon, 99 Foo 2026"):
        assert wait_of({"retry-after": odd}) is None
    later = format_datetime(datetime.now(timezone.utc) + timedelta(seconds=30), usegmt=True)
    assert wait_of({"retry-after": later}) == pytest.approx(30, abs=3)
    assert wait_of({"retry-after": "Mon, 01 Jan 2001 00:00:00 GMT"}) == 0.0


@pytest.mark.parametrize("body", [None, "", "no", [], [1], 3, {"message": None}, {"message": ["x"]}, {"code": {}}])
def test_the_document_beside_a_status_may_be_anything(body: object) -> None:
    found = failure_of(500, {}, body, Key(""))
    assert found.kind is FailureKind.BUSY
    assert found.reason.startswith("HTTP 500: ")
    assert found.reason.isprintable()


def test_a_schema_that_is_not_taken_is_no_fault_of_the_server_whatever_it_says() -> None:
    words = "1 validation error: {'loc': ('body', 'response_format', 'type'), 'msg': \"Input should be 'text'\"}"
    assert failure_of(500, {}, {"message": words}, Key("")).kind is FailureKind.PARAMETER


def test_a_redirect_is_an_unknown_path() -> None:
    assert failure_of(301, {"location": "http://elsewhere"}, None, Key("")).kind is FailureKind.UNKNOWN


def test_the_words_of_a_server_are_one_short_line_without_the_key() -> None:
    found = failure_of(400, {}, {"message": "a\n\x1b[2J" + "sk-canary-0123456789" * 100}, Key("sk-canary-0123456789"))
    assert found.reason.isprintable()
    assert len(found.reason) < 250
    assert "canary" not in found.reason
    assert said("a\r\n b") == "a b"
