"""Whatever stands in a file, a reader gives a result or an error of one printable line, and soon.

The readers, and valid documents to begin with, are those of ``benchmarks/fuzz``, which feeds them a million variants;
here are a few thousand, and the inputs that once did what they may not.
"""

from __future__ import annotations

import contextlib
import gc
import json
import logging
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.fuzz import seeds
from benchmarks.fuzz.mutation import by_kind, mutated
from benchmarks.fuzz.targets import TARGETS, Target
from lpzero.errors import LpzeroError

LONGEST = 2000
SLOW = "space.toml with models"
READERS = [name for name in TARGETS if name != SLOW]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)
documents = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")),
    json_values.map(lambda value: json.dumps(value).encode()),
)


def outcome(name: str, content: bytes, folder: Path) -> str:
    """The message of a reader, empty where it gave a result; fails where it, or what is logged, may not be shown."""
    started, logged = time.process_time(), _Logged()
    try:
        with logged, _uncollected():
            TARGETS[name].read(content, folder)
    except LpzeroError as err:
        message = str(err)
        assert message.isprintable()
        assert len(message) <= LONGEST
        return message
    finally:
        assert time.process_time() - started < 1.0
        assert [ascii(line) for line in logged.lines if not line.isprintable()] == []
    return ""


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """What other tests left is not collected now: that takes a second, and is not the input's doing."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class _Logged(logging.Handler):
    """What the package logs inside the block."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())

    def __enter__(self) -> None:
        logging.getLogger("lpzero").addHandler(self)

    def __exit__(self, *_: object) -> None:
        logging.getLogger("lpzero").removeHandler(self)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


def warm(target: Target, folder: Path) -> None:
    """What a reader imports, and what it compiles once, is not the input's doing."""
    for text in target.seeds():
        with contextlib.suppress(LpzeroError):
            target.read(text.encode(), folder)


@pytest.fixture(autouse=True)
def _warm(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    name = getattr(request.node, "callspec", None)
    if name is not None and (target := TARGETS.get(name.params.get("name", ""))) and target.name != SLOW:
        warm(target, tmp_path)


@pytest.mark.property
@pytest.mark.parametrize("name", READERS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=documents)
def test_anything_at_all(name: str, folder: Path, content: bytes) -> None:
    assert len(outcome(name, content, folder)) <= LONGEST


@pytest.mark.property
@pytest.mark.parametrize("name", READERS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 100), seed=st.integers(0, 2**32))
def test_variants_of_valid_documents(name: str, folder: Path, place: int, seed: int) -> None:
    texts = TARGETS[name].seeds()
    variant = mutated(texts[place % len(texts)], random.Random(seed), by_kind(texts))
    assert len(outcome(name, variant.encode("utf-8", "surrogatepass"), folder)) <= LONGEST


@pytest.mark.parametrize("name", TARGETS)
def test_one_of_the_valid_documents_is_read(name: str, tmp_path: Path) -> None:
    """Otherwise nothing here, and no fuzzing, would come behind the first check."""
    read = []
    for text in TARGETS[name].seeds()[:3]:
        with contextlib.suppress(LpzeroError):
            TARGETS[name].read(text.encode(), tmp_path)
            read.append(text)
    assert read


def changed(text: str, **changes: Any) -> bytes:
    """A JSON object with other values."""
    return json.dumps({**json.loads(text), **changes}).encode()


DIGITS = b"9" * 5000
DEEP = b"[" * 60_000
INNER = json.loads(seeds.search_result())["best"][0]

