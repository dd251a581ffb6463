"""One attempt at an endpoint, through the client of the package ``openai``, which comes with the extra ``lpzero[llm]``.

An attempt has an end: after its seconds it is cut off, wherever it is, and a reply is read up to a limit. Redirects are
not followed, since a reply must not become an address. What goes wrong is a value here, which says whether another
attempt makes sense; errors of the client, which hold the request and so the key, end here.
"""

from __future__ import annotations

import json
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lpzero.errors import MissingError
from lpzero.llm.endpoint import Endpoint
from lpzero.llm.failure import Failure, FailureKind, failure_of, said
from lpzero.llm.key import Key
from lpzero.llm.reply import Turn, Usage, estimated_tokens
from lpzero.llm.request import Body
from lpzero.llm.text import clean_line, clean_text

if TYPE_CHECKING:
    import openai
    from anyio import CancelScope
    from anyio.from_thread import BlockingPortal

LARGEST_REPLY = 1 << 22
"""Bytes of the largest reply that is read."""
GRACE_S = 30.0
"""Seconds beyond its own that an attempt is waited for, should its loop be gone."""
MOST_TOKENS = 10**9
"""Tokens of the largest usage of one reply that is believed."""


GIVEN_UP = Failure(FailureKind.CONNECTION, "given up, since the connection was closed here", unseen=True)


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
        self._under_way: set[CancelScope] = set()
        self._open, self._closed = ExitStack(), False

    def __enter__(self) -> OpenAiService:
        from anyio.from_thread import start_blocking_portal

        # the loop is in a thread of its own: a caller may have a loop already, as notebooks have
        self._portal: BlockingPortal = self._open.enter_context(start_blocking_portal())
        self._client = self._portal.call(self._connect)
        self._open.callback(self._portal.call, self._close)
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
        if self._closed:
            return GIVEN_UP
        future = self._portal.start_task_soon(self._attempt, body, seconds)
        try:
            # a loop that ends at this very moment would never answer
            found = future.result(seconds + GRACE_S)
        except (CancelledError, FutureTimeoutError):
            return GIVEN_UP
        return found if isinstance(found, Failure) else self._turn(found, body)

    async def _close(self) -> None:
        self._closed = True
        for scope in list(self._under_way):
            scope.cancel()
        await self._client.close()

    async def _attempt(self, body: Body, seconds: float) -> str | Failure:
        import anyio

        with anyio.move_on_after(seconds) as scope:
            self._under_way.add(scope)
            try:
                return await self._tried(body)
            finally:
                self._under_way.discard(scope)
        if self._closed:
            return GIVEN_UP
        return Failure(FailureKind.TIMEOUT, f"no whole reply in {seconds:g} s", again=True, unseen=True)

    async def _tried(self, body: Body) -> str | Failure:
        openai = self._openai
        try:
            return await self._text(body)
        except openai.APITimeoutError:
            reason = f"no answer in {self._endpoint.timeout:g} s"
            return Failure(FailureKind.TIMEOUT, reason, again=True, unseen=True)
        except openai.APIStatusError as err:
            return failure_of(err.status_code, err.response.headers, err.body, self._key)
        except openai.APIConnectionError as err:
            reason = self._key.redacted(f"{err.__cause__ or err}")
            return Failure(FailureKind.CONNECTION, said(reason), again=True, unseen=not _unreached(err))
        except Exception as err:
            # where a reply is cut off the client lets errors of its connection through; one that went further would
            # take the request along, and so the key
            reason = self._key.redacted(f"{type(err).__name__}: {err}")
            return Failure(FailureKind.CONNECTION, f"the reply was cut: {said(reason)}", again=True, unseen=True)

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
            return Failure(FailureKind.FOREIGN, f"expected a JSON document, found {said(text, 60)!r}", again=True)
        if isinstance(document, dict) and document.get("error") and not document.get("choices"):
            return failure_of(500, {}, document["error"], self._key)
        try:
            completion = _Completion.model_validate(document)
        except ValidationError:
            return Failure(FailureKind.FOREIGN, "expected a chat completion, found another document", again=True)
        if not completion.choices:
            return Turn("", usage=usage_of(completion.usage, body, ""))
        choice = completion.choices[0]
        words, refusal = (clean_text(self._key.redacted(part or "")) for part in vars(choice.message).values())
        finish = clean_line(choice.finish_reason or "")[:40]
        return Turn(words, finish, refusal, usage_of(completion.usage, body, words + refusal))


def usage_of(told: Any, body: Body, reply: str) -> Usage:
    """The tokens of a reply: what the server says where that can be, else an estimate of both."""
    try:
        usage = _Usage.model_validate(told)
        return Usage(usage.prompt_tokens, usage.completion_tokens)
    except ValidationError:
        pass
    sent = sum(estimated_tokens(message["content"]) for message in body["messages"])
    return Usage(sent, estimated_tokens(reply), estimated=True)


def _unreached(err: BaseException) -> bool:
    """Whether there was no connection, so that nothing can have been done."""
    return "Connect" in type(err.__cause__).__name__
