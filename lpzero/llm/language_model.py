"""A language model that is asked: from the cache where it has said it before, else by a call, and read either way."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from types import TracebackType

from lpzero.errors import InputError, MissingError
from lpzero.llm.adaptation import Adaptation
from lpzero.llm.cache import OfflineError, ReplyCache
from lpzero.llm.endpoint import Endpoint
from lpzero.llm.failure import Failure, FailureKind
from lpzero.llm.key import Key, read_key
from lpzero.llm.ledger import Ledger
from lpzero.llm.reading import Reading, ReplyStatus
from lpzero.llm.reply import Reply, Source, Turn, Usage
from lpzero.llm.request import Body, Message, Request, body_of, digest_of, most_usage
from lpzero.llm.retries import attempted
from lpzero.llm.service import OpenAiService
from lpzero.settings import one_line

REPAIRS = 2
"""How often the model is asked again where its reply cannot be read."""

_KEPT = "replies so far are kept"
_REMEDIES = {
    FailureKind.BUSY: f"try again later: {_KEPT}",
    FailureKind.QUOTA: f"raise what the account behind the key may spend: {_KEPT}",
    FailureKind.KEY: "check the key, in the environment variable that `key_variable` names",
    FailureKind.UNKNOWN: "check `endpoint` and `model`",
    FailureKind.PARAMETER: "check `model`, `temperature`, `seed`, `max_tokens` and the length of the prompt",
    FailureKind.TIMEOUT: f"raise `timeout`, or try again later: {_KEPT}",
    FailureKind.CONNECTION: f"check `endpoint`, and that the server runs: {_KEPT}",
    FailureKind.FOREIGN: "check `endpoint`: that of an OpenAI-compatible server often ends with /v1",
}


class ServiceError(MissingError):
    """The endpoint gives no reply, and asking it again does not help now (exit code 3).

    Attributes:
        kind: What went wrong.
    """

    def __init__(self, message: str, kind: FailureKind = FailureKind.BUSY) -> None:
        super().__init__(message)
        self.kind = kind


class LanguageModel:
    """Answers requests by one endpoint; used in a ``with`` block, by several threads if need be.

    Before the first reply that the cache lacks nothing is connected, no key read, and ``openai`` not imported (1 s).

    Args:
        endpoint: Who is asked.
        cache: Where replies are looked up and kept; None for no cache.
        ledger: Counts, and refuses what could go through a ceiling; None for a count without ceilings.
        offline: Whether the cache alone may answer.

    Raises:
        InputError: ``offline`` without a cache.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        cache: ReplyCache | None = None,
        ledger: Ledger | None = None,
        offline: bool = False,
    ) -> None:
        if offline and cache is None:
            raise InputError("`offline`: expected a cache that answers, found none")
        self.endpoint, self.cache, self.ledger, self.offline = endpoint, cache, ledger or Ledger(), offline
        self._adaptation = Adaptation()
        self._open, self._guard = ExitStack(), threading.Lock()
        self._connection: tuple[Key, OpenAiService] | None = None
        self._closed = False

    def __enter__(self) -> LanguageModel:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._guard:
            self._closed = True
        self._open.__exit__(kind, error, trace)

    def ask(self, request: Request) -> Reply:
        """Ask, and ask again where the reply cannot be read, at most ``REPAIRS`` times.

        Raises:
            OfflineError: The cache lacks the reply, and nobody may be asked.
            CeilingError: The next call could go through a ceiling.
            ServiceError: The endpoint gives no reply.
            MissingError: There is no key, or ``openai`` is not installed.
            InputError: The key stands in a message, or the cache is damaged.
        """
        messages, usage, notes = list(request.messages), Usage(), dict[str, None]()
        sources: set[Source] = set()
        turns = 0
        while True:
            try:
                turn, source = self._turn(request, messages)
            except ServiceError as err:
                if not turns or err.kind is not FailureKind.PARAMETER:
                    raise
                # a repair is longer than what it repairs: where that is too long, the reply stays what it was
                notes["a repair was not taken"] = None
                break
            turns, usage = turns + 1, usage + turn.usage
            sources.add(source)
            notes |= dict.fromkeys(turn.notes)
            reading = read_turn(turn, request)
            if reading.status in (ReplyStatus.OK, ReplyStatus.REFUSED) or turns > REPAIRS:
                break
            # servers refuse a message without words
            messages += [Message("assistant", turn.text or "-"), Message("user", _repair(reading, request))]
        came: Source = "call" if "call" in sources else "cache"
        return Reply(reading.status, reading.value, reading.reason, turn.text, usage, came, turns, tuple(notes))

    def ask_all(self, requests: Sequence[Request], *, at_once: int = 1) -> list[Reply]:
        """Ask several requests, ``at_once`` of them at a time, and return the replies in their order.

        Where one raises, as :meth:`ask` does, those that have not begun are given up; the cache has what was answered.
        """
        if at_once < 1:
            raise InputError(f"`at_once`: expected at least 1, found {at_once}")
        if at_once == 1:
            return [self.ask(request) for request in requests]
        pool = ThreadPoolExecutor(at_once)
        try:
            futures = [pool.submit(self.ask, request) for request in requests]
            return [future.result() for future in futures]
        except Exception:
            # those under way are paid for: they go into the cache
            pool.shutdown(cancel_futures=True)
            raise
        finally:
            # an interrupt waits for nobody
            pool.shutdown(wait=False, cancel_futures=True)

    def _turn(self, request: Request, messages: Sequence[Message]) -> tuple[Turn, Source]:
        body = body_of(self.endpoint, request, messages)
        digest = digest_of(self.endpoint, request, body)
        kept = None if self.cache is None else self.cache.get(digest)
        if kept is not None:
            return kept, "cache"
        if self.offline:
            model = self.endpoint.model
            raise OfflineError(f"`offline`: expected a reply of {model} in the cache, found none: run it without once")
        turn = self._called(body)
        if self.cache is not None:
            turn = self.cache.put(digest, turn, address=self.endpoint.address, model=self.endpoint.model)
        return turn, "call"

    def _called(self, body: Body) -> Turn:
        key, service = self._connected()
        if any(key.is_in(message["content"]) for message in body["messages"]):
            raise InputError("expected no key in what is sent to a model, found that of the endpoint in a message")
        found = self._adaptation.carried_out(body, lambda sent: self._attempted(service, body, sent))
        if isinstance(found, Turn):
            return found
        if found.kind is FailureKind.FILTERED:
            return Turn("", "content_filter", refusal=found.reason)
        where = f"{self.endpoint.address}, model {self.endpoint.model}"
        raise ServiceError(f"{where}: {found.reason}: {_REMEDIES[found.kind]}", found.kind)

    def _attempted(self, service: OpenAiService, body: Body, sent: Body) -> Turn | Failure:
        most = most_usage(body)

        def attempt(seconds: float) -> Turn | Failure:
            number = self.ledger.begin(most)
            found = service.attempt(sent, seconds)
            if isinstance(found, Turn):
                self.ledger.end(number, found.usage)
            else:
                self.ledger.end(number, most if found.unseen else Usage())
            return found

        return attempted(attempt, self.endpoint)

    def _connected(self) -> tuple[Key, OpenAiService]:
        with self._guard:
            if self._closed:
                # another thread is behind the end of the block
                raise ServiceError("expected a model that is open, found one whose block has ended")
            if self._connection is None:
                key = read_key(self.endpoint.key_variable)
                self._connection = key, self._open.enter_context(OpenAiService(self.endpoint, key))
            return self._connection


def read_turn(turn: Turn, request: Request) -> Reading:
    """Read the reply of one turn; it raises nothing, whatever was said."""
    if turn.refusal or turn.finish == "content_filter":
        reason = one_line(turn.refusal, 200) or "a filter"
        return Reading(ReplyStatus.REFUSED, reason=f"expected a reply, found a refusal: {reason}")
    if turn.finish == "length":
        return Reading(ReplyStatus.TRUNCATED, reason="expected a whole reply, found one that was cut at `max_tokens`")
    if not turn.text.strip():
        return Reading(ReplyStatus.EMPTY, reason="expected a reply, found nothing")
    return request.expected.read(turn.text)


def _repair(reading: Reading, request: Request) -> str:
    return f"This cannot be used: {reading.reason.replace('`', '')}. {request.expected.instruction}"