ONCE = {
    "a number of 5,000 digits in settings": ("evolve config.json", b'{"seed": ' + DIGITS + b"}", "Exceeds the limit"),
    "a number of 5,000 digits in a proxy": ("proxy.json", b'{"schema": ' + DIGITS + b"}", "Exceeds the limit"),
    "a key twice in settings": ("search config.json", b'{"seed": 1, "seed": 2}', "the key 'seed' twice"),
    "a line break and a colour in a key": (
        "evolve config.json",
        changed(seeds.evolve_config(), **{"\n\x1b[31m": 1}),
        r"\n\x1b[31m: ",
    ),
    "a long key": ("evolve config.json", changed(seeds.evolve_config(), **{"a" * 9000: 1}), "aaa...: "),
    "a long value": ("evolve config.json", changed(seeds.evolve_config(), seed="a" * 9000), "seed: "),
    "a long name in a formula": ("formula", b"a" * 6000, "unknown name 'aaa"),
    "a long primitive in a formula": ("formula", b"a" * 6000 + b"(weight)", "unknown primitive 'aaa"),
    "surrogates in a constraint": ("constraint", b"1" + b"\xff" * 499, "expected a condition"),
    "YAML nested 60,000 deep": ("lts, YAML", DEEP, "too many brackets inside each other"),
    "lists in a pickle, 10,000 deep": ("hwgpt, pickle", b"\x80\x04" + b"](" * 10_000, "more than 8 deep"),
    "a pickle with a bad escape in a text": (
        "hwgpt, pickle",
        b"\x80\x04](S'\\q'\n.",
        "found the instruction STRING at byte 4",
    ),
    "more layers than are listed": (
        "hwgpt, values",
        seeds.hwgpt().replace("8, 9]", "8, 9, 10, 11, 12]").replace('layer": 10', 'layer": 13').encode(),
        "sample_n_layer: expected one of 10, 11, 12, found 13",
    ),
    "aliases in YAML": ("lts, YAML", b"a: &a [x]\nb: *a\n", "an alias"),
    "a number of no digits in YAML": ("lts, YAML", b'!!int ""', "expected YAML, found a fault"),
    "100,000 digits and a letter in CSV": (
        "table.csv",
        seeds.table_csv().encode().replace(b"2.107708156108856", b"1" * 100_000 + b"x"),
        "quality: expected a finite number",
    ),
    "a TOML key of 20,000 parts": ("architecture.toml", b"a." * 20_000 + b"b = 1", "at most 100 dots"),
    "a TOML file nested in tables": (
        "space.toml",
        b"name = 'x'\nmodel_type = 'bert'\nfixed.a = " + b"{a = " * 20 + b"1" + b"}" * 20,
        "fixed.a: ",
    ),
    "a space whose name is a path": (
        "architecture.json",
        changed(seeds.architectures()[1], space="../../x.toml"),
        "unknown space '../../x.toml'",
    ),
    "a space whose name is longer than a path": (
        "architecture.json",
        changed(seeds.architectures()[1], space="a" * 5000),
        "unknown space 'aaa",
    ),
    "a space with a NUL": ("architecture.json", changed(seeds.architectures()[1], space="a\0b"), r"'a\\x00b'"),
    "more records than fit in memory": (
        "card.json, imported",
        changed(seeds.card("llama-own"), records=300_000_000),
        "records: expected less than or equal to 1000000",
    ),
    "a table whose space is a path": (
        "card.json, imported",
        changed(seeds.card("llama-own"), space="/x.toml"),
        "unknown space '/x.toml'",
    ),
    "infinity in a recipe": (
        "card.json, trained",
        seeds.card("gpt2-own").replace('"clip": 1.0', '"clip": Infinity').encode(),
        "recipe: expected finite numbers",
    ),
    "bytes that are no text among scores": ("search scores, costs, end", b"\xa4\n", "searched.json: expected"),
    "brackets among scores": ("search scores, costs, end", DEEP + b"\n", "searched.json: expected"),
    "the result of another kind of run": (
        "search result.json",
        seeds.result().encode(),
        "expected the result of a search",
    ),
    "a result without rows": ("search result.json", changed(seeds.search_result(), best=[]), "best: "),
    "a row without scores": (
        "search result.json",
        changed(seeds.search_result(), best=[{k: v for k, v in INNER.items() if k != "scores"}]),
        "found best.0.scores: none",
    ),
    "a cost that nobody knows": (
        "search result.json",
        changed(seeds.search_result(), best=[{**INNER, "costs": {"x": 1}}]),
        "best.0.costs",
    ),
    "a run without a test": (
        "evolve start, split, best",
        changed(seeds.result(), best={"formula": "x"}),
        "expected the result of a run",
    ),
    "a run whose baselines are numbers": (
        "best.json to export",
        changed(seeds.result(), baselines=[1]),
        "'baselines.0'",
    ),
    "a checkpoint with a text for a number": (
        "evolve checkpoint.json",
        changed(seeds.checkpoint(), generation="x"),
        "the checkpoint is damaged (generation: ",
    ),
    "a checkpoint whose formula is none": (
        "evolve checkpoint.json",
        seeds.checkpoint().replace(seeds.FORMULAS[0], "open('x')").encode(),
        "unknown primitive 'open'",
    ),
    "a LLaMA of 10^12 layers": (
        "llama config.json",
        changed(seeds.llama_config(), num_hidden_layers=10**12),
        "num_hidden_layers: Input should be less than or equal to 1024",
    ),
    "a shard with a long name": (
        "safetensors index",
        json.dumps({"weight_map": {"a": "a" * 300 + ".safetensors"}}).encode(),
        "found 'aaa",
    ),
}


@pytest.mark.parametrize("case", ONCE)
def test_what_once_did_what_it_may_not(case: str, tmp_path: Path) -> None:
    name, content, message = ONCE[case]
    warm(TARGETS[name], tmp_path)
    assert message in outcome(name, content, tmp_path)
