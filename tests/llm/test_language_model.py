"""A language model that is asked, from end to end, against a server that misbehaves."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lpzero.errors import InputError, MissingError
from lpzero.llm.adaptation import NOTES, OBJECT, SCHEMA
from lpzero.llm.cache import OfflineError, ReplyCache
from lpzero.llm.endpoint import Endpoint
from lpzero.llm.failure import FailureKind
from lpzero.llm.language_model import REPAIRS, LanguageModel, ServiceError, read_turn
from lpzero.llm.ledger import CeilingError, Ceilings, Ledger
from lpzero.llm.numbers import Number, Numbers
from lpzero.llm.reading import ReplyStatus
from lpzero.llm.reply import Turn, Usage
from lpzero.llm.request import Request
from tests.llm.server import Server, cuts, fails, hangs, says, sends, without_schema

CANARY = "sk-canary-0123456789"
BLEU = Number(0, 100, "BLEU")
REQUEST = Request.of(["You estimate.", "BLEU:"], BLEU)


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    monkeypatch.setattr("lpzero.llm.retries.FIRST_WAIT_S", 0.001)


@pytest.fixture
def endpoint(llm_server: Server) -> Endpoint:
    return Endpoint(llm_server.address, "m", retries=2, timeout=2.0, deadline=5.0, max_tokens=20)


@pytest.fixture
def model(endpoint: Endpoint) -> Iterator[LanguageModel]:
    with LanguageModel(endpoint) as model:
        yield model


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[ReplyCache]:
    with ReplyCache(tmp_path / "c.sqlite") as cache:
        yield cache


def test_a_number_is_asked_for_and_read(llm_server: Server, model: LanguageModel) -> None:
    llm_server.does(says("BLEU: 25.6."))
    reply = model.ask(REQUEST)
    assert (reply.status, reply.value, reply.source, reply.turns) == (ReplyStatus.OK, 25.6, "call", 1)
    assert reply.usage == Usage(40, 5)
    assert model.ledger.spent.usage == Usage(40, 5)
    assert llm_server.texts() == ["You estimate.\n\nBLEU:"]


@pytest.mark.parametrize(
    ("behaviour", "status"),
    [
        (says("I cannot say."), ReplyStatus.MALFORMED),
        (says("{'value': 25.6"), ReplyStatus.MALFORMED),
        (says(""), ReplyStatus.EMPTY),
        (says(None), ReplyStatus.EMPTY),
        (sends(200, {"choices": []}), ReplyStatus.EMPTY),
        (says("between 24 and 26, I would say"), ReplyStatus.MALFORMED),
        (says("25.", finish="length"), ReplyStatus.TRUNCATED),
        (says("nan"), ReplyStatus.OUT_OF_RANGE),
        (says("1e9"), ReplyStatus.OUT_OF_RANGE),
        (says("```json\n[25.6\n```"), ReplyStatus.OK),
    ],
)
def test_a_reply_that_cannot_be_used_has_a_status_after_two_repairs(
    llm_server: Server, model: LanguageModel, behaviour: Any, status: ReplyStatus
) -> None:
    llm_server.does(behaviour)
    reply = model.ask(REQUEST)
    assert reply.status is status
    if reply.ok:
        return
    assert reply.value is None
    assert reply.reason
    assert reply.turns == len(llm_server.seen) == model.ledger.spent.calls == 1 + REPAIRS
    assert model.ledger.spent.usage == reply.usage


def test_a_repair_shows_the_reply_and_says_what_is_expected(llm_server: Server, model: LanguageModel) -> None:
    llm_server.does(says("It is good."), says(""), says("25.6"))
    reply = model.ask(REQUEST)
    assert (reply.value, reply.turns) == (25.6, 3)
    messages = llm_server.seen[2].body["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant", "user", "assistant", "user"]
    assert messages[1]["content"] == "It is good."
    assert messages[4]["content"].startswith(
        "This cannot be used: expected a reply, found nothing. Reply with one number"
    )
    # each is paid for
    assert reply.usage == Usage(120, 15)


def test_a_repair_that_is_too_long_leaves_the_reply_as_it_was(llm_server: Server, model: LanguageModel) -> None:
    llm_server.does(says("It is good."), fails(400, "This model's maximum context length is 4096 tokens."))
    reply = model.ask(REQUEST)
    assert (reply.status, reply.value, reply.turns) == (ReplyStatus.MALFORMED, None, 1)
    assert "a repair was not taken" in reply.notes
    # the first request has to be taken, and a key that is not is no matter of length
    llm_server.does(fails(400, "too long"))
    with pytest.raises(ServiceError):
        model.ask(REQUEST)
    llm_server.does(says("It is good."), fails(401))
    with pytest.raises(ServiceError):
        model.ask(Request.of(["other"], BLEU))


def test_a_refusal_is_not_argued_with(llm_server: Server, model: LanguageModel) -> None:
    for behaviour in (
        says("", refusal="I can't help with that."),
        says("", finish="content_filter"),
        fails(400, "filtered", code="content_filter"),
    ):
        llm_server.does(behaviour)
        reply = model.ask(REQUEST)
        assert (reply.status, reply.value, reply.turns) == (ReplyStatus.REFUSED, None, 1)
        assert len(llm_server.seen) == 1


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("a: 1\nb: 2", ReplyStatus.OK),
        ("b: 2\na: 1", ReplyStatus.WRONG_ORDER),
        ("a: 1", ReplyStatus.WRONG_COUNT),
        ("a: 1\nb: 2\nc: 3", ReplyStatus.WRONG_COUNT),
    ],
)
def test_several_numbers_are_those_asked_for_or_none(
    llm_server: Server, model: LanguageModel, text: str, status: ReplyStatus
) -> None:
    llm_server.does(says(text))
    reply = model.ask(Request.of(["..."], Numbers(("a", "b"), 0, 10)))
    assert (reply.status, reply.value) == (status, (1.0, 2.0) if reply.ok else None)


FAULTS = [
    (fails(429), FailureKind.BUSY, 3, "try again later"),
    (fails(429, headers={"retry-after": "3600"}), FailureKind.BUSY, 1, "try again later"),
    (fails(429, code="insufficient_quota"), FailureKind.QUOTA, 1, "may spend"),
    (fails(401, f"Incorrect API key provided: {CANARY}"), FailureKind.KEY, 1, "check the key"),
    (fails(404, "no such model"), FailureKind.UNKNOWN, 1, "check `endpoint` and `model`"),
    (fails(400, "no"), FailureKind.PARAMETER, 3, "check `model`"),
    (fails(500), FailureKind.BUSY, 3, "try again later"),
    (cuts(), FailureKind.CONNECTION, 3, "that the server runs"),
    (cuts(b""), FailureKind.CONNECTION, 3, "that the server runs"),
    (sends(200, b"<html>"), FailureKind.FOREIGN, 3, "often ends with /v1"),
]


@pytest.mark.parametrize(("behaviour", "kind", "attempts", "words"), FAULTS)
def test_where_nothing_can_be_done_there_is_one_line_and_exit_3(
    llm_server: Server, model: LanguageModel, behaviour: Any, kind: FailureKind, attempts: int, words: str
) -> None:
    llm_server.does(behaviour)
    with pytest.raises(ServiceError) as caught:
        model.ask(REQUEST)
    message = str(caught.value)
    assert (caught.value.kind, caught.value.exit_code) == (kind, 3)
    assert message.startswith(f"{llm_server.address}, model m: ")
    assert words in message
    assert message.isprintable()
    assert len(llm_server.seen) == attempts == model.ledger.spent.calls
    # neither the message nor what it came from has the request, whose headers hold the key
    assert CANARY not in message
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_a_server_that_hangs_is_bounded(llm_server: Server, endpoint: Endpoint) -> None:
    llm_server.does(hangs(3.0))
    with LanguageModel(replace(endpoint, timeout=0.2, retries=1)) as model:
        with pytest.raises(ServiceError, match=r"no whole reply in 0\.2 s: raise `timeout`"):
            model.ask(REQUEST)
        # it may have been worked on, and then has its price
        assert model.ledger.spent.usage.output == 2 * endpoint.max_tokens


def test_a_server_that_recovers_is_asked_again(llm_server: Server, model: LanguageModel) -> None:
    busy = fails(429, headers={"retry-after": "0.01"})
    llm_server.does(busy, cuts(), says("25.6"))
    reply = model.ask(REQUEST)
    assert (reply.value, reply.turns, model.ledger.spent.calls) == (25.6, 1, 3)


def test_a_schema_that_is_refused_is_left_out_with_a_note(llm_server: Server, model: LanguageModel) -> None:
    llm_server.does(without_schema(says("25.6")))
    for _ in range(2):
        reply = model.ask(REQUEST)
        assert (reply.value, reply.notes) == (25.6, (NOTES[OBJECT],))
    assert ["response_format" in seen.body for seen in llm_server.seen] == [True, True, False, False]


def test_a_server_of_llama_cpp_gets_the_schema_as_it_takes_it(llm_server: Server, model: LanguageModel) -> None:
    llm_server.does(without_schema(says('{"value": 25.6}'), "json_schema", status=500))
    for _ in range(2):
        reply = model.ask(REQUEST)
        assert (reply.value, reply.notes) == (25.6, (NOTES[SCHEMA],))
    assert len(llm_server.seen) == 3
    assert llm_server.seen[1].body["response_format"] == {"type": "json_object", "schema": BLEU.schema}


def test_a_second_run_makes_no_call_and_needs_no_key(
    llm_server: Server, endpoint: Endpoint, cache: ReplyCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuses = without_schema(says("good"))
    llm_server.does(refuses, refuses, refuses, says("25.6"))
    with LanguageModel(endpoint, cache=cache) as model:
        first = model.ask(REQUEST)
    assert (first.value, first.source, first.turns) == (25.6, "call", 2)
    monkeypatch.delenv("OPENAI_API_KEY")
    for offline in (False, True):
        llm_server.does(fails(500))
        with LanguageModel(endpoint, cache=cache, offline=offline) as model:
            assert model.ask(REQUEST) == replace(first, source="cache")
            assert model.ledger.spent.calls == 0
        assert llm_server.seen == []


def test_offline_says_what_the_cache_lacks(llm_server: Server, endpoint: Endpoint, cache: ReplyCache) -> None:
    with LanguageModel(endpoint, cache=cache, offline=True) as model:
        with pytest.raises(OfflineError, match="`offline`: expected a reply of m in the cache, found none") as caught:
            model.ask(REQUEST)
        assert caught.value.exit_code == 3
    assert llm_server.seen == []
    with pytest.raises(InputError, match="expected a cache that answers"):
        LanguageModel(endpoint, offline=True)


def test_another_sample_is_another_reply(llm_server: Server, endpoint: Endpoint, cache: ReplyCache) -> None:
    llm_server.does(says("25.1"), says("25.2"), says("25.3"))
    with LanguageModel(endpoint, cache=cache) as model:
        for _ in range(2):
            values = [model.ask(replace(REQUEST, sample=k)).value for k in range(3)]
            assert values == [25.1, 25.2, 25.3]
    assert [seen.body["seed"] for seen in llm_server.seen] == [0, 1, 2]


def test_what_was_paid_for_is_kept_when_a_later_call_fails(
    llm_server: Server, endpoint: Endpoint, cache: ReplyCache
) -> None:
    requests = [Request.of([f"architecture {i}"], BLEU) for i in range(4)]
    llm_server.does(says("1"), says("2"), fails(401))
    with LanguageModel(endpoint, cache=cache) as model, pytest.raises(ServiceError):
        model.ask_all(requests)
    llm_server.does(says("3"), says("4"))
    with LanguageModel(endpoint, cache=cache) as model:
        assert [reply.value for reply in model.ask_all(requests)] == [1, 2, 3, 4]
    assert llm_server.texts() == ["architecture 2", "architecture 3"]


def test_ceilings_hold_before_a_call_and_over_a_resumed_job(
    llm_server: Server, endpoint: Endpoint, cache: ReplyCache, tmp_path: Path
) -> None:
    requests = [Request.of([f"architecture {i}"], BLEU) for i in range(4)]
    llm_server.does(says("1"), says("2"), says("3"), says("4"))
    for calls, seen in ((2, 2), (3, 3)):
        with (
            Ledger(tmp_path / "llm.jsonl", Ceilings(calls=calls)) as ledger,
            LanguageModel(endpoint, cache=cache, ledger=ledger) as model,
            pytest.raises(CeilingError, match="`call_limit`"),
        ):
            model.ask_all(requests)
        assert len(llm_server.seen) == seen


def test_repairs_and_retries_count_for_the_ceiling(llm_server: Server, endpoint: Endpoint) -> None:
    llm_server.does(says("good"), fails(500), says("25.6"))
    with (
        LanguageModel(endpoint, ledger=Ledger(ceilings=Ceilings(calls=2))) as model,
        pytest.raises(CeilingError),
    ):
        model.ask(REQUEST)
    assert len(llm_server.seen) == 2


def test_several_at_once_answer_in_order(llm_server: Server, endpoint: Endpoint, cache: ReplyCache) -> None:
    together, barrier = [], threading.Barrier(3, timeout=5)

    def waits(handler: Any, seen: Any) -> None:
        together.append(barrier.wait())
        says(seen.body["messages"][0]["content"])(handler, seen)

    llm_server.does(waits)
    requests = [Request.of([f"{i}"], BLEU) for i in range(6)]
    with LanguageModel(endpoint, cache=cache) as model:
        assert [reply.value for reply in model.ask_all(requests, at_once=3)] == [0, 1, 2, 3, 4, 5]
        assert len(together) == 6
        llm_server.does(fails(401))
        with pytest.raises(ServiceError):
            model.ask_all([Request.of([f"x{i}"], BLEU) for i in range(6)], at_once=3)
        with pytest.raises(InputError, match="`at_once`: expected at least 1, found 0"):
            model.ask_all(requests, at_once=0)


def test_behind_the_end_of_its_block_it_connects_nowhere(llm_server: Server, endpoint: Endpoint) -> None:
    with LanguageModel(endpoint) as model:
        pass
    with pytest.raises(ServiceError, match="found one whose block has ended"):
        model.ask(REQUEST)
    assert llm_server.seen == []


def test_a_key_in_a_message_is_not_sent(llm_server: Server, model: LanguageModel) -> None:
    with pytest.raises(InputError, match="found that of the endpoint in a message") as caught:
        model.ask(Request.of([f"a table with {CANARY} in it"], BLEU))
    assert CANARY not in str(caught.value)
    assert llm_server.seen == []


def test_no_key_is_exit_3(model: LanguageModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(MissingError, match="OPENAI_API_KEY: expected the key"):
        model.ask(REQUEST)


def test_the_key_is_written_nowhere(
    llm_server: Server, endpoint: Endpoint, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The canary: a server that repeats the key wherever it can, and everything that is written afterwards."""
    caplog.set_level("DEBUG")
    echo = says(f"my key is {CANARY}", finish=CANARY, refusal=None)
    llm_server.does(echo, echo, says(f"{CANARY}"), says("", refusal=CANARY), fails(401, CANARY, code=CANARY))
    said: list[str] = []

    def asked(model: LanguageModel, text: str) -> list[str]:
        try:
            return [repr(model.ask(Request.of([text], BLEU)))]
        except ServiceError as err:
            return [str(err), repr(err), repr(err.__dict__), repr(err.args)]

    with (
        ReplyCache(tmp_path / "c.sqlite") as cache,
        Ledger(tmp_path / "llm.jsonl") as ledger,
        LanguageModel(endpoint, cache=cache, ledger=ledger) as model,
    ):
        for i in range(3):
            said += asked(model, f"{i}")
        said += [repr(model), repr(vars(model)), repr(endpoint)]
        # while the file beside the database still holds what was written last
        written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    written += [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert len(said) == 9
    assert len(written) > 3
    assert b"[key]" in b"".join(written)
    assert CANARY not in "\n".join(said)
    assert CANARY.encode() not in b"".join(written)
    assert CANARY not in caplog.text


def test_the_package_is_imported_when_the_first_call_is_made(
    llm_server: Server, endpoint: Endpoint, cache: ReplyCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LanguageModel(endpoint, cache=cache) as model:
        model.ask(REQUEST)
    for name in [name for name in sys.modules if name.split(".")[0] == "openai"]:
        monkeypatch.delitem(sys.modules, name)
    with LanguageModel(endpoint, cache=cache) as model:
        assert model.ask(REQUEST).source == "cache"
    assert "openai" not in sys.modules


def test_a_turn_is_read_by_how_it_ended_first() -> None:
    assert read_turn(Turn("25.6"), REQUEST).value == 25.6
    assert read_turn(Turn("25.6", refusal="no"), REQUEST).status is ReplyStatus.REFUSED
    assert read_turn(Turn("25.6", finish="length"), REQUEST).status is ReplyStatus.TRUNCATED
    assert read_turn(Turn("25.6", finish=""), REQUEST).status is ReplyStatus.OK
