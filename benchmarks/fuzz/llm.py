"""Readers of what language models and their servers send, and of the files beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from benchmarks.fuzz.inputs import text_of, written

REPLIES = (
    "BLEU: 25.6.",
    'Sure!\n```json\n{"value": 25.6}\n```',
    '{"values": [{"id": "a1", "value": 1}, {"id": "a2", "value": 2.5}]}',
    "a1: 1\na2: 2.5\n",
    '{"operation": "attention", "layers": [1, 2]}',
)
COMPLETION = json.dumps(
    {
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "25.6"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 40, "completion_tokens": 5},
    }
)
ERROR = json.dumps({"error": {"message": "no", "code": "insufficient_quota", "type": "x", "param": None}})
LEDGER = "".join(
    json.dumps({"call": call, "state": state, "input": 40, "output": 5, "estimated": False}) + "\n"
    for call, state in ((0, "begun"), (0, "ended"), (1, "begun"))
)
TEMPLATE = "You estimate the $metric of ${task}: $$\n$rows"


class Rule(BaseModel):
    """A document that a reply may be."""

    model_config = ConfigDict(extra="forbid", strict=True)

    operation: str
    layers: Annotated[list[int], Field(min_length=1, max_length=3)]


def reply(data: bytes, folder: Path) -> None:
    """A reply, by everything that may be expected of one."""
    from lpzero.llm import Document, Number, Numbers, ReplyStatus

    del folder
    for expected in (Number(0, 100, "BLEU"), Numbers(("a1", "a2"), 0, 100), Document(Rule)):
        reading = expected.read(text_of(data))
        assert (reading.value is None) == (reading.status is not ReplyStatus.OK)
        assert reading.reason.isprintable()


def completion(data: bytes, folder: Path) -> None:
    """What a server sends, as a reply and as the error beside a status."""
    from lpzero.llm.endpoint import Endpoint
    from lpzero.llm.failure import Failure, failure_of
    from lpzero.llm.key import Key
    from lpzero.llm.service import OpenAiService

    del folder
    service = OpenAiService(Endpoint("http://127.0.0.1:9/v1", "m"), Key("sk-canary-0123456789"))
    found = service._turn(text_of(data), {"messages": [], "max_tokens": 1})
    if isinstance(found, Failure):
        assert found.reason.isprintable()
    assert failure_of(429, {"retry-after": text_of(data)[:40]}, text_of(data), Key("")).reason.isprintable()


def ledger(data: bytes, folder: Path) -> None:
    """What a job spent."""
    from lpzero.llm.ledger import read_ledger

    read_ledger(written(data, folder, "llm.jsonl"))


def template(data: bytes, folder: Path) -> None:
    """A template, and a value that fills one."""
    from lpzero.llm.text import fill, read_text

    text = text_of(data)
    assert fill("<$a>", {"a": text[:1000]}).count("\n") == 0
    given = {"metric": text[:100], "task": "x"}
    path = written(data, folder, "template.txt")
    fill(read_text(path), given, {"rows": text}, source=str(path))


def values(data: bytes, folder: Path) -> None:
    """Values for a template."""
    from lpzero.llm.text import read_values

    read_values(written(data, folder, "values.json"))


def cached(data: bytes, folder: Path) -> None:
    """A row of the cache of replies, and a whole file."""
    import sqlite3

    from lpzero.llm.cache import ReplyCache
    from lpzero.llm.reply import Turn

    path = folder / "replies.sqlite"
    path.unlink(missing_ok=True)
    with ReplyCache(path) as cache:
        cache.put("d", Turn("25.6"), address="x", model="m")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE replies SET turn = CAST(? AS TEXT)", (data,))
    connection.close()
    with ReplyCache(path) as cache:
        cache.get("d")


TURN = json.dumps({"text": "25.6", "finish": "stop", "usage": {"input": 40, "output": 5, "estimated": False}})
READERS = (
    ("reply of a language model", reply, REPLIES),
    ("completion of a server", completion, (COMPLETION, ERROR)),
    ("ledger of calls", ledger, (LEDGER,)),
    ("template of a prompt", template, (TEMPLATE,)),
    ("values of a template", values, ('{"task": "x", "n": 3, "share": 0.5}',)),
    ("row of the cache of replies", cached, (TURN,)),
)
"""Name, reader, valid documents."""
