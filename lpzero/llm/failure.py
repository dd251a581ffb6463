"""Why an attempt at an endpoint gave no reply, and whether another one makes sense."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from enum import Enum

from lpzero.llm.key import Key
from lpzero.llm.text import clean_line
from lpzero.settings import one_line


class FailureKind(str, Enum):
    """What went wrong with an attempt.

    ``busy``: asked too often, or the server has an error. ``quota``: nothing is left to be spent. ``key``: the key is
    not taken. ``unknown``: there is no such model or path. ``parameter``: what was sent is not taken. ``filtered``: a
    filter refused the request. ``timeout``: no whole reply in time. ``connection``: nobody there, or the connection was
    cut. ``foreign``: a reply that is none of such a server.
    """

    BUSY = "busy"
    QUOTA = "quota"
    KEY = "key"
    UNKNOWN = "unknown"
    PARAMETER = "parameter"
    FILTERED = "filtered"
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    FOREIGN = "foreign"


@dataclass(frozen=True)
class Failure:
    """An attempt that gave no reply.

    Attributes:
        kind: What went wrong.
        reason: One line for people, without the key.
        again: Whether another attempt makes sense.
        wait: Seconds that the server asks to wait before it; None where it says nothing that can be read.
        unseen: Whether the server may have done the work all the same, and ask for its price.
    """

    kind: FailureKind
    reason: str
    again: bool = False
    wait: float | None = None
    unseen: bool = False


def failure_of(status: int, headers: Mapping[str, str], body: object, key: Key) -> Failure:
    """What an HTTP status and the document beside it mean.

    Args:
        status: Such as 429.
        headers: Of the reply.
        body: The error that the server describes, whatever that is.
        key: Which is taken out of its words.
    """
    told = body if isinstance(body, dict) else {}
    words = told.get("message") if isinstance(told.get("message"), str) else body
    reason = f"HTTP {status}: {said(key.redacted(str(words or 'no reason given')))}"
    codes = {str(told.get(name)) for name in ("code", "type")}
    if codes & {"insufficient_quota", "billing_hard_limit_reached"} or status == 402:
        return Failure(FailureKind.QUOTA, reason)
    if "content_filter" in codes:
        return Failure(FailureKind.FILTERED, reason)
    if status in (401, 403):
        return Failure(FailureKind.KEY, reason)
    if status in (404, 405, 410) or 300 <= status < 400:
        return Failure(FailureKind.UNKNOWN, reason)
    if status >= 400 and "response_format" in str(words):
        # llama.cpp's server in Python says so with status 500
        return Failure(FailureKind.PARAMETER, reason)
    if status in (408, 409, 425, 429) or status >= 500:
        wait = wait_of(headers)
        asks = "" if wait is None else f" (it asks to wait {wait:g} s)"
        return Failure(FailureKind.BUSY, reason + asks, again=True, wait=wait)
    return Failure(FailureKind.PARAMETER, reason)


def wait_of(headers: Mapping[str, str]) -> float | None:
    """Seconds that the header ``Retry-After`` asks to wait: a number, or a date; None where it is neither."""
    value = headers.get("retry-after")
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            at = parsedate_to_datetime(value)
        except (ValueError, TypeError, OverflowError):
            return None
        at = at if at.tzinfo else at.replace(tzinfo=timezone.utc)
        seconds = (at - datetime.now(timezone.utc)).total_seconds()
    return max(0.0, seconds) if math.isfinite(seconds) else None


def said(text: str, longest: int = 200) -> str:
    """The words of a server as one line that is not long."""
    return one_line(clean_line(text), longest)
