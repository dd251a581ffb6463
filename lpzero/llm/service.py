"""One attempt at an endpoint, through the client of the package ``openai``, which comes with the extra ``lpzero[llm]``.

An attempt has an end: after its seconds it is cut off, wherever it is, and a reply is read up to a limit. Redirects are
not followed, since a reply must not become an address. What goes wrong is a value here, which says whether another
attempt makes sense; errors of the client, which hold the request and so the key, end here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from enum import Enum
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lpzero.errors import MissingError
from lpzero.llm.endpoint import Endpoint
from lpzero.llm.key import Key
from lpzero.llm.reply import Turn, Usage, estimated_tokens
from lpzero.llm.request import Body
from lpzero.llm.text import clean_line, clean_text
from lpzero.settings import one_line

if TYPE_CHECKING:
    import openai
    from anyio.from_thread import BlockingPortal

LARGEST_REPLY = 1 << 22
"""Bytes of the largest reply that is read."""
MOST_TOKENS = 10**9
"""Tokens of the largest usage of one reply that is believed."""


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


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Usage(BaseModel):
    model_config = ConfigDict(strict=True)

    prompt_tokens: Annotated[int, Field(ge=0, le=MOST_TOKENS)]
    completion_tokens: Annotated[int, Field(ge=0, le=MOST_TOKENS)]


class _Completion(BaseModel):
    """As much of a reply's document as is read; everything else is let be."""

    model_config = ConfigDict(extra="ignore")

    choices: list[_Choice] = Field(max_length=100)
    usage: Any = None


class OpenAiService:
    """Sends requests to one endpoint; used in a ``with`` block, by several threads if need be.

    Args:
        endpoint: Which one.
        key: Its key.

    Raises:
        MissingError: The package ``openai`` is not installed.
    """

    def __init__(self, endpoint: Endpoint, key: Key) -> None:
        try:
            import openai
        except ImportError:
            raise MissingError("openai is not installed: python -m pip install 'lpzero[llm]'") from None
        self._openai, self._endpoint, self._key = openai, endpoint, key
        self._open = ExitStack()

    def __enter__(self) -> OpenAiService:
        from anyio.from_thread import start_blocking_portal

        # the loop is in a thread of its own: a caller may have a loop already, as notebooks have
        self._portal: BlockingPortal = self._open.enter_context(start_blocking_portal())
        self._client = self._portal.call(self._connect)
        self._open.callback(self._portal.call, self._client.close)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.__exit__(kind, error, trace)

    async def _connect(self) -> openai.AsyncOpenAI:
        return self._openai.AsyncOpenAI(
            api_key=self._key.text or "none",
            base_url=self._endpoint.address,
            max_retries=0,
            timeout=self._endpoint.timeout,
            http_client=self._openai.DefaultAsyncHttpxClient(follow_redirects=False, timeout=self._endpoint.timeout),
        )

    def attempt(self, body: Body, seconds: float) -> Turn | Failure:
        """Send a request once.

        Args:
            body: What is sent.
            seconds: Until it is cut off.
        """
        found = self._portal.call(self._attempt, body, seconds)
        return found if isinstance(found, Failure) else self._turn(found, body)

    async def _attempt(self, body: Body, seconds: float) -> str | Failure:
        import anyio

        openai = self._openai
        try:
            with anyio.fail_after(seconds):
                return await self._text(body)
        except (TimeoutError, openai.APITimeoutError):
            return Failure(FailureKind.TIMEOUT, f"no whole reply in {seconds:g} s", again=True, unseen=True)
        except openai.APIStatusError as err:
            return failure_of(err.status_code, err.response.headers, err.body, self._key)
        except openai.APIConnectionError as err:
            reason = self._key.redacted(f"{err.__cause__ or err}")
            return Failure(FailureKind.CONNECTION, _said(reason), again=True, unseen=not _unreached(err))
        except Exception as err:
            # where a reply is cut off the client lets errors of its connection through; one that went further would
            # take the request along, and so the key
            reason = self._key.redacted(f"{type(err).__name__}: {err}")
            return Failure(FailureKind.CONNECTION, f"the reply was cut: {_said(reason)}", again=True, unseen=True)

    async def _text(self, body: Body) -> str | Failure:
        chat = self._client.chat.completions.with_streaming_response
        omit = self._openai.Omit()
        # said in full: the client would otherwise take keys and names from variables of its own
        header = f"Bearer {self._key.text}" if self._key.text else omit
        headers = {"Authorization": header, "OpenAI-Organization": omit, "OpenAI-Project": omit}
        async with chat.create(**body, extra_headers=headers) as response:
            content = bytearray()
            async for piece in response.iter_bytes():
                content += piece
                if len(content) > LARGEST_REPLY:
                    return Failure(FailureKind.FOREIGN, f"a reply of more than {LARGEST_REPLY} bytes", unseen=True)
        return content.decode("utf-8", "replace")

    def _turn(self, text: str, body: Body) -> Turn | Failure:
        try:
            document = json.loads(self._key.redacted(text))
        except (ValueError, RecursionError):
            return Failure(FailureKind.FOREIGN, f"expected a JSON document, found {_said(text, 60)!r}", again=True)
        if isinstance(document, dict) and document.get("error") and not document.get("choices"):
            return failure_of(500, {}, document["error"], self._key)
        try:
            completion = _Completion.model_validate(document)
        except ValidationError:
            return Failure(FailureKind.FOREIGN, "expected a chat completion, found another document", again=True)
        if not completion.choices:
            return Turn("", usage=usage_of(completion.usage, body, ""))
        choice = completion.choices[0]
        said, refusal = (clean_text(self._key.redacted(part or "")) for part in vars(choice.message).values())
        finish = clean_line(choice.finish_reason or "")[:40]
        return Turn(said, finish, refusal, usage_of(completion.usage, body, said + refusal))


def usage_of(told: Any, body: Body, reply: str) -> Usage:
    """The tokens of a reply: what the server says where that can be, else an estimate of both."""
    try:
        usage = _Usage.model_validate(told)
        return Usage(usage.prompt_tokens, usage.completion_tokens)
    except ValidationError:
        pass
    sent = sum(estimated_tokens(message["content"]) for message in body["messages"])
    return Usage(sent, estimated_tokens(reply), estimated=True)


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
    reason = f"HTTP {status}: {_said(key.redacted(str(words or 'no reason given')))}"
    codes = {str(told.get(name)) for name in ("code", "type")}
    if codes & {"insufficient_quota", "billing_hard_limit_reached"} or status == 402:
        return Failure(FailureKind.QUOTA, reason)
    if "content_filter" in codes:
        return Failure(FailureKind.FILTERED, reason)
    if status in (401, 403):
        return Failure(FailureKind.KEY, reason)
    if status in (404, 405, 410) or 300 <= status < 400:
        return Failure(FailureKind.UNKNOWN, reason)
    if status in (408, 409, 425, 429) or status >= 500:
        return Failure(FailureKind.BUSY, reason, again=True, wait=wait_of(headers))
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


def _said(text: str, longest: int = 200) -> str:
    return one_line(clean_line(text), longest)


def _unreached(err: BaseException) -> bool:
    """Whether there was no connection, so that nothing can have been done."""
    return "Connect" in type(err.__cause__).__name__
